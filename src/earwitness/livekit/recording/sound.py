"""Samples: one channel, 16 bits, at one rate; and how a frame of any other kind becomes them."""

from __future__ import annotations

import functools
import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

RATE: Final = 24_000
"""Samples a second in a recording: what LiveKit's rooms carry, and Opus encodes as it is."""

Samples = npt.NDArray[np.int16]

_LOBES: Final = 16
_MARGIN: Final = 0.95  # of the bandwidth that both rates have

NOTHING: Final[Samples] = np.zeros(0, np.int16)


def samples_of(data: bytes, channels: int) -> Samples:
    """The samples of interleaved 16 bit audio, its channels mixed into one."""
    samples = np.frombuffer(data, np.int16)
    if channels == 1:
        return samples
    mixed: Samples = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed


class Resampler:
    """Brings a stream of samples to :data:`RATE`, each where it was, by a windowed sinc.

    It holds back a few samples until it is flushed. LiveKit's would do as well, but is gone before
    the interpreter's exit is over; PyAV's starts threads, for which a forked child waits in vain.

    Args:
        rate: samples a second of what comes in.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        common = math.gcd(rate, RATE)
        self._up, self._down = RATE // common, rate // common
        self._filters = _filters(self._up, self._down)
        self._half = self._filters.shape[1] // 2
        self._first = 1 - self._half  # the place in the stream of what waits first
        self._waiting: Samples = np.zeros(self._half - 1, np.int16)
        self._taken_in = 0
        self._given_out = 0

    def push(self, samples: Samples) -> Samples:
        """What can be told of the stream after these samples."""
        if self.rate == RATE:
            return samples
        self._taken_in += len(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        return self._until(self._taken_in - self._half)

    def flush(self) -> Samples:
        """What was held back. Nothing can be pushed after that."""
        if self.rate == RATE:
            return NOTHING
        self._waiting = np.concatenate([self._waiting, np.zeros(self._half, np.int16)])
        return self._until(self._taken_in)

    def _until(self, end: int) -> Samples:
        stop = -(-end * self._up // self._down)
        if stop <= self._given_out:
            return NOTHING
        places, phases = np.divmod(np.arange(self._given_out, stop) * self._down, self._up)
        around = sliding_window_view(self._waiting, 2 * self._half)
        windows = around[places - self._half + 1 - self._first]
        sound = np.einsum("ij,ij->i", windows.astype(np.float32), self._filters[phases])
        first = stop * self._down // self._up - self._half + 1
        self._waiting = self._waiting[first - self._first :]
        self._first, self._given_out = first, stop
        resampled: Samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
        return resampled


@functools.cache
def _filters(up: int, down: int) -> npt.NDArray[np.float32]:
    """For each place between two samples, the weights of the samples around it."""
    cutoff = min(1.0, up / down)
    half = math.ceil(_LOBES / cutoff)
    away = np.arange(1 - half, half + 1) - np.arange(up)[:, None] / up
    window = np.cos(np.pi / 2 * away / half) ** 2
    weights = np.sinc(cutoff * _MARGIN * away) * window * (np.abs(away) < half)
    normal: npt.NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(
        np.float32
    )
    return normal
