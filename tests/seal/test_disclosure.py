"""A copy with most of its payloads withheld can be verified, read, and tells no more than that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import pytest

from earwitness import JournalEventStore
from earwitness.disk import Disk
from earwitness.evidence import disclose, prove, verify_evidence
from earwitness.exceptions import PayloadWithheldError, ProofError, StoreError
from earwitness.verify import verify_session
from tests.seal.mutations import fields, forged
from tests.seal.recordings import (
    AUDIO_SEALED,
    CLOSED,
    LARGE,
    SAID,
    SIGNER,
    Recording,
    record,
    sealed,
)

OPENED = 0


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def copy_of(recording: Recording, positions: set[int], target: Path) -> Recording:
    folder = disclose(recording.store, recording.session_id, positions, target)
    copy = Recording(JournalEventStore(target), recording.session_id)
    assert copy.folder == folder
    return copy


def test_each_copy_is_sound_and_holds_what_was_disclosed(
    recording: Recording, random: Random, tmp_path: Path
) -> None:
    places = range(len(recording.lines))
    chosen = [set(), *({place} for place in places)]
    chosen += [set(random.sample(places, random.randrange(1, CLOSED))) for _ in range(30)]
    for number, positions in enumerate(chosen):
        copy = copy_of(recording, positions, tmp_path / str(number))
        verification = copy.verify()
        assert verification.findings == []
        assert verification.withheld == len(recording.lines) - len(positions)
        assert verification.sealed == len(recording.lines)
        for place, (line, original) in enumerate(zip(copy.lines, recording.lines, strict=True)):
            assert (line == original) == (place in positions)


def test_nothing_that_is_withheld_is_in_the_copy(recording: Recording, tmp_path: Path) -> None:
    copy_of(recording, {OPENED, CLOSED}, tmp_path)
    copied = everything_in(tmp_path)
    for line in recording.lines[1:-1]:
        known = fields(line)
        assert known["s"] not in copied
        assert known["d"] not in copied
    for text in (*SAID[:3], LARGE[:50]):
        assert json.dumps(text, ensure_ascii=False).encode() not in copied


def test_a_disclosed_blob_goes_with_it_and_no_other(recording: Recording, tmp_path: Path) -> None:
    large = [place for place, line in enumerate(recording.lines) if b'"$blob"' in line]
    copy = copy_of(recording, {large[0]}, tmp_path)
    event = next(event for event in copy.store.read("call") if not event.withheld)
    assert event.payload["item"]["content"] == [LARGE]
    assert len(list((copy.folder / "blobs").iterdir())) == 1


def test_the_audio_goes_with_the_event_that_seals_it(recording: Recording, tmp_path: Path) -> None:
    with_it = copy_of(recording, {AUDIO_SEALED}, tmp_path / "with")
    without = copy_of(recording, {CLOSED}, tmp_path / "without")
    assert (with_it.folder / "audio.ogg").read_bytes() == (
        recording.folder / "audio.ogg"
    ).read_bytes()
    assert [path.name for path in sorted(without.folder.iterdir())] == ["checkpoint", "log.jsonl"]


def test_the_report_goes_with_it_only_if_nothing_is_withheld(
    recording: Recording, tmp_path: Path
) -> None:
    everything = set(range(len(recording.lines)))
    whole = copy_of(recording, everything, tmp_path / "whole")
    assert (whole.verify().withheld, whole.verify().findings) == (0, [])
    assert everything_in(whole.folder) == everything_in(recording.folder)
    part = copy_of(recording, everything - {CLOSED}, tmp_path / "part")
    assert not (part.folder / "report.json").exists()


def test_what_others_vouched_for_goes_with_it(recording: Recording, tmp_path: Path) -> None:
    vouched = {"checkpoint.cosigned": b"a note", "timestamps/5.tsr": b"a response"}
    stamps = recording.folder / "timestamps"
    stamps.mkdir()
    for name, content in vouched.items():
        (recording.folder / name).write_bytes(content)
    copy = copy_of(recording, {3}, tmp_path)
    shutil.rmtree(stamps)
    (recording.folder / "checkpoint.cosigned").unlink()
    assert {name: (copy.folder / name).read_bytes() for name in vouched} == vouched


def test_a_copy_of_which_even_the_first_event_is_withheld_can_be_read(
    recording: Recording, tmp_path: Path
) -> None:
    copy = copy_of(recording, {3}, tmp_path)
    session = copy.store.session("call")
    assert (session.state, session.events) == ("closed", len(recording.lines))
    assert session.opened_at == recording.store.session("call").opened_at
    (disclosed,) = (event for event in copy.store.read("call") if not event.withheld)
    assert copy.store.report("call").data["events"] == [disclosed.payload]


def test_a_copy_can_prove_and_disclose_in_its_turn(recording: Recording, tmp_path: Path) -> None:
    copy = copy_of(recording, {3, 4}, tmp_path / "one")
    assert verify_evidence(prove(copy.store, "call", 4), [SIGNER.verifier]).event.payload
    assert copy_of(copy, {4}, tmp_path / "two").verify().sound
    with pytest.raises(PayloadWithheldError):
        disclose(copy.store, "call", {5}, tmp_path / "three")
    assert not (tmp_path / "three").exists()


def test_only_what_is_sealed_is_copied(recording: Recording, tmp_path: Path) -> None:
    with recording.tampered("checkpoint", sealed(recording.lines[:5])):
        copy = copy_of(recording, {4}, tmp_path / "copy")
        with pytest.raises(StoreError) as refused:
            disclose(recording.store, "call", {4, 5}, tmp_path / "none")
    assert "not sealed yet" in refused.value.what
    assert (copy.verify().events, copy.verify().findings) == (5, [])


def test_what_is_not_what_was_sealed_is_not_copied(recording: Recording, tmp_path: Path) -> None:
    for log in (b"".join(forged(recording.lines)), recording.log.replace(b"four", b"five")):
        with recording.tampered("log.jsonl", log), pytest.raises(ProofError):
            disclose(recording.store, "call", set(range(CLOSED + 1)), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_nothing_is_overwritten(recording: Recording, tmp_path: Path) -> None:
    copy = copy_of(recording, {3}, tmp_path)
    before = everything_in(copy.folder)
    for target in (tmp_path, recording.store.root):
        with pytest.raises(StoreError) as refused:
            disclose(recording.store, "call", {4}, target)
        assert "already" in refused.value.what
    assert everything_in(tmp_path) == before
    assert recording.verify().sound


@pytest.mark.parametrize("session_id", ["Ein Gespräch/1", "x" * 200, "../..", ""])
def test_any_session_can_be_copied(session_id: str, tmp_path: Path) -> None:
    copy = copy_of(record(tmp_path / "store", session_id), {1}, tmp_path / "copy")
    assert list(copy.store.streams()) == [session_id]
    assert verify_session(copy.store, session_id, [SIGNER.verifier]).sound


class FailingDisk(Disk):
    """A disk on which one call fails."""

    def __init__(self, call: str) -> None:
        setattr(self, call, self._fail)

    def _fail(self, *arguments: object) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_copy_is_there_whole_or_not_at_all(
    call: str, recording: Recording, tmp_path: Path
) -> None:
    broken = JournalEventStore(recording.store.root, disk=FailingDisk(call))
    with pytest.raises(OSError, match="No space"):
        disclose(broken, "call", {3}, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list(JournalEventStore(tmp_path).streams()) == []
    assert copy_of(recording, {3}, tmp_path).verify().sound


def test_only_its_owner_can_read_a_copy(recording: Recording, tmp_path: Path) -> None:
    copy = copy_of(recording, {AUDIO_SEALED}, tmp_path / "copy")
    modes = {path.stat().st_mode & 0o777 for path in copy.folder.rglob("*")}
    assert modes == {0o600}
    assert copy.folder.stat().st_mode & 0o777 == 0o700
