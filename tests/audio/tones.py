"""Sounds that can be told apart and found again to the millisecond."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from earwitness.livekit.recording.sound import RATE, Samples

Channels = np.ndarray
WINDOW = 0.02
"""Seconds: in so long a window multiples of 50 Hz are told apart."""


def tone(hertz: float, seconds: float, *, rate: int = RATE, level: float = 0.25) -> Samples:
    """A sine of so much of the full scale."""
    times = np.arange(round(seconds * rate)) / rate
    return (level * 32767 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def decoded(path: Path) -> Channels:
    """Both channels of a recording, all of it, as floats at :data:`RATE`."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def level_of(channel: Channels, hertz: float) -> Channels:
    """How loud a tone of a multiple of 50 Hz is in each window, as a part of the full scale."""
    size = round(WINDOW * RATE)
    windows = channel[: len(channel) // size * size].reshape(-1, size)
    times = np.arange(size) / RATE
    return 2 / size * np.abs(windows @ np.exp(-2j * np.pi * hertz * times))


def heard(channel: Channels, hertz: float, *, least: float = 0.05) -> tuple[float, float]:
    """From when to when a tone sounds, in seconds; half as loud as it is at most counts.

    Raises:
        AssertionError: it does not.
    """
    levels = level_of(channel, hertz)
    loud = np.flatnonzero(levels > levels.max() / 2)
    assert levels.max() > least, f"there is no tone of {hertz} Hz"
    return float(loud[0] * WINDOW), float((loud[-1] + 1) * WINDOW)


def is_silent(channel: Channels, begin: float, end: float) -> bool:
    """True if nothing can be heard between two moments."""
    begin, end = max(0.0, begin), max(0.0, end)
    return bool(np.abs(channel[round(begin * RATE) : round(end * RATE)]).max(initial=0.0) < 0.01)
