"""Times, durations and amounts, as people read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

UNKNOWN: Final = "-"

# LiveKit's names of what is counted, where they need another word.
_UNITS: Final = {
    "audio_duration": "seconds of audio",
    "characters_count": "characters",
    "session_duration": "seconds of session",
}


def offset(seconds: float) -> str:
    """How far into the session something happened: ``0:04.3``, ``1:02:05.5``."""
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    sign = "-" if seconds < 0 and tenths else ""
    return f"{sign}{clock}:{rest // 10:02}.{rest % 10}"


def duration(seconds: float | None) -> str:
    """How long something took: ``250ms``, ``4.3s``, ``1m05s``, ``2h03m``."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0.9995:
        return f"{max(0, round(seconds * 1000))}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"


def local_time(microseconds: int, *, precise: bool = False) -> str:
    """A time since the Unix epoch on this machine's clock: ``Nov 23 16:31``.

    Precise, it is ``2026-11-23 16:31:13``.
    """
    try:
        moment = dt.datetime.fromtimestamp(microseconds / 1e6)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN  # a log may claim any time at all
    if not microseconds:
        return UNKNOWN
    return f"{moment:%Y-%m-%d %H:%M:%S}" if precise else f"{moment:%b %d %H:%M}"


def sdk_named(sdk: Mapping[str, Any]) -> str:
    """The agents SDK and its version, as a log's first event names them."""
    return " ".join(str(sdk[name]) for name in ("name", "version") if name in sdk)


def size(amount: int) -> str:
    """A number of bytes: ``812 bytes``, ``14.2 kB``."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if amount >= bytes_:
            return f"{amount / bytes_:.1f} {unit}"
    return counted(amount, "byte")


def counted(amount: int, noun: str) -> str:
    """A number of things: ``1 turn``, ``0 turns``."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def amounts(usage: Mapping[str, Any]) -> str:
    """What a model was used for: ``1,200 characters, 61.3 seconds of audio``."""
    return ", ".join(
        f"{round(amount, 1):,} {_UNITS.get(name) or name.replace('_', ' ')}"
        for name, amount in usage.items()
        if isinstance(amount, int | float)
    )
