"""What stands beside a log is sealed with it: its blobs, its audio, its report."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.seal.mutations import byte_changes, truncations, withheld
from tests.seal.recordings import Recording


def blobs(recording: Recording) -> list[Path]:
    return sorted((recording.folder / "blobs").iterdir())


def changes(content: bytes, random: Random) -> list[bytes | None]:
    """The file changed in places, cut, lengthened, emptied and gone."""
    changed = list(byte_changes(content, random))
    changed = random.sample(changed, min(300, len(changed)))
    return [*changed, *truncations(content, random, 50), content + b"\n", b"", None]


@pytest.mark.parametrize(("file", "rule"), [("report.json", "report"), ("audio.ogg", "audio")])
def test_each_change_is_found(file: str, rule: str, recording: Recording, random: Random) -> None:
    for changed in changes((recording.folder / file).read_bytes(), random):
        assert recording.rules_broken(file, changed) == {rule}


def test_each_change_of_a_blob_is_found(recording: Recording, random: Random) -> None:
    """By its own rule, and not also by what was folded from it."""
    for blob in blobs(recording):
        for changed in changes(blob.read_bytes(), random):
            assert "blob" in recording.rules_broken(f"blobs/{blob.name}", changed)


def test_two_blobs_that_were_swapped_are_found(recording: Recording) -> None:
    (one, first), (two, second) = [(blob.name, blob.read_bytes()) for blob in blobs(recording)]
    with recording.tampered(f"blobs/{two}", first):
        verification = recording.verify_with(f"blobs/{one}", second)
    assert [each.rule for each in verification.findings if each.rule == "blob"] == ["blob"] * 2


def test_a_withheld_blob_need_not_be_there(recording: Recording) -> None:
    blob, _ = blobs(recording)
    lines = [withheld(line) if blob.name.encode() in line else line for line in recording.lines]
    with recording.tampered("log.jsonl", b"".join(lines)):
        assert recording.verify_with(f"blobs/{blob.name}", None).sound


def test_each_change_of_what_recovery_cut_off_is_found(mended: Recording, random: Random) -> None:
    (torn,) = mended.folder.glob("torn-*.bin")
    for changed in changes(torn.read_bytes(), random):
        assert mended.rules_broken(torn.name, changed) == {"torn"}


def test_what_is_appended_to_a_sealed_log_is_told_apart(recording: Recording) -> None:
    """No checkpoint can be about what came after it, so that is no finding; nor is it sealed."""
    late = recording.lines[-1].replace(b'"n":14', b'"n":15')
    verification = recording.verify_with("log.jsonl", recording.log + late)
    assert verification.after_checkpoint == 1
    torn = recording.verify_with("log.jsonl", recording.log + b'{"n":')
    assert torn.state == "interrupted"
