"""A call in this process, over a disk of the test's choice, and everybody who hears of it."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from livekit.agents.voice.events import EventTypes

import earwitness
from earwitness import values
from earwitness.background import scribe
from earwitness.disk import Disk
from earwitness.livekit.demo.scripted import ScriptedLLM
from earwitness.livekit.snapshot import payload_of
from earwitness.stores.journal import Sync
from tests.faults.calls import Waiter, new_journal, small_talk
from tests.faults.logs import Log, find_log
from tests.faults.survival import NOT_EMITTED, reported
from tests.livekit.stage import PATIENCE, new_session, report_outside_a_job


class Operator:
    """Reads the audit trail."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._arrived = threading.Condition()

    def bind(self, **_: Any) -> Operator:
        return self

    def info(self, event: str, **_: Any) -> None:
        with self._arrived:
            self.read.append(event)
            self._arrived.notify_all()

    error = warning = info

    async def reads(self, event: str) -> None:
        """Wait for a line of the audit trail."""
        assert await self._sees(lambda: event in self.read), f"the audit trail says no {event}"

    async def is_calm(self) -> None:
        """Wait until the store is back, as far as the audit trail tells."""
        assert await self._sees(lambda: self._news()[-1:] == ["recording_restored"]), self._news()

    async def _sees(self, what: Callable[[], bool]) -> bool:
        def wait() -> bool:
            with self._arrived:
                return self._arrived.wait_for(what, PATIENCE)

        return await asyncio.to_thread(wait)

    def news(self) -> list[str]:
        """What it said so far of the store's health."""
        scribe.flush()
        return self._news()

    def _news(self) -> list[str]:
        return [line for line in self.read if line in NEWS]


NEWS = {"recording_failing", "recording_restored", "events_lost", "closing_failed"}


class Call:
    """A call whose turns the test takes one by one."""

    def __init__(self, root: Path, disk: Disk, sync: Sync = "always") -> None:
        self.root = root
        self.operator = Operator()
        self.emitted: list[tuple[str, str]] = []
        self.heard: Counter[str] = Counter()
        self.store = new_journal(root, sync, disk)
        self.session = new_session(llm=ScriptedLLM(small_talk()))
        self.recorder = earwitness.attach(
            self.session, store=self.store, session_id="call", audit=self.operator, recover=False
        )
        self._at_work = asyncio.Event()
        self._listen()

    async def start(self) -> Call:
        await self.session.start(Waiter(self._at_work))
        return self

    async def turn(self, turns: int = 1) -> None:
        for _ in range(turns):
            await self._at_work.wait()
            await self.session.generate_reply(user_input="A question?")

    async def end(self) -> earwitness.SessionReport:
        """Hang up; the report is LiveKit's own, and everybody had heard everything."""
        await self.session.aclose()
        report = await self.recorder.finalize()
        self.check_listeners()
        theirs = report_outside_a_job(self.session).to_dict()
        assert report.data["events"] == values.plain(theirs["events"])
        assert report.data["chat_history"] == values.plain(theirs["chat_history"])
        return report

    def check_listeners(self) -> None:
        assert self.heard == Counter(tag for tag, _ in self.emitted)

    def check_log(self) -> Log:
        """The log holds every event of the call, in order, and is closed."""
        log = find_log(self.root)
        assert log is not None
        assert not log.torn
        assert self.written(log) == self.emitted
        assert self.store.session("call").state == "closed"
        assert self.store.report("call").data["events"] == reported(log.entries)
        return log

    def written(self, log: Log) -> list[tuple[str, str]]:
        """The session's events that are in a log."""
        return [
            (entry.type, hashlib.sha256(entry.data).hexdigest())
            for entry in log.entries
            if entry.type not in NOT_EMITTED
        ]

    def _listen(self) -> None:
        for name in get_args(EventTypes):
            if name != "debug_message":
                self.session.on(name, lambda event: self.heard.update([event.type]))
        inner = self.session.emit

        def emit(name: Any, *args: Any) -> None:
            tag, content = payload_of(name, args)
            self.emitted.append((tag, hashlib.sha256(content).hexdigest()))
            inner(name, *args)

        self.session.emit = emit  # type: ignore[method-assign]
