"""Times as people type them."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Final

import typer

_AGO: Final = re.compile(r"(\d{1,9})([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_time(text: str) -> float:
    """A time in seconds since the Unix epoch.

    Args:
        text: a date or a time in ISO 8601, on this machine's clock unless it says otherwise; or
            how long ago it was, as ``90m``, ``24h`` or ``7d``.

    Raises:
        typer.BadParameter: it is neither.
    """
    if (ago := _AGO.fullmatch(text)) is not None:
        return time.time() - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            "Give a date or a time, as 2026-11-23 or 2026-11-23T16:30, or how long ago, as 24h."
        ) from None


def parse_duration(text: str) -> float:
    """A duration in seconds, given as ``90``, ``90s``, ``2m`` or ``1h``.

    Raises:
        typer.BadParameter: it is none.
    """
    if (amount := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", text)) is None:
        raise typer.BadParameter("Give seconds, or minutes or hours as 2m and 1h.")
    return float(amount[1]) * _SECONDS[amount[2] or "s"]
