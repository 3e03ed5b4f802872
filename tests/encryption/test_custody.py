"""Forgetting what is encrypted: with its key as ever, and without it not by mistake."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.custody.erasing import erase
from earwitness.custody.pruning import prune
from earwitness.custody.searching import sessions_naming
from earwitness.custody.shredding import destroy_key
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.exceptions import DataKeyError, KeyringError
from tests.cli.running import record
from tests.faults.disks import FailingDisk

RING = SecretKeyring(new_key())
SECRET = "My card is 4111 1111 1111 1111."


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    """A store with an encrypted call that is to be kept for ten years."""
    store = JournalEventStore(tmp_path, keyring=RING)
    record(store, "call", SECRET, retention=10 * 365 * 86_400.0)
    return store


def without_key(store: JournalEventStore) -> JournalEventStore:
    return JournalEventStore(store.root)


def said(store: JournalEventStore) -> bool:
    return any(SECRET.encode() in (event.data or b"") for event in store.read("call"))


def test_with_the_key_words_are_erased(store: JournalEventStore) -> None:
    assert said(store)
    erase(store, "call", party="user", reason="request 12", actor="dpo")
    assert not said(JournalEventStore(store.root, keyring=RING))


def test_another_signer_is_no_other_store(store: JournalEventStore) -> None:
    """Who seals an erasure needs the keyring of the store, wherever that came from."""
    erase(store, "call", party="user", reason="r", actor="dpo", signer=store.signer())
    assert not said(JournalEventStore(store.root, keyring=RING))


def test_without_it_nobody_believes_that_there_was_nothing_to_erase(
    store: JournalEventStore,
) -> None:
    with pytest.raises(KeyringError):
        erase(without_key(store), "call", party="user", reason="r", actor="dpo")
    [(session_id, error)] = sessions_naming(without_key(store), "Anna")
    assert session_id == "call"
    assert isinstance(error, KeyringError)


def test_without_it_a_session_is_not_removed_before_its_time(store: JournalEventStore) -> None:
    [kept] = prune(without_key(store), older_than=0, actor="timer", dry_run=False)
    assert kept.kept_for.startswith("unreadable")
    assert said(store)


def test_a_key_that_another_process_destroyed_opens_nothing_here(
    store: JournalEventStore,
) -> None:
    assert said(store)
    keys = without_key(store).data_keys
    assert keys is not None
    keys.destroy("call")
    assert not said(store)


def test_a_copy_without_the_data_keys_does_not_say_that_there_was_nothing_to_erase(
    store: JournalEventStore,
) -> None:
    """Nobody told that they were destroyed: who has them can read it."""
    shutil.rmtree(store.root / "keys" / "sessions")
    copy = JournalEventStore(store.root, keyring=RING)
    with pytest.raises(DataKeyError, match="not here"):
        erase(copy, "call", party="user", reason="r", actor="dpo")
    [(_, error)] = sessions_naming(copy, "Anna")
    assert isinstance(error, DataKeyError)
    [kept] = prune(copy, older_than=0, actor="timer", dry_run=False)
    assert kept.kept_for.startswith("unreadable")


def test_of_a_session_whose_key_was_destroyed_nothing_is_left_to_erase(
    store: JournalEventStore,
) -> None:
    destroy_key(store, "call", reason="request 12", actor="dpo")
    assert erase(store, "call", party="user", reason="r", actor="dpo").empty
    assert list(sessions_naming(store, "Anna")) == []


def test_a_removal_that_was_cut_short_takes_the_key_along_when_it_is_finished(
    tmp_path: Path,
) -> None:
    disk = FailingDisk(errno.EIO, "unlink", "rmdir")
    store = JournalEventStore(tmp_path, keyring=RING, disk=disk)
    record(store, "call", SECRET)
    disk.broken = True
    with pytest.raises(OSError, match="Input/output"):
        prune(store, older_than=0, actor="timer", dry_run=False)
    assert list(store.streams()) == []
    prune(JournalEventStore(tmp_path, keyring=RING), older_than=0, actor="timer", dry_run=False)
    assert list((tmp_path / "keys" / "sessions").iterdir()) == []


def test_it_leaves_the_key_of_a_session_that_was_begun_since(tmp_path: Path) -> None:
    disk = FailingDisk(errno.EIO, "unlink", "rmdir")
    store = JournalEventStore(tmp_path, keyring=RING, disk=disk)
    record(store, "call", "Hello?")
    disk.broken = True
    with pytest.raises(OSError, match="Input/output"):
        prune(store, older_than=0, actor="timer", dry_run=False)
    store = JournalEventStore(tmp_path, keyring=RING)
    record(store, "call", SECRET)
    prune(store, actor="timer", dry_run=False)
    assert said(JournalEventStore(tmp_path, keyring=RING))


def test_data_keys_that_are_kept_elsewhere_are_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_KEY_FOLDER", str(tmp_path / "keys"))
    store = JournalEventStore(tmp_path / "store", keyring=RING)
    record(store, "call", SECRET)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["call.json"]
    assert not (tmp_path / "store" / "keys" / "sessions").exists()
    assert said(JournalEventStore(tmp_path / "store", keyring=RING))
