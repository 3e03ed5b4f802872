"""Calls by voice that children of the zygote hold, and the word they give of their sound."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from livekit import rtc

import earwitness
from tests.audio.line import Loudspeaker, Microphone, RealCaller
from tests.faults.zygote import Line
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_call

USER = 400
AGENT = 1000
ENDLESS = 60.0


class TellingMicrophone(Microphone):
    """Gives word of the end of each frame that was taken from it."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    async def __anext__(self) -> rtc.AudioFrame:
        if self._next is not None:
            self._line.say(f"heard {self._next}")
        return await super().__anext__()


class TellingLoudspeaker(Loudspeaker):
    """Gives word of what it has played of an answer, ten times a second."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._telling: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            if self._since is not None:
                self._line.say(f"played {self._since} {time.time()}")


def call_left_open(line: Line, root: Path) -> None:
    """A call that nobody closes before the program's end."""

    async def converse() -> None:
        caller = RealCaller()
        caller.stt.utterances.append("Hello?")
        session = new_call(caller)
        earwitness.attach(
            session, store=root, session_id="call", audit=False, recover=False, audio=True
        )
        caller.microphone.say(USER, ENDLESS)
        await session.start(Host())
        await asyncio.sleep(1.0)

    asyncio.run(converse())


def endless_call(line: Line, root: Path) -> None:
    """A caller who never falls silent, and an agent who does not either."""

    async def converse() -> None:
        caller = RealCaller()
        caller.microphone, caller.loudspeaker = TellingMicrophone(line), TellingLoudspeaker(line)
        caller.stt.utterances.append("Hello?")
        caller.tts.hertz = AGENT
        session = new_call(caller)
        earwitness.attach(
            session, store=root, session_id="call", audit=False, recover=False, audio=True
        )
        caller.microphone.say(USER, ENDLESS)
        await session.start(Host())
        await session.say("word " * 100, allow_interruptions=False)

    asyncio.run(converse())
