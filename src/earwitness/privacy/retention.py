"""How long recordings are kept: periods, and what the law says of short ones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from ..exceptions import EarwitnessError

DAY_SECONDS: Final = 86_400
_UNITS: Final = {"h": 3_600, "d": DAY_SECONDS, "w": 7 * DAY_SECONDS, "y": 365.25 * DAY_SECONDS}
_PERIOD: Final = re.compile(r"([0-9]{1,6})([hdwy])")


@frozen
class Floor:
    """How long a law has some recordings kept, at the least.

    Attributes:
        seconds: the period.
        words: the period, as people say it.
        law: where it stands.
    """

    seconds: float
    words: str
    law: str


FLOORS: Final = (
    Floor(
        183 * DAY_SECONDS, "183 days", "EU AI Act, articles 19(1) and 26(6): at least six months"
    ),
    Floor(
        6 * 365.25 * DAY_SECONDS,
        "six years",
        "HIPAA, 45 CFR 164.316(b)(2)(i), where a recording documents what it requires",
    ),
)
"""What is warned about, shortest first. Whether it applies to a recording is not for a program."""


Period = str | dt.timedelta | None
"""A number and a unit, ``h``, ``d``, ``w`` or ``y``, as in ``183d``; or a timedelta; or nothing."""


def seconds_of(period: Period, where: str = "retention") -> float | None:
    """A period in seconds; None for None.

    Args:
        period: see :data:`Period`.
        where: where it was given, for the error.

    Raises:
        EarwitnessError: it is no period.
    """
    if period is None:
        return None
    if isinstance(period, dt.timedelta):
        return max(0.0, period.total_seconds())
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise EarwitnessError(
            "This is not a period of time.",
            where=where,
            expected="a number and h, d, w or y: 183d",
            got=period[:40],
        )
    return int(match[1]) * _UNITS[match[2]]


def below(seconds: float) -> Iterator[Floor]:
    """The legal floors that a period does not reach."""
    yield from (floor for floor in FLOORS if seconds < floor.seconds)


def in_words(seconds: float) -> str:
    """A period as people read it, to the day: ``183 days``."""
    days = seconds / DAY_SECONDS
    if 0 < days < 1:
        return f"{seconds / 3_600:.0f} hours"
    return "1 day" if days == 1 else f"{days:,.0f} days"
