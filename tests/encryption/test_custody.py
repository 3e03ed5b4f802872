"""Forgetting what is encrypted: with its key as ever, and without it not by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.custody.erasing import erase
from earwitness.custody.pruning import prune
from earwitness.custody.searching import sessions_naming
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.exceptions import KeyringError
from tests.cli.running import record

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
