"""A telephone line without a telephone: it takes the time that sound takes."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from ..recording.sound import NOTHING, RATE, Samples

_FRAME: Final = RATE // 50


class Microphone(io.AudioInput):
    """Streams what is said into it, and silence in between."""

    def __init__(self) -> None:
        super().__init__(label="the guest's telephone")
        self._saying: Samples = NOTHING
        self._said = asyncio.Event()
        self._due: float | None = None

    async def say(self, sound: Samples) -> None:
        """Returns when all of it was said."""
        self._said.clear()
        self._saying = sound
        await self._said.wait()

    async def __anext__(self) -> rtc.AudioFrame:
        now = time.monotonic()
        self._due = (self._due or now) + _FRAME / RATE
        await asyncio.sleep(max(0.0, self._due - now))
        part, self._saying = self._saying[:_FRAME], self._saying[_FRAME:]
        if not len(self._saying):
            self._said.set()
        frame = np.pad(part, (0, _FRAME - len(part)))
        return rtc.AudioFrame(frame.tobytes(), RATE, 1, _FRAME)


class Earpiece(io.AudioOutput):
    """Plays at the speed of sound, can pause, and stops when it is told to."""

    def __init__(self) -> None:
        super().__init__(
            label="the guest's earpiece",
            capabilities=io.AudioOutputCapabilities(pause=True),
            sample_rate=RATE,
        )
        self._given = 0.0
        self._played = 0.0
        self._since: float | None = None
        self._complete = False
        self._ending: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        begins = not self._given
        self._given += frame.duration
        if begins:
            self._complete = False
            self._since = time.monotonic()
            self.on_playback_started(created_at=time.time())

    def flush(self) -> None:
        super().flush()
        self._complete = True
        self._wait_for_the_end()

    def clear_buffer(self) -> None:
        self._stand_still()
        if self._given:
            self._finish(interrupted=True)

    def pause(self) -> None:
        self._stand_still()

    def resume(self) -> None:
        if self._since is None and self._given:
            self._since = time.monotonic()
            self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        if self._complete and self._given and self._since is not None:
            rest = self._given - self._played - (time.monotonic() - self._since)
            self._ending = asyncio.get_running_loop().call_later(max(0.0, rest), self._end)

    def _end(self) -> None:
        self._played = self._given
        self._finish(interrupted=False)

    def _stand_still(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        if self._since is not None:
            self._played = min(self._given, self._played + time.monotonic() - self._since)
            self._since = None

    def _finish(self, *, interrupted: bool) -> None:
        played, self._played, self._given, self._since = self._played, 0.0, 0.0, None
        self.on_playback_finished(playback_position=played, interrupted=interrupted)
