"""Events from many threads, and reports that are asked for meanwhile."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import JournalEventStore
from tests.faults.disks import HastyDisk, SlowDisk
from tests.faults.logs import Log, check_sealed, find_log
from tests.faults.recorders import THREADS, everybody_talking
from tests.faults.survival import reported
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session

EVENTS = 300


def said_by(log: Log) -> dict[int, list[int]]:
    """What each thread said, in the log's order."""
    said: dict[int, list[int]] = {thread: [] for thread in range(THREADS)}
    for entry in log.of_type("said"):
        thread, number = entry.payload
        said[thread].append(number)
    return said


def whole_log(root: Path) -> Log:
    log = find_log(root)
    assert log is not None
    assert log.entries[-1].type == "recording_closed"
    check_sealed(log)
    return log


@pytest.mark.parametrize("sync", ["interval", "always"])
async def test_events_of_many_threads_are_all_recorded(sync: Any, tmp_path: Path) -> None:
    """Each thread's in its own order."""
    session = new_session()
    store = JournalEventStore(tmp_path, sync=sync, sync_interval=0.01, disk=HastyDisk())
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    await session.start(Host())
    together = threading.Barrier(THREADS)

    def speak(thread: int) -> None:
        together.wait()
        for number in range(EVENTS):
            session.emit("said", [thread, number])  # type: ignore[arg-type]

    with ThreadPoolExecutor(THREADS) as pool:
        await asyncio.gather(
            *(
                asyncio.get_running_loop().run_in_executor(pool, speak, each)
                for each in range(THREADS)
            )
        )
    await session.aclose()
    report = await recorder.finalize()
    log = whole_log(tmp_path)
    assert said_by(log) == {each: list(range(EVENTS)) for each in range(THREADS)}
    assert report.data["events"] == reported(log.entries)


async def test_a_report_that_is_asked_for_meanwhile_is_that_of_the_log(tmp_path: Path) -> None:
    """The recording ends between two events: report and log tell of the same ones."""
    session = new_session()
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    await session.start(Host())
    with everybody_talking(recorder) as spoken:
        report = await recorder.finalize()
        assert store.session(recorder.session_id).state == "closed"
    log = whole_log(tmp_path)
    assert {thread: len(said) for thread, said in said_by(log).items()} == spoken
    assert report.data["events"] == reported(log.entries)
    await session.aclose()
    assert whole_log(tmp_path).whole == log.whole


async def test_everybody_who_asks_at_once_gets_the_same_report(tmp_path: Path) -> None:
    session = new_session()
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    await session.start(Host())
    await session.aclose()
    reports = await asyncio.gather(*(recorder.finalize() for _ in range(10)))
    elsewhere = await asyncio.to_thread(lambda: asyncio.run(recorder.finalize()))
    assert all(report is elsewhere for report in reports)
    assert len(whole_log(tmp_path).of_type("recording_closed")) == 1


async def test_a_finalize_that_is_cancelled_closes_the_recording_all_the_same(
    tmp_path: Path,
) -> None:
    disk = SlowDisk()
    session = new_session()
    store = JournalEventStore(tmp_path, disk=disk)
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    await session.start(Host())
    impatient = asyncio.create_task(recorder.finalize())
    await asyncio.to_thread(disk.begun.wait)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(recorder.finalize(), 0)
    assert recorder.state == "closing"
    disk.go_on.set()
    assert await recorder.closed(timeout=5)
    log = whole_log(tmp_path)
    assert (log.path.parent / "report.json").exists()
    assert (await recorder.finalize()).data["events"] == reported(log.entries)
    await session.aclose()
