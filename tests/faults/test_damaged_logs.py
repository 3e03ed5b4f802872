"""A log that is damaged in the middle is reported, and not a byte of it is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness import JournalEventStore, LogError
from earwitness.recovery import recover
from tests.faults.logs import content
from tests.faults.survival import leave

DAMAGED = 7
"""The line, from 1, that each damage is in."""

Lines = list[bytes]


def overwritten(lines: Lines) -> Lines:
    damaged = lines[DAMAGED - 1]
    return [*lines[: DAMAGED - 1], b"!" + damaged[1:], *lines[DAMAGED:]]


def zeroed(lines: Lines) -> Lines:
    """As by a block that never reached the disk, while later ones did."""
    damaged = lines[DAMAGED - 1]
    return [*lines[: DAMAGED - 1], bytes(len(damaged) - 1) + b"\n", *lines[DAMAGED:]]


def torn(lines: Lines) -> Lines:
    """As by a writer that went on after it had died in the middle of a line."""
    return [*lines[: DAMAGED - 1], lines[DAMAGED - 1][:40], *lines[DAMAGED:]]


def removed(lines: Lines) -> Lines:
    return lines[: DAMAGED - 1] + lines[DAMAGED:]


def doubled(lines: Lines) -> Lines:
    return [*lines[: DAMAGED - 1], lines[DAMAGED - 2], *lines[DAMAGED - 1 :]]


def exchanged(lines: Lines) -> Lines:
    return [*lines[: DAMAGED - 1], lines[DAMAGED], lines[DAMAGED - 1], *lines[DAMAGED + 1 :]]


def blank(lines: Lines) -> Lines:
    return [*lines[: DAMAGED - 1], b"\n", *lines[DAMAGED - 1 :]]


def altered(lines: Lines) -> Lines:
    """One letter of what was said: still a line of the form, still JSON."""
    head, found, tail = lines[DAMAGED - 1].rpartition(b"e")
    assert found
    return [*lines[: DAMAGED - 1], head + b"a" + tail, *lines[DAMAGED:]]


@pytest.mark.parametrize("end", [b"", b'{"n":'], ids=["whole end", "torn end"])
@pytest.mark.parametrize(
    "damage", [overwritten, zeroed, torn, removed, doubled, exchanged, blank, altered]
)
def test_a_damaged_log_is_named_and_left_alone(
    damage: Callable[[Lines], Lines], end: bytes, call_log: Lines, tmp_path: Path
) -> None:
    path = leave(tmp_path, b"".join(damage(call_log[:-3])) + end)
    before = content(tmp_path)
    [done] = recover(JournalEventStore(tmp_path))
    assert done.outcome == "damaged"
    assert isinstance(done.error, LogError)
    where = f"{path}, line {DAMAGED}, byte {len(b''.join(call_log[: DAMAGED - 1]))}"
    assert where.startswith(done.error.where)
    assert f"line {DAMAGED}" in done.error.where
    assert content(tmp_path) == before
    [again] = recover(JournalEventStore(tmp_path))
    assert again.outcome == "damaged"


@pytest.mark.parametrize("damage", [overwritten, zeroed, torn, removed, exchanged])
def test_what_stands_before_the_damage_stays_readable(
    damage: Callable[[Lines], Lines], call_log: Lines, tmp_path: Path
) -> None:
    leave(tmp_path, b"".join(damage(call_log[:-3])))
    events = JournalEventStore(tmp_path).read("call")
    read = [next(events).position for _ in range(DAMAGED - 1)]
    assert read == list(range(DAMAGED - 1))
    with pytest.raises(LogError):
        next(events)


def test_a_damaged_last_line_is_named_and_left_alone(call_log: Lines, tmp_path: Path) -> None:
    """It ends in a line feed, so it was not torn: somebody or something wrote it."""
    path = leave(tmp_path, b"".join(call_log[:6]) + b"scrambled\n")
    before = content(tmp_path)
    [done] = recover(JournalEventStore(tmp_path))
    assert done.outcome == "damaged"
    assert done.error is not None
    assert f"{path}, line 7, byte" in str(done.error)
    assert content(tmp_path) == before


def test_a_damaged_log_does_not_keep_others_from_being_recovered(
    call_log: Lines, tmp_path: Path
) -> None:
    leave(tmp_path, b"".join(overwritten(call_log[:-3])))
    sound = tmp_path / "2026-11-24" / "sound" / "log.jsonl"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"".join(call_log[:-3]))
    outcomes = {done.session_id: done.outcome for done in recover(JournalEventStore(tmp_path))}
    assert outcomes == {"call": "damaged", "sound": "recovered"}
