"""What it costs to record the sound of a call, beside LiveKit's own recorder in the same run.

``python -m benchmarks.audio`` plays the same call through three wrappers, in turns: none, LiveKit's
``RecorderIO``, and Earwitness's. It runs in real time, three minutes in all. Of each it tells

- the time on the event loop for a frame, heard or handed over, above that of no wrapper;
- the CPU time of the whole process for a minute of call, the encoding included, above that of none.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io
from livekit.agents.voice.recorder_io import RecorderIO

from earwitness.disk import Disk
from earwitness.livekit.audio_tap import AudioTap
from earwitness.livekit.recording.recorder import AudioRecorder

RATE = 24_000
FRAME = 0.02
SECONDS = 20.0
ROUNDS = 3
"""Each wrapper gets so many turns; the median counts."""
NAMES = ("none", "RecorderIO", "earwitness")


class Source(io.AudioInput):
    """Frames of noise, each when it is due."""

    def __init__(self) -> None:
        super().__init__(label="source")
        noise = np.random.default_rng(8).normal(0, 3000, round(RATE * FRAME)).astype(np.int16)
        self._frame = rtc.AudioFrame(noise.tobytes(), RATE, 1, len(noise))

    async def __anext__(self) -> rtc.AudioFrame:
        return self._frame


class Sink(io.AudioOutput):
    """Plays at the speed of sound, as far as anybody can tell."""

    def __init__(self) -> None:
        super().__init__(label="sink", capabilities=io.AudioOutputCapabilities(pause=True))
        self._said = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._said:
            self.on_playback_started(created_at=time.time())
        self._said += frame.duration

    def flush(self) -> None:
        super().flush()

    def finish(self) -> None:
        said, self._said = self._said, 0.0
        self.on_playback_finished(playback_position=said, interrupted=False)

    def clear_buffer(self) -> None:
        pass


class Wrapped:
    """The two ends of a call, as a session would have them, and how the recording ends."""

    def __init__(self, name: str, folder: Path) -> None:
        self.sink = Sink()
        self.input: io.AudioInput = Source()
        self.output: io.AudioOutput = self.sink
        self._name = name
        self._folder = folder
        self.finish: Callable[[], Awaitable[Any]] = self._nothing

    async def start(self) -> None:
        if self._name == "RecorderIO":
            theirs = RecorderIO(agent_session=None)  # type: ignore[arg-type]
            self.input = theirs.record_input(self.input)
            self.output = theirs.record_output(self.output)
            await theirs.start(output_path=self._folder / "audio.ogg")
            self.finish = theirs.aclose
        elif self._name == "earwitness":
            ours = AudioRecorder(Disk(), lambda: self._folder, lambda _: None)
            ends = AgentSession()
            ends.input.audio, ends.output.audio = self.input, self.output
            AudioTap(ends).recorder = ours
            self.input, self.output = ends.input.audio, ends.output.audio
            self.finish = lambda: asyncio.to_thread(ours.seal)

    async def _nothing(self) -> None:
        return None


async def play(name: str) -> tuple[float, float]:
    """A call in real time; seconds on the loop a frame, and of CPU a minute."""
    with tempfile.TemporaryDirectory() as folder:
        call = Wrapped(name, Path(folder))
        await call.start()
        cpu, looped, frames = time.process_time(), 0.0, 0
        begin = time.perf_counter()
        for number in range(round(SECONDS / FRAME)):
            await asyncio.sleep(max(0.0, begin + number * FRAME - time.perf_counter()))
            start = time.perf_counter()
            frame = await call.input.__anext__()
            looped += time.perf_counter() - start
            frames += 1
            if number % 200 < 100:  # half of the time the agent speaks: two seconds, at once
                if number % 200 == 0:
                    start = time.perf_counter()
                    for _ in range(100):
                        await call.output.capture_frame(frame)
                    call.output.flush()
                    looped += time.perf_counter() - start
                    frames += 100
            elif number % 200 == 100:
                start = time.perf_counter()
                call.sink.finish()
                looped += time.perf_counter() - start
        await call.finish()
        return looped / frames, (time.process_time() - cpu) * 60 / SECONDS


def measure() -> dict[str, tuple[float, float]]:
    """For each wrapper the medians of its turns."""
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    for _ in range(ROUNDS):
        for name in NAMES:
            turns[name].append(asyncio.run(play(name)))
    return {
        name: (
            statistics.median(frame for frame, _ in each),
            statistics.median(minute for _, minute in each),
        )
        for name, each in turns.items()
    }


def main() -> None:
    """Measure, and print the table."""
    results = measure()
    frame_free, minute_free = results["none"]
    print(f"{'':12} {'loop, us a frame':>18} {'CPU, s a minute':>18}")
    for name in NAMES[1:]:
        frame, minute = results[name]
        print(f"{name:12} {(frame - frame_free) * 1e6:18.2f} {minute - minute_free:18.2f}")


if __name__ == "__main__":
    main()
