"""A microphone and a loudspeaker that take the time that sound takes, and remember it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from tests.audio.tones import tone
from tests.livekit.fakes import Caller, FakeTTS

RATE = 16_000
FRAME = 0.01
WORD = 0.3
"""Seconds the agent takes for a word."""


def frame_of(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> rtc.AudioFrame:
    return rtc.AudioFrame(samples.tobytes(), rate, channels, len(samples) // channels)


class Microphone(io.AudioInput):
    """Streams silence, and what is said into it, in real time."""

    def __init__(self, rate: int = RATE) -> None:
        super().__init__(label="microphone")
        self.rate = rate
        self.said: list[tuple[float, float, float]] = []
        self._next: float | None = None
        self._saying: list[tuple[float, float]] = []
        self._sound = np.zeros(0, np.int16)

    def say(self, hertz: float, seconds: float) -> None:
        """A tone, from the next frame on."""
        self._saying.append((hertz, seconds))

    async def __anext__(self) -> rtc.AudioFrame:
        now = time.time()
        self._next = now if self._next is None else self._next
        if self._saying and not len(self._sound):
            hertz, seconds = self._saying.pop(0)
            self.said.append((hertz, self._next, seconds))
            # A frame is speech if its first sample is none of silence's.
            self._sound = tone(hertz, seconds, rate=self.rate) | 1
        self._next += FRAME
        await asyncio.sleep(max(0.0, self._next - now))
        size = round(FRAME * self.rate)
        part, self._sound = self._sound[:size], self._sound[size:]
        return frame_of(np.pad(part, (0, size - len(part))), self.rate)


class Loudspeaker(io.AudioOutput):
    """Plays what it is given at the speed of sound.

    Attributes:
        played: when each stretch began to be played, and what it was.
    """

    def __init__(self) -> None:
        super().__init__(
            label="loudspeaker",
            capabilities=io.AudioOutputCapabilities(pause=True),
            sample_rate=RATE,
        )
        self.played: list[tuple[float, np.ndarray]] = []
        self._sound: list[np.ndarray] = []
        self._given = 0
        self._offset = 0
        self._since: float | None = None
        self._flushed = False
        self._paused = False
        self._ending: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._given:
            self._flushed = False
            self._since = time.time()
            self.on_playback_started(created_at=self._since)
        self._sound.append(np.frombuffer(frame.data, np.int16))
        self._given += frame.samples_per_channel

    def flush(self) -> None:
        super().flush()
        self._flushed = True
        self._schedule()

    def pause(self) -> None:
        self._paused = True
        self._stand_still()

    def resume(self) -> None:
        if self._paused and self._given:
            self._since = time.time()
            self._schedule()
        self._paused = False

    def clear_buffer(self) -> None:
        if self._given:
            self._stand_still()
            self._finish(interrupted=True)

    def _schedule(self) -> None:
        if self._flushed and self._since is not None and self._given:
            rest = (self._given - self._offset) / RATE - (time.time() - self._since)
            self._ending = asyncio.get_running_loop().call_later(max(0.0, rest), self._end)

    def _end(self) -> None:
        self._stand_still(self._given)
        self._finish(interrupted=False)

    def _stand_still(self, until: int | None = None) -> None:
        if self._ending:
            self._ending.cancel()
        if self._since is None:
            return
        if until is None:
            until = self._offset + round((time.time() - self._since) * RATE)
        until = min(until, self._given)
        self.played.append((self._since, np.concatenate(self._sound)[self._offset : until]))
        self._offset, self._since = until, None

    def _finish(self, *, interrupted: bool) -> None:
        position = self._offset / RATE
        self._sound, self._given, self._offset = [], 0, 0
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


class ToneTTS(FakeTTS):
    """A voice of one tone for each answer, each a little higher than the last."""

    def __init__(self) -> None:
        super().__init__()
        self._hertz = 1000

    def sound(self, text: str) -> bytes:
        self._hertz += 500
        return tone(self._hertz - 500, WORD * len(text.split()), rate=RATE).tobytes()


class RealCaller(Caller):
    """Somebody whose call takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.tts: Any = ToneTTS()
        self.microphone: Any = Microphone()
        self.loudspeaker: Any = Loudspeaker()

    def utters(self, words: str, hertz: float, seconds: float = 0.4) -> None:
        """Words, and the tone that they sound like."""
        self.stt.utterances.append(words)
        self.microphone.say(hertz, seconds)
