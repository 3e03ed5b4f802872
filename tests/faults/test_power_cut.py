"""The power fails at any moment of a call. What had been brought to the disk is there."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.events import NO_EVENTS
from earwitness.recovery import recover
from earwitness.testing import some_events
from tests.faults.disks import HastyDisk
from tests.faults.logs import find_log
from tests.faults.power import PowerDisk
from tests.faults.survival import NOT_EMITTED
from tests.faults.telephone import Call

LARGE = 2 << 20
"""Bytes of a payload that is kept beside the log."""


def lay_out(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def events_in(files: dict[str, bytes]) -> int:
    """How many whole events there are in a log."""
    [log] = [content for name, content in files.items() if name.endswith("/log.jsonl")] or [b""]
    return log.count(b"\n")


def sealed_size(files: dict[str, bytes]) -> int:
    [note] = [content for name, content in files.items() if name.endswith("/checkpoint")] or [b""]
    return int(note.split(b"\n")[1]) if note else 0


async def test_an_event_is_on_the_disk_when_emit_returns_if_the_store_always_syncs(
    tmp_path: Path,
) -> None:
    disk = PowerDisk(tmp_path)
    call = await Call(tmp_path / "recordings", disk, sync="always").start()
    emit, left = call.session.emit, []

    def emit_and_look(name: str, *args: object) -> None:
        emit(name, *args)  # type: ignore[arg-type]
        left.append((events_in(disk.left()), call.recorder._writer.version + 1))

    call.session.emit = emit_and_look  # type: ignore[method-assign, assignment]
    await call.turn(3)
    assert len(left) > 20
    assert [on_disk for on_disk, _ in left] == [recorded for _, recorded in left]
    await call.end()


@pytest.mark.parametrize("zeroes", [False, True], ids=["nothing", "zeroes"])
@pytest.mark.parametrize("sync", ["always", "interval"])
async def test_a_call_is_recovered_from_what_a_power_cut_leaves(
    sync: str, zeroes: bool, tmp_path: Path
) -> None:
    """Of what was not synced nothing is left, or zeroes are; never is more sealed than is left."""
    live = tmp_path / "live"
    live.mkdir()
    disk = PowerDisk(live, zeroes=zeroes)
    call = await Call(live / "recordings", disk, sync=sync).start()  # type: ignore[arg-type]
    await call.turn(2)
    await call.end()
    assert len(disk.cuts) > 60
    for number, files in enumerate(disk.cuts):
        root = tmp_path / str(number)
        lay_out(root, files)
        assert sealed_size(files) <= events_in(files)
        recovered = JournalEventStore(root / "recordings", disk=HastyDisk())
        assert [done.outcome for done in recover(recovered)] in ([], ["recovered"], ["closed"])
        log = find_log(root / "recordings")
        if log is not None:
            told = [entry.type for entry in log.entries if entry.type not in NOT_EMITTED]
            assert told == [tag for tag, _ in call.emitted[: len(told)]]


@pytest.mark.parametrize("failures", range(1, 9))
async def test_nothing_that_a_failed_sync_forgot_is_missing_on_the_disk(
    failures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written again, since the next sync would succeed without it."""
    monkeypatch.setattr("earwitness.writing.RETRY_SECONDS", 0.01)
    disk = PowerDisk(tmp_path)
    call = await Call(tmp_path / "recordings", disk).start()
    await call.turn()
    call.session.emit("said", "a" * LARGE)  # type: ignore[arg-type]
    disk.failing = failures
    call.session.emit("said", "b" * LARGE)  # type: ignore[arg-type]
    await call.turn(2)
    while not call.operator.news():  # it may have been a checkpoint's syncs that failed
        disk.failing = failures
        await call.turn()
    while disk.failing:
        await call.turn()
    await call.turn()  # the store tells of the last failure, whoever met it
    await call.operator.is_calm()
    await call.session.aclose()
    await call.recorder.finalize()
    log = find_log(tmp_path / "recordings")
    assert log is not None
    left = disk.left()
    assert left[str(log.path.relative_to(tmp_path))] == log.whole
    blobs = {hashlib.sha256(left[name]).hexdigest() for name in left if "/blobs/" in name}
    assert blobs == {entry.payload["$blob"] for entry in log.of_type("said")}
    assert disk.failing == 0


async def test_folders_that_were_made_for_nothing_are_synced_when_they_are_used(
    tmp_path: Path,
) -> None:
    """The first attempt made them and found no room for the log."""

    class FullDisk(PowerDisk):
        full = True

        def link(self, source: Path, target: Path) -> None:
            if self.full:
                raise OSError(errno.ENOSPC, "no inode is left")
            super().link(source, target)

    disk = FullDisk(tmp_path)
    call = await Call(tmp_path / "recordings", disk, sync="always").start()
    await call.turn()
    disk.full = False
    await call.turn()
    await call.operator.is_calm()
    assert events_in(disk.left()) == call.recorder._writer.version + 1
    await call.end()


def test_a_folder_whose_sync_failed_at_the_very_end_is_synced_again(tmp_path: Path) -> None:
    class HesitantDisk(PowerDisk):
        hesitating = True

        def fsync(self, fd: int) -> None:
            if self.hesitating and stat.S_ISDIR(os.fstat(fd).st_mode):
                self.hesitating = False
                raise OSError(errno.EIO, "not now")
            super().fsync(fd)

    disk = HesitantDisk(tmp_path)
    store = JournalEventStore(tmp_path / "recordings", disk=disk)
    store.append("call", some_events(3), NO_EVENTS)
    store.release("call")
    assert not disk.hesitating
    assert events_in(disk.left()) == 3
