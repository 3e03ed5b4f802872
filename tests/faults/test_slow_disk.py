"""A disk that takes its time holds nobody up."""

from __future__ import annotations

from pathlib import Path

from tests.faults.disks import SlowDisk
from tests.faults.logs import find_log
from tests.faults.telephone import Call
from tests.livekit.stage import PATIENCE


async def test_a_call_goes_on_while_the_disk_is_busy(tmp_path: Path) -> None:
    """Every event of ten turns is emitted, and is in the log, while one sync lasts."""
    disk = SlowDisk()
    call = await Call(tmp_path, disk, sync="interval").start()
    await call.turn()
    assert disk.begun.wait(PATIENCE)
    await call.turn(10)
    log = find_log(tmp_path)
    assert log is not None
    assert not disk.go_on.is_set()
    assert call.written(log) == call.emitted
    assert call.recorder.health.ok
    disk.go_on.set()
    await call.end()
    call.check_log()


async def test_a_session_closes_while_the_disk_is_busy(tmp_path: Path) -> None:
    """Only who asks for the report waits for the disk."""
    disk = SlowDisk()
    call = await Call(tmp_path, disk, sync="interval").start()
    await call.turn()
    await call.session.aclose()
    assert call.recorder.state == "closing"
    assert not disk.go_on.is_set()
    disk.go_on.set()
    await call.recorder.finalize()
    call.check_log()
