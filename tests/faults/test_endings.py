"""The ends of processes, good and bad, by which nobody closes the recording."""

from __future__ import annotations

import asyncio
import atexit
import errno
import gc
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import JournalEventStore
from earwitness.disk import Disk
from earwitness.events import NO_EVENTS
from earwitness.livekit.demo.scripted import ScriptedLLM
from tests.faults.calls import Waiter, attach, new_journal, small_talk
from tests.faults.disks import FailingDisk
from tests.faults.logs import Log, check_sealed, find_log
from tests.faults.survival import Word, check_nothing_lost, check_report, check_survival
from tests.faults.zygote import Line, Task, Zygote
from tests.livekit.stage import new_session
from tests.unit.facts import log, opened

Ending = Callable[[earwitness.SessionRecorder], Any]


def talk(line: Line, root: Path, ending: Ending, disk: Disk | None = None) -> None:
    """A turn, and then whatever is to happen; the session is not closed."""

    async def converse() -> None:
        at_work = asyncio.Event()
        session = new_session(llm=ScriptedLLM(small_talk()))
        recorder = attach(session, line, new_journal(root, "interval", disk or Disk()))
        await session.start(Waiter(at_work))
        await at_work.wait()
        await session.generate_reply(user_input="A question?")
        done = ending(recorder)
        if asyncio.iscoroutine(done):
            await done

    asyncio.run(converse())


def ended(zygote: Zygote, root: Path, task: Task, *arguments: Any) -> tuple[int, Word, str]:
    """How a child ended by itself, what it said, and its errors."""
    child = zygote.child(task, root, *arguments)
    word = Word.of(child.lines())
    how, errors = child.ended(), child.errors
    child.close()
    return how, word, errors


def closed_log(root: Path, word: Word) -> Log:
    """The log of a process that is gone: closed, sealed, with its report."""
    log = find_log(root)
    assert log is not None
    check_nothing_lost(log, word)
    store = earwitness.JournalEventStore(root)
    [info] = store.sessions()
    assert info.state == "closed"
    check_report(store, info.session_id, log)
    check_sealed(log)
    return log


def goes_on(_: earwitness.SessionRecorder) -> None:
    """Nothing: the coroutine returns and the loop is closed."""


def exits(_: earwitness.SessionRecorder) -> None:
    sys.exit(3)


def raises(_: earwitness.SessionRecorder) -> None:
    raise RuntimeError("nobody catches this")


def exits_at_once(_: earwitness.SessionRecorder) -> None:
    os._exit(4)


@pytest.mark.parametrize(("ending", "code"), [(goes_on, 0), (exits, 3), (raises, 1)])
def test_a_session_that_nobody_closed_is_closed_at_the_interpreters_exit(
    ending: Ending, code: int, zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, talk, ending)
    assert how == code, errors
    assert ("Traceback" in errors) == (ending is raises)
    log = closed_log(tmp_path, word)
    assert log.entries[-1].payload["reason"] == "interpreter exit"


def test_a_process_that_exits_without_a_word_is_recovered_like_a_killed_one(
    zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, talk, exits_at_once)
    assert how == 4, errors
    done = check_survival(tmp_path, word)
    assert done is not None
    assert done.outcome == "recovered"


def hangs_up(line: Line, root: Path) -> None:
    """The loop is closed right after the session, while the recording is being closed."""

    async def converse() -> None:
        session = new_session(llm=ScriptedLLM(small_talk()))
        attach(session, line, new_journal(root, "interval", Disk()))
        await session.start(Waiter(asyncio.Event()))
        await session.generate_reply(user_input="A question?")
        await session.aclose()

    asyncio.run(converse())


def hangs_up_impatiently(line: Line, root: Path) -> None:
    """As before, and somebody asked for the report and did not wait for it."""

    async def converse() -> None:
        session = new_session(llm=ScriptedLLM(small_talk()))
        recorder = attach(session, line, new_journal(root, "interval", Disk()))
        await session.start(Waiter(asyncio.Event()))
        asyncio.get_running_loop().call_soon(asyncio.create_task, recorder.finalize())
        await session.generate_reply(user_input="A question?")
        await session.aclose()

    asyncio.run(converse())


@pytest.mark.parametrize("task", [hangs_up, hangs_up_impatiently])
def test_a_loop_that_is_closed_too_soon_does_not_keep_the_report_from_being_written(
    task: Task, zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, task)
    assert how == 0, errors
    assert "Traceback" not in errors, errors
    log = find_log(tmp_path)
    assert log is not None
    assert len(log.of_type("recording_closed")) == 1
    if task is hangs_up:
        closed_log(tmp_path, word)


def drops_its_session(line: Line, root: Path) -> None:
    """A session that is neither started nor closed, and collected while the process goes on."""

    async def converse() -> None:
        session = new_session(llm=ScriptedLLM(small_talk()))
        recorder = attach(session, line, new_journal(root, "interval", Disk()))
        session.emit("said", "something")  # type: ignore[arg-type]
        del session
        gc.collect()
        assert await recorder.closed(timeout=5)
        line.say("closed")

    asyncio.run(converse())


def test_a_session_that_is_dropped_is_closed_when_it_is_collected(
    zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, drops_its_session)
    assert how == 0, errors
    assert word.rest == ["closed"]
    log = closed_log(tmp_path, word)
    assert log.entries[-1].payload["reason"] == "session was dropped without being closed"


def finds_its_disk_at_the_exit(line: Line, root: Path) -> None:
    """The disk fails from the first turn on, and is back when the interpreter exits."""
    disk = FailingDisk(errno.ENOSPC, "write", "open", "fsync", "fdatasync")

    async def fails(recorder: earwitness.SessionRecorder) -> None:
        disk.broken = True
        await recorder.finalize()
        assert not recorder.health.ok
        atexit.register(setattr, disk, "broken", False)

    talk(line, root, fails, disk)


def test_what_waits_is_tried_once_more_at_the_interpreters_exit(
    zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, finds_its_disk_at_the_exit)
    assert how == 0, errors
    log = find_log(tmp_path)
    assert log is not None
    check_nothing_lost(log, word)
    assert len(log.of_type("store_restored")) == 1
    assert earwitness.JournalEventStore(tmp_path).state("call") == "closed"


class Stuck(Disk):
    """Ends no call of the thread that recovers, and says that it was made."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def open(self, path: Path, flags: int) -> int:
        if threading.current_thread().name == "earwitness-beside":
            self._line.say("recovering")
            threading.Event().wait()
        return super().open(path, flags)


def recovers_without_an_end(line: Line, root: Path) -> None:
    store = new_journal(root, "interval", Stuck(line))
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    asyncio.run(recorder.finalize())
    line.wait()


def test_a_recovery_in_the_background_does_not_hold_up_the_interpreters_exit(
    zygote: Zygote, tmp_path: Path
) -> None:
    store = JournalEventStore(tmp_path)
    store.append("old", log(opened()), NO_EVENTS)
    store.release("old")
    child = zygote.child(recovers_without_an_end, tmp_path)
    child.heard("recovering")
    child.go_on()
    assert child.ended() == 0, child.errors
    child.close()


def has_no_threads(line: Line, root: Path) -> None:
    """The container's limit of threads is reached when the call begins."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threading.Thread.start = refuse  # type: ignore[method-assign]
    hangs_up(line, root)


def test_a_process_that_can_start_no_thread_records_all_the_same(
    zygote: Zygote, tmp_path: Path
) -> None:
    how, word, errors = ended(zygote, tmp_path, has_no_threads)
    assert how == 0, errors
    assert "Traceback" not in errors, errors
    closed_log(tmp_path, word)
