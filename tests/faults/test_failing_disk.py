"""The disk fails in mid call. The call goes on, and when the disk is back so is every event."""

from __future__ import annotations

import errno
import shutil
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from earwitness import JournalEventStore
from tests.faults.disks import PATIENCE, CallersDisk, FailingDisk, LyingDisk
from tests.faults.logs import find_log
from tests.faults.recorders import catch_up, new_recorder
from tests.faults.telephone import Call

ERRORS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT]


def named(code: int) -> str:
    return errno.errorcode[code]


def delete(folder: Path) -> None:
    """At once, lest the recorder makes new files in it meanwhile."""
    gone = folder.with_name("gone")
    folder.rename(gone)
    shutil.rmtree(gone)


@pytest.mark.parametrize("code", ERRORS, ids=named)
async def test_events_wait_for_a_disk_that_refuses_to_write(code: int, tmp_path: Path) -> None:
    disk = FailingDisk(code, "write", "fdatasync", "fsync", "open", "truncate")
    call = await Call(tmp_path, disk).start()
    await call.turn()
    assert call.recorder.health.ok
    disk.broken = True
    await call.turn(2)
    health = call.recorder.health
    assert not health.ok
    assert health.waiting > 10
    assert health.lost == 0
    assert health.error == f"OSError {named(code)}"
    assert call.operator.news() == ["recording_failing"]
    disk.broken = False
    await call.turn()
    await call.operator.is_calm()
    assert call.recorder.health.ok
    assert call.recorder.health.error == ""
    await call.end()
    log = call.check_log()
    [restored] = log.of_type("store_restored")
    assert restored.payload["error"] == f"OSError {named(code)}"
    assert restored.payload["waited"] >= health.waiting
    assert call.operator.news() == ["recording_failing", "recording_restored"]


@pytest.mark.parametrize("undo", [True, False], ids=["undone at once", "undone later"])
@pytest.mark.parametrize("room", [1, 2, 40, 111, 250])
async def test_a_write_that_stops_half_way_leaves_no_torn_line(
    room: int, undo: bool, tmp_path: Path
) -> None:
    disk = FailingDisk(errno.ENOSPC, "write", *([] if undo else ["truncate"]), room=room)
    call = await Call(tmp_path, disk, sync="never").start()
    disk.broken = True
    await call.turn()
    left = find_log(tmp_path)
    assert left is not None
    assert bool(left.torn) == (not undo)
    disk.broken = False
    await call.end()
    call.check_log()


def test_a_write_may_stop_at_any_byte(tmp_path: Path) -> None:
    disk = FailingDisk(errno.ENOSPC, "write")
    recorder = new_recorder(JournalEventStore(tmp_path, sync="never", disk=disk))
    for room in count():
        disk.room, disk.broken, disk.failures = room, True, 0
        recorder.record("said", b"%d" % room)
        if not disk.failures:
            break
        disk.broken = False
        recorder.record("said", b'"again"')
        catch_up(recorder)
    assert room > 100
    log = find_log(tmp_path)
    assert log is not None
    assert not log.torn
    said = [each for number in range(room) for each in (number, "again")]
    assert [entry.payload for entry in log.of_type("said")] == [*said, room]


@pytest.mark.parametrize(
    "calls", [["mkdir"], ["open"], ["link"], ["mkdir", "open", "link", "write"]]
)
async def test_a_log_that_could_not_be_made_is_made_later(calls: list[str], tmp_path: Path) -> None:
    """No inode is free when the call begins."""
    disk = FailingDisk(errno.ENOSPC, *calls)
    disk.broken = True
    call = await Call(tmp_path, disk).start()
    await call.turn()
    assert find_log(tmp_path) is None
    assert not call.recorder.health.ok
    disk.broken = False
    await call.turn()
    await call.operator.is_calm()
    assert call.recorder.health.ok
    await call.end()
    log = call.check_log()
    assert log.entries[0].type == "recording_opened"
    assert len(log.of_type("store_restored")) == 1
    assert [path.name for path in log.path.parent.glob(".*")] == []


@pytest.mark.parametrize("cuts", [True, False], ids=["cut off", "zeroed"])
@pytest.mark.parametrize("failures", [1, 2, 3, 12])
async def test_what_a_failed_sync_took_away_is_written_again(
    failures: int, cuts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.writing.RETRY_SECONDS", 0.01)
    disk = LyingDisk(cuts=cuts)
    call = await Call(tmp_path, disk).start()
    await call.turn()
    while not call.operator.news():  # it may have been a checkpoint's syncs that failed
        disk.failing = failures
        await call.turn(3)
    while disk.failing:
        await call.turn()
    await call.turn()  # the store tells of the last failure, whoever met it
    await call.operator.is_calm()
    await call.end()
    log = call.check_log()
    assert {e.payload["error"] for e in log.of_type("store_restored")} == {"OSError EIO"}
    news = call.operator.news()
    assert news == ["recording_failing", "recording_restored"] * (len(news) // 2)


async def test_a_sync_that_never_works_again_costs_nothing_that_was_written(
    tmp_path: Path,
) -> None:
    """The kernel still has it all; so a process that dies now loses only what waits."""
    disk = FailingDisk(errno.EIO, "fsync", "fdatasync")
    call = await Call(tmp_path, disk).start()
    await call.turn()
    disk.broken = True
    await call.turn()
    await call.end()
    assert call.operator.news() == ["recording_failing"]
    log = find_log(tmp_path)
    assert log is not None
    written = call.written(log)
    assert written == call.emitted[: len(written)]
    assert call.recorder.health.waiting > 0
    disk.broken = False
    call.recorder._exit()
    call.check_log()


@pytest.mark.parametrize("deleted", ["the session", "the store"])
async def test_a_log_that_was_deleted_comes_back_whole(deleted: str, tmp_path: Path) -> None:
    root = tmp_path / "recordings"
    call = await Call(root, FailingDisk(0)).start()
    await call.turn()
    delete(root if deleted == "the store" else call.store.folder("call"))
    await call.turn()
    await call.end()
    log = call.check_log()
    assert log.entries[0].type == "recording_opened"
    assert (log.path.parent / "report.json").exists()


async def test_a_log_that_was_deleted_just_before_the_end_comes_back_whole(
    tmp_path: Path,
) -> None:
    """No sync has noticed it yet."""
    call = await Call(tmp_path, FailingDisk(0), sync="never").start()
    call.store._sync = "interval"
    call.store._sync_interval = 3600.0
    await call.turn()
    delete(call.store.folder("call"))
    await call.end()
    call.check_log()


async def test_a_log_that_was_deleted_from_a_disk_that_fails_is_still_reported(
    tmp_path: Path,
) -> None:
    disk = FailingDisk(errno.EROFS, "open", "mkdir", "link", "rename")
    call = await Call(tmp_path, disk).start()
    await call.turn()
    delete(call.store.folder("call"))
    disk.broken = True
    await call.turn()
    await call.end()
    assert find_log(tmp_path) is None
    disk.broken = False
    call.recorder._exit()
    call.check_log()


async def test_a_disk_that_is_back_gets_what_waited_without_another_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.writing.RETRY_SECONDS", 0.01)
    disk = FailingDisk(errno.ENOSPC, "write")
    call = await Call(tmp_path, disk).start()
    disk.broken = True
    await call.turn()
    disk.broken = False
    await call.operator.reads("recording_restored")
    assert call.recorder.health.ok
    await call.end()
    call.check_log()


async def test_who_speaks_when_the_disk_is_back_writes_nothing_that_waited(tmp_path: Path) -> None:
    """The call's own thread makes no system call before all that waited has been written."""
    disk = FailingDisk(errno.ENOSPC, "write")
    callers = CallersDisk(disk)
    recorder = new_recorder(JournalEventStore(tmp_path, sync="never", disk=callers))
    disk.broken = True
    for number in range(1000):
        recorder.record("said", b"%d" % number)
    disk.broken = False
    callers.calls.clear()
    recorder.record("said", b"1000")
    assert callers.calls == []
    catch_up(recorder)
    recorder.record("said", b"1001")
    assert callers.calls == ["write"]
    log = find_log(tmp_path)
    assert log is not None
    assert [entry.payload for entry in log.of_type("said")] == [*range(1002)]


async def test_a_call_goes_on_while_a_disk_is_mended_that_takes_its_time(tmp_path: Path) -> None:
    """A sync fails, and the one that is to mend it does not end: all that is emitted waits."""

    class SlowToMend(FailingDisk):
        begun, go_on = threading.Event(), threading.Event()

        def around(self, name: str, call: Any, *args: Any) -> Any:
            if self.failures and name == "fsync":
                self.begun.set()
                assert self.go_on.wait(PATIENCE)
            return super().around(name, call, *args)

    disk = SlowToMend(errno.EIO, "fdatasync")
    call = await Call(tmp_path, disk, sync="interval").start()
    disk.broken = True
    while not disk.begun.is_set():
        await call.turn()
    disk.broken = False
    waiting = call.recorder.health.waiting
    await call.turn(3)
    assert not disk.go_on.is_set()
    assert call.recorder.health.waiting > waiting
    disk.go_on.set()
    await call.operator.is_calm()
    await call.end()
    call.check_log()


@pytest.mark.parametrize("code", ERRORS, ids=named)
async def test_a_disk_that_never_comes_back_still_gives_the_whole_report(
    code: int, tmp_path: Path
) -> None:
    disk = FailingDisk(code, "write", "open", "fsync", "fdatasync", "truncate")
    call = await Call(tmp_path, disk).start()
    await call.turn()
    disk.broken = True
    await call.turn(2)
    await call.end()
    assert call.operator.news() == ["recording_failing"]
    assert call.recorder.health.waiting > 10
    disk.broken = False
    call.recorder._exit()
    log = call.check_log()
    assert len(log.of_type("store_restored")) == 1
