"""The two ends of a telephone line without a telephone: a microphone and a loudspeaker.

What is said travels as real audio frames, loud ones for speech and quiet ones for silence, and
nothing waits for real time.
"""

from __future__ import annotations

import asyncio
import time

from livekit import rtc
from livekit.agents.voice import io

RATE = 16_000
FRAME = 0.01
"""Seconds of audio in a frame of the caller's."""


def audio(seconds: float, *, loud: bool) -> rtc.AudioFrame:
    samples = int(RATE * seconds)
    data = (b"\x00\x20" if loud else b"\x00\x00") * samples
    return rtc.AudioFrame(data, RATE, num_channels=1, samples_per_channel=samples)


def is_loud(frame: rtc.AudioFrame) -> bool:
    return frame.data[0] != 0


class FakeAudioInput(io.AudioInput):
    """The microphone: an endless stream of the frames that were pushed."""

    def __init__(self) -> None:
        super().__init__(label="fake microphone")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def push(self, frame: rtc.AudioFrame) -> None:
        self._frames.put_nowait(frame)

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


class FakeAudioOutput(io.AudioOutput):
    """The loudspeaker: plays any utterance in `playout` seconds, or until it is interrupted."""

    def __init__(self, playout: float = 0.002) -> None:
        super().__init__(
            label="fake loudspeaker",
            capabilities=io.AudioOutputCapabilities(pause=True),
            sample_rate=RATE,
        )
        self._playout = playout
        self._next_heard: str | None = None
        self._heard: str | None = None
        self._captured = 0.0
        self._paused = False
        self._ending: asyncio.TimerHandle | None = None

    def hold_next(self, heard: str) -> None:
        """The next utterance plays until it is interrupted, by when `heard` was to be heard."""
        self._next_heard = heard

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._captured:
            self._heard, self._next_heard = self._next_heard, None
            self.on_playback_started(created_at=time.time())
        self._captured += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._captured and self._heard is None and not self._paused:
            self._play_out()

    def pause(self) -> None:
        self._paused = True
        self._stop()

    def resume(self) -> None:
        if self._paused and self._captured:
            self._play_out()
        self._paused = False

    def clear_buffer(self) -> None:
        if self._captured:
            self._finish(self._captured / 2, interrupted=True)

    def _play_out(self) -> None:
        loop = asyncio.get_running_loop()
        self._ending = loop.call_later(self._playout, self._finish, self._captured)

    def _stop(self) -> None:
        if self._ending:
            self._ending.cancel()

    def _finish(self, position: float, interrupted: bool = False) -> None:
        self._stop()
        self._captured = 0.0
        self.on_playback_finished(
            playback_position=position,
            interrupted=interrupted,
            synchronized_transcript=self._heard if interrupted else None,
        )
