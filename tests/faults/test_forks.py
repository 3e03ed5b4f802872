"""A process that is forked after a recorder was attached: the recording stays the parent's."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import earwitness
from earwitness.disk import Disk
from earwitness.events import NO_EVENTS
from earwitness.livekit.demo.scripted import ScriptedLLM
from earwitness.recovery import recover
from tests.faults.calls import Waiter, attach, new_journal, small_talk
from tests.faults.disks import PATIENCE
from tests.faults.logs import find_log
from tests.faults.recorders import everybody_talking, new_recorder
from tests.faults.survival import NOT_EMITTED, Word, check_nothing_lost, check_recovery
from tests.faults.tally import tally
from tests.faults.zygote import Line, Zygote
from tests.livekit.stage import new_session
from tests.unit import facts

FORKS = 10


def forks_in_mid_call(line: Line, root: Path) -> None:
    """The forked child goes on talking, asks for the report, and outlives its parent."""

    async def converse() -> None:
        at_work = asyncio.Event()
        session = new_session(llm=ScriptedLLM(small_talk()))
        recorder = attach(session, line, new_journal(root, "interval", Disk()))
        await session.start(Waiter(at_work))
        await session.generate_reply(user_input="A question?")
        ours = session.emit
        del session.emit
        if not os.fork():
            for number in range(50):
                session.emit("said", f"by the child {number}")  # type: ignore[arg-type]
            with ThreadPoolExecutor(1) as thread:
                error = thread.submit(asyncio.run, recorder.finalize()).exception()
            line.say(f"forked {type(error).__name__} {recorder.state}")
            line.wait()
            os._exit(0)
        session.emit = ours  # type: ignore[method-assign]
        await at_work.wait()
        await session.generate_reply(user_input="Another question?")
        line.say("talking")
        await asyncio.Event().wait()

    asyncio.run(converse())


def test_a_forked_child_writes_nothing_and_holds_nothing(zygote: Zygote, tmp_path: Path) -> None:
    child = zygote.child(forks_in_mid_call, tmp_path)
    word = Word()
    said = child.lines()
    while not {"forked ForkedError closed", "talking"} <= set(word.rest):
        word.take(next(said))
    store = earwitness.JournalEventStore(tmp_path)
    assert store.state("call") == "live"
    child.kill(signal.SIGKILL)
    assert child.ended() == -signal.SIGKILL
    tally.add(kills=1, events_emitted=word.emitting, events_acknowledged=len(word.emitted))

    assert store.state("call") == "interrupted"
    log = find_log(tmp_path)
    assert log is not None
    assert log.of_type("said") == []
    check_nothing_lost(log, word)
    check_recovery(tmp_path, log)
    child.go_on()
    child.close()


class Entered(Disk):
    """A file gets its name only when the test says so."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def link(self, source: Path, target: Path) -> None:
        self.entered.set()
        assert self.leave.wait(PATIENCE)
        super().link(source, target)


def forks_while_a_log_is_made(line: Line, root: Path) -> None:
    """The child records a session of its own in the store that a thread of the parent is in."""
    disk = Entered()
    store = new_journal(root, "interval", disk)
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(store.append, "theirs", facts.log(facts.opened()), NO_EVENTS)
        assert disk.entered.wait(PATIENCE)
        if not (pid := os.fork()):
            disk.leave.set()
            store.append("mine", facts.log(facts.opened()), NO_EVENTS)
            line.say("recorded")
            os._exit(0)
        line.say(f"child {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
        disk.leave.set()
        made.result()


def test_a_fork_while_another_thread_is_in_the_store_hangs_no_child(
    zygote: Zygote, tmp_path: Path
) -> None:
    child = zygote.child(forks_while_a_log_is_made, tmp_path)
    said = next(child.lines(), "nothing")
    if said != "recorded":
        child.kill()
    assert said == "recorded"
    assert list(child.lines()) == ["child 0"]
    child.close()
    store = earwitness.JournalEventStore(tmp_path)
    assert sorted(store.streams()) == ["mine", "theirs"]


def forks_among_threads(line: Line, root: Path) -> None:
    """Forks again and again while other threads hold every lock that there is."""
    recorder = new_recorder(new_journal(root, "interval", Disk()))
    with everybody_talking(recorder):
        for _ in range(FORKS):
            if not (pid := os.fork()):
                assert recorder.record("said", b"[-1,-1]") < 0
                assert recorder.health.ok
                with pytest.raises(earwitness.ForkedError):
                    asyncio.run(recorder.finalize())
                fresh = earwitness.JournalEventStore(root)
                assert [done.outcome for done in recover(fresh)] == ["live"]
                os._exit(0)
            line.say(f"child {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
    asyncio.run(recorder.finalize())


def test_a_fork_amid_threads_that_record_hangs_nobody(zygote: Zygote, tmp_path: Path) -> None:
    child = zygote.child(forks_among_threads, tmp_path)
    assert list(child.lines()) == ["child 0"] * FORKS
    assert child.ended() == 0, child.errors
    child.close()
    log = find_log(tmp_path)
    assert log is not None
    told = [entry for entry in log.entries if entry.type not in NOT_EMITTED]
    assert told
    assert all(entry.payload[0] >= 0 for entry in told)
    assert earwitness.JournalEventStore(tmp_path).state("call") == "closed"
