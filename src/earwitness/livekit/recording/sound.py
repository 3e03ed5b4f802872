"""Samples: one channel, 16 bits, at one rate; and how a frame of any other kind becomes them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from livekit import rtc

RATE: Final = 24_000
"""Samples a second in a recording: what LiveKit's rooms carry, and Opus encodes as it is."""

Samples = npt.NDArray[np.int16]

NOTHING: Final[Samples] = np.zeros(0, np.int16)


def samples_of(data: bytes, channels: int) -> Samples:
    """The samples of interleaved 16 bit audio, its channels mixed into one."""
    samples = np.frombuffer(data, np.int16)
    if channels == 1:
        return samples
    mixed: Samples = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed


class Resampler:
    """Brings a stream of samples to :data:`RATE`. It holds back a few until it is flushed.

    Args:
        rate: samples a second of what comes in.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._inner = None if rate == RATE else rtc.AudioResampler(rate, RATE)

    def push(self, samples: Samples) -> Samples:
        """What can be told of the stream after these samples."""
        if self._inner is None or not len(samples):
            return samples
        frame = rtc.AudioFrame(samples.tobytes(), self.rate, 1, len(samples))
        return _joined(self._inner.push(frame))

    def flush(self) -> Samples:
        """What was held back. Nothing can be pushed after that."""
        return NOTHING if self._inner is None else _joined(self._inner.flush())


def _joined(frames: list[rtc.AudioFrame]) -> Samples:
    if not frames:
        return NOTHING
    return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
