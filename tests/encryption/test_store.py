"""A recording that is encrypted: the same to who has the key, and to nobody else."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from earwitness import EventStore, JournalEventStore
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.events import NO_EVENTS, Event
from earwitness.evidence import disclose
from earwitness.exceptions import DecryptionError, KeyringError, PayloadEncryptedError
from earwitness.recovery import recover_session
from earwitness.testing import StoreContract, some_events
from earwitness.verify import Verification, verify_session
from tests.seal.recordings import LARGE, SAID, SIGNER, record

RING = SecretKeyring(new_key("ring"))


class TestEncryptedJournal(StoreContract):
    def make_store(self, folder: Path) -> EventStore:
        return JournalEventStore(folder, keyring=RING)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a store with an encrypted call: blobs, audio, report, all of it."""
    folder = tmp_path_factory.mktemp("encrypted")
    audio = folder / "call.ogg"
    audio.write_bytes(Random(1).randbytes(3_000_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("earwitness.encryption.keyring.open_keyring", lambda: RING)
        patch.setenv("EARWITNESS_KEYRING", "file:ring")
        record(folder / "store", "call", audio=audio)
    return folder / "store"


@pytest.fixture
def root(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def opened(root: Path, ring: SecretKeyring | None = RING) -> JournalEventStore:
    return JournalEventStore(root, keyring=ring, signer=SIGNER)


def verified(store: JournalEventStore) -> Verification:
    return verify_session(store, "call", [SIGNER.verifier])


def files(root: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in root.rglob("*") if path.is_file())


def interrupted(root: Path) -> None:
    """As if the recorder had died in the middle of a line."""
    folder = opened(root).folder("call")
    lines = (folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "log.jsonl").write_bytes(b"".join(lines[:9]) + lines[9][:100])
    for name in ("checkpoint", "report.json.enc"):
        (folder / name).unlink()


def test_nothing_that_was_said_stands_in_any_file(root: Path) -> None:
    secrets = [text.encode() for text in (*SAID, LARGE)]
    secrets += [event.salt.encode() for event in opened(root).read("call") if event.salt]
    for content in files(root):
        for secret in secrets:
            assert secret not in content
            assert base64.b64encode(secret)[:-4] not in content


def test_who_has_the_key_reads_it_as_if_it_were_not(root: Path) -> None:
    store = opened(root)
    told = b"".join(event.data or b"" for event in store.read("call"))
    assert SAID[2].encode() in told
    assert store.report("call").chat_history["items"][2]["content"] == [SAID[2]]


def test_who_has_the_key_verifies_all_of_it(root: Path) -> None:
    result = verified(opened(root))
    assert result.sound
    assert (result.encrypted, result.withheld, result.unchecked) == (0, 0, [])


def test_who_has_no_key_verifies_its_form_and_its_seal(root: Path) -> None:
    result = verified(opened(root, None))
    assert result.sound
    assert result.sealed == result.encrypted == result.events
    assert [told.partition(":")[0] for told in result.unchecked] == [
        "audio.ogg.enc",
        "report.json.enc",
    ]


def test_who_has_no_key_sees_when_and_what_kind_but_not_what(root: Path) -> None:
    events = list(opened(root, None).read("call"))
    assert events[0].type == "recording_opened"
    with pytest.raises(PayloadEncryptedError):
        _ = events[0].payload
    with pytest.raises(FileNotFoundError):
        (opened(root).folder("call") / "report.json").read_bytes()


def test_another_keyring_is_told_which_key_it_lacks(root: Path) -> None:
    store = opened(root, SecretKeyring(new_key("other")))
    with pytest.raises(KeyringError, match="'ring'"):
        list(store.read("call"))
    result = verified(store)
    assert result.sound
    assert result.unchecked[0].startswith("payloads: The keyring lacks the key")


@pytest.mark.parametrize("file", ["report.json.enc", "blobs", "audio.ogg.enc"])
def test_a_changed_file_is_found(file: str, root: Path) -> None:
    path = opened(root).folder("call") / file
    path = next(path.iterdir()) if path.is_dir() else path
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    assert {finding.rule for finding in verified(opened(root)).findings} & {
        "report",
        "blob",
        "audio",
    }


def test_a_changed_payload_is_found_by_who_has_the_key(root: Path) -> None:
    path = opened(root).folder("call") / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    at = lines[3].index(b'"e":"') + 40
    lines[3] = (
        lines[3][:at] + (b"A" if lines[3][at : at + 1] != b"A" else b"B") + lines[3][at + 1 :]
    )
    path.write_bytes(b"".join(lines))
    [finding] = verified(opened(root)).findings
    assert (finding.rule, finding.event) == ("encrypted", 3)
    with pytest.raises(DecryptionError):
        list(opened(root).read("call"))


def test_an_interrupted_recording_is_recovered_with_the_key(root: Path) -> None:
    interrupted(root)
    store = opened(root)
    assert recover_session(store, "call").outcome == "recovered"
    assert verified(store).sound
    assert all(event.data is not None for event in store.read("call"))
    assert all(event.encrypted is not None for event in opened(root, None).read("call"))


def test_without_the_key_it_is_left_alone(root: Path) -> None:
    interrupted(root)
    store = opened(root, None)
    before = sorted(files(root))
    done = recover_session(store, "call")
    assert done.outcome == "failed"
    assert isinstance(done.error, KeyringError)
    assert sorted(files(root)) == before


def test_rewrapping_touches_no_log_and_needs_the_old_key_no_more(root: Path) -> None:
    log = (opened(root).folder("call") / "log.jsonl").read_bytes()
    new = new_key("new")
    both = JournalEventStore(root, keyring=_joined(new))
    assert both.data_keys is not None
    assert both.data_keys.rewrap("call")
    store = opened(root, SecretKeyring(new))
    assert verified(store).encrypted == 0
    assert (store.folder("call") / "log.jsonl").read_bytes() == log
    with pytest.raises(KeyringError):
        list(opened(root).read("call"))


def test_destroying_the_key_leaves_a_log_that_verifies_and_that_nobody_reads(root: Path) -> None:
    store = opened(root)
    assert store.data_keys is not None
    store.data_keys.destroy("call")
    again = opened(root)
    assert all(event.withheld for event in again.read("call"))
    result = verified(again)
    assert result.sound
    assert result.encrypted == result.events


def test_a_disclosed_copy_shows_one_payload_and_needs_no_key(root: Path, tmp_path: Path) -> None:
    store = opened(root)
    large = next(event for event in store.read("call") if event.blob is not None)
    disclose(store, "call", [2, large.position], tmp_path / "disclosed")
    copy = JournalEventStore(tmp_path / "disclosed")
    readable = [event for event in copy.read("call") if not event.withheld]
    assert [event.position for event in readable] == [2, large.position]
    assert readable[1].blob == large.blob
    assert verified(copy).sound


def test_a_session_that_was_begun_without_a_key_goes_on_without_one(tmp_path: Path) -> None:
    first: list[Event] = some_events(2)
    plain = JournalEventStore(tmp_path)
    plain.append("call", first, NO_EVENTS)
    plain.release("call")
    store = JournalEventStore(tmp_path, keyring=RING)
    store.append("call", some_events(1, start=2), 1)
    assert b'"e":' not in (store.folder("call") / "log.jsonl").read_bytes()


def test_a_keyring_that_fails_lets_nothing_reach_the_disk(tmp_path: Path) -> None:
    """Better that events wait in memory than that they are written in the clear."""

    class Unreachable(SecretKeyring):
        def wrap(self, secret: bytes, context: str) -> object:  # type: ignore[override]
            raise KeyringError("The service is down.")

    store = JournalEventStore(tmp_path / "store", keyring=Unreachable(new_key()))
    with pytest.raises(KeyringError):
        store.append("call", some_events(1), NO_EVENTS)
    assert not list(files(tmp_path))


def test_keys_may_be_kept_apart_from_the_logs(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path / "store", keyring=RING, key_folder=tmp_path / "apart")
    store.append("../call", some_events(1), NO_EVENTS)
    [kept] = (tmp_path / "apart").iterdir()
    assert json.loads(kept.read_bytes())["key"] == "ring"
    assert not (tmp_path / "store" / "keys").exists()


def _joined(new: str) -> SecretKeyring:
    ring = SecretKeyring(new)
    ring._keys |= RING._keys
    return ring
