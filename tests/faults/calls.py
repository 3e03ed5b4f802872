"""Sessions that children of the zygote run, and the word they give of every event."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.llm import ChatContext

import earwitness
from earwitness.background import Job, keeper
from earwitness.disk import Disk
from earwitness.livekit.demo.scripted import Reply, ScriptedLLM, call, say
from earwitness.livekit.snapshot import payload_of
from earwitness.recovery import recover
from earwitness.stores.journal import Sync
from tests.faults.disks import CountingDisk
from tests.faults.zygote import Line, Task
from tests.livekit.fakes import Caller
from tests.livekit.scenarios.cast import Host
from tests.livekit.scenarios.jobs import job_with_audio
from tests.livekit.stage import new_call, new_session, said

SYNC_INTERVAL = 0.02
"""Seconds; short, so that a kill finds the background thread at work."""


class Waiter(Agent):
    """Looks up dishes, and hands over to a colleague."""

    def __init__(self, at_work: asyncio.Event) -> None:
        super().__init__(instructions="You answer the telephone.")
        self._at_work = at_work

    async def on_enter(self) -> None:
        self._at_work.set()

    @function_tool
    async def look_up(self, dish: str) -> str:
        """Asks the kitchen for a dish."""
        return f"{dish}: there is one left\u2028with\ttwo\nforks"

    @function_tool
    async def put_through(self) -> tuple[Agent, str]:
        """Hands the caller to a colleague."""
        self._at_work.clear()
        return Waiter(self._at_work), "A colleague takes over."


def small_talk() -> Callable[[ChatContext], Reply]:
    """Answers, looks up and hands over, in turn and without an end."""
    requests = itertools.count()

    def reply(_: ChatContext) -> Reply:
        number = next(requests)
        if number % 6 == 1:
            return call("look_up", dish=f"dish {number}")
        return call("put_through") if number % 6 == 4 else say(f"Reply {number}.")

    return reply


def new_journal(root: Path, sync: Sync, disk: Disk) -> earwitness.JournalEventStore:
    return earwitness.JournalEventStore(root, sync=sync, sync_interval=SYNC_INTERVAL, disk=disk)


def attach(
    session: AgentSession, line: Line, store: earwitness.EventStore
) -> earwitness.SessionRecorder:
    """Attach a recorder, and give word of every event before and after it is emitted."""
    recorder = earwitness.attach(
        session, store=store, session_id="call", audit=False, recover=False
    )
    give_word(session, line)
    return recorder


def give_word(session: AgentSession, line: Line) -> None:
    inner, numbers = session.emit, itertools.count()

    def emit(name: Any, *args: Any) -> None:
        number = next(numbers)
        tag, content = payload_of(name, args)
        digest = hashlib.sha256(content).hexdigest()
        line.say(f"emitting {number}")
        inner(name, *args)
        line.say(f"emitted {number} {tag} {digest}")

    session.emit = emit  # type: ignore[method-assign]


def text_call(
    line: Line,
    root: Path,
    turns: int | None = None,
    sync: Sync = "interval",
    disk: Disk | None = None,
) -> None:
    """A call in writing of so many turns, then its close; without an end if that is None."""

    async def converse() -> None:
        at_work = asyncio.Event()
        session = new_session(llm=ScriptedLLM(small_talk()))
        recorder = attach(session, line, new_journal(root, sync, disk or Disk()))
        await session.start(Waiter(at_work))
        for turn in _turns(turns):
            await at_work.wait()
            await session.generate_reply(user_input=f"Question {turn}?")
        await session.aclose()
        await recorder.finalize()

    asyncio.run(converse())


def voice_call(line: Line, root: Path) -> None:
    """A call by voice that never ends."""

    async def converse() -> None:
        replies = (say(f"Reply {number}.") for number in itertools.count())
        caller = Caller()
        session = new_call(caller, llm=ScriptedLLM(replies))
        attach(session, line, new_journal(root, "interval", Disk()))
        await session.start(Host())
        for turn in _turns(None):
            caller.says(f"Question {turn}?")
            await said(session, f"Reply {turn}.")

    asyncio.run(converse())


def call_with_audio(line: Line, root: Path, temporary: Path, disk: Disk) -> None:
    """A call in a job, of which LiveKit writes the audio into its temporary folder, to its end."""
    tempfile.tempdir = str(temporary)
    store = new_journal(root, "never", disk)
    recorders: list[earwitness.SessionRecorder] = []

    async def converse() -> None:
        await job_with_audio(lambda session: recorders.append(attach(session, line, store)))
        await recorders[0].finalize()

    asyncio.run(converse())


def recovery(line: Line, root: Path, disk: Disk) -> None:
    """The recovery of a store."""
    for done in recover(earwitness.JournalEventStore(root, disk=disk)):
        line.say(done.outcome)


def in_order(line: Line, task: Task, *arguments: Any) -> None:
    """A task whose recorder makes its system calls one by one, in the same order in every run."""

    def submit(job: Job, delay: float = 0.0) -> None:
        if not delay:
            job()

    keeper.submit = submit  # type: ignore[method-assign]
    task(line, *arguments)


def counted(line: Line, task: Task, *arguments: Any) -> None:
    """A task whose last argument is its disk; at its end it says which calls that took."""
    disk = CountingDisk(arguments[-1])
    in_order(line, task, *arguments[:-1], disk)
    line.say(" ".join(disk.calls))


def _turns(turns: int | None) -> Iterable[int]:
    return itertools.count() if turns is None else range(turns)
