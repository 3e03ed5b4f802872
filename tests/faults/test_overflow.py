"""When more events wait for a failing disk than may, the newest are counted and the gap is told."""

from __future__ import annotations

import errno
import functools
from collections import Counter
from pathlib import Path

import pytest

from earwitness.backlog import Backlog
from earwitness.recovery import recover
from tests.faults.disks import FailingDisk
from tests.faults.logs import find_log
from tests.faults.telephone import Call

ROOM = 12
"""Events that may wait."""


@pytest.mark.parametrize(
    "room", [{"max_events": ROOM}, {"max_bytes": 4000}], ids=["events", "bytes"]
)
async def test_what_found_no_room_is_one_gap_in_the_log(
    room: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.writing.Backlog", functools.partial(Backlog, **room))
    monkeypatch.setattr("earwitness.writing.RETRY_SECONDS", 0.01)
    disk = FailingDisk(errno.ENOSPC, "write")
    call = await Call(tmp_path, disk, sync="never").start()
    await call.turn()
    before = len(call.emitted)
    disk.broken = True
    await call.turn(3)
    health = call.recorder.health
    emitted = len(call.emitted)
    disk.broken = False
    await call.operator.is_calm()
    await call.turn()
    await call.session.aclose()
    await call.recorder.finalize()
    call.check_listeners()
    log = find_log(tmp_path)
    assert log is not None

    [gap] = log.of_type("events_lost")
    written = call.written(log)
    kept = len([e for e in log.entries[: gap.position] if e.type in dict(call.emitted)])
    assert before <= kept < emitted
    own = gap.payload["types"].keys() - dict(call.emitted).keys()
    types = {name: n for name, n in gap.payload["types"].items() if name not in own}
    back = kept + sum(types.values())
    assert written == call.emitted[:kept] + call.emitted[back:]
    assert types == Counter(tag for tag, _ in call.emitted[kept:back])
    assert gap.payload["count"] == sum(gap.payload["types"].values()) >= health.lost
    assert gap.payload["reason"] == "OSError ENOSPC"
    assert [e.type for e in log.entries[gap.position :][:2]] == ["events_lost", "store_restored"]
    assert call.operator.news() == ["recording_failing", "events_lost", "recording_restored"]
    if "max_events" in room:
        assert health.waiting == ROOM


async def test_a_call_that_ends_with_a_gap_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.writing.Backlog", functools.partial(Backlog, ROOM))
    disk = FailingDisk(errno.ENOSPC, "write")
    call = await Call(tmp_path, disk, sync="never").start()
    disk.broken = True
    await call.turn(3)
    await call.session.aclose()
    await call.recorder.finalize()
    disk.broken = False
    call.recorder._exit()
    log = find_log(tmp_path)
    assert log is not None
    assert len(log.of_type("events_lost")) == 1
    assert len(log.of_type("recording_closed")) == 1
    assert [done.outcome for done in recover(call.store)] == ["closed"]
