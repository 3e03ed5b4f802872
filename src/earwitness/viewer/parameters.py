"""What a request asks for, read from its address."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from ..catalogue import Filter
from .problems import bad_parameter

T = TypeVar("T")
Query = Mapping[str, str]

_LARGEST: Final = 1 << 62
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_STATES: Final = ("live", "closed", "interrupted", "damaged")
_LONGEST: Final = 1000
FILTERS: Final = (
    *("search", "since", "until", "state", "agent", "room", "reason", "errors", "tag"),
    *("min_seconds", "max_seconds"),
)


def integer(query: Query, name: str, default: int, *, least: int = 0, most: int = _LARGEST) -> int:
    """An integer of a range.

    Raises:
        Problem: the parameter is none.
    """
    text = query.get(name)
    if text is None:
        return default
    if re.fullmatch(r"-?\d{1,19}", text, re.ASCII) and least <= int(text) <= most:
        return int(text)
    raise bad_parameter(name, f"an integer from {least} to {most}")


def asked_filter(query: Query) -> Filter:
    """Which sessions are asked for. An empty parameter is as good as none: forms send them.

    Raises:
        Problem: a parameter is not what it should be.
    """
    given = {name: query[name] for name in FILTERS if query.get(name)}

    def read(name: str, parse: Callable[[str, str], T]) -> T | None:
        return parse(name, given[name]) if name in given else None

    return Filter(
        search=read("search", _text),
        since=read("since", _moment),
        until=read("until", _end),
        state=read("state", _state),
        agent=read("agent", _text),
        room=read("room", _text),
        reason=read("reason", _text),
        errors=read("errors", _truth),
        tags=tuple(filter(None, [read("tag", _text)])),
        min_seconds=read("min_seconds", _seconds),
        max_seconds=read("max_seconds", _seconds),
    )


def _text(name: str, text: str) -> str:
    if len(text) > _LONGEST:
        raise bad_parameter(name, f"at most {_LONGEST} characters")
    return text


def _state(name: str, text: str) -> str:
    if text not in _STATES:
        raise bad_parameter(name, f"one of {', '.join(_STATES)}")
    return text


def _truth(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise bad_parameter(name, "true or false")
    return text == "true"


def _seconds(name: str, text: str) -> float:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", text, re.ASCII):
        raise bad_parameter(name, "a number of seconds")
    return float(text)


def _moment(name: str, text: str) -> float:
    """Seconds since the Unix epoch, of a time in ISO 8601 or of microseconds."""
    try:
        if re.fullmatch(r"\d{1,18}", text, re.ASCII):
            return int(text) / 1e6
        seconds = dt.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise bad_parameter(name, "a date, a time in ISO 8601, or microseconds since the epoch")
    return seconds


def _end(name: str, text: str) -> float:
    """As :func:`_moment`; a date is meant to its end."""
    moment = _moment(name, text)
    return moment + 86_400 if _DATE.fullmatch(text) else moment
