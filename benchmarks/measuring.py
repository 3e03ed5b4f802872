"""How things are measured: in turn, round after round, as medians with the spread of the rounds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from attrs import asdict, field, frozen

Run = Callable[[], float | Awaitable[float]]
"""Does something once, and says how long it took, in seconds."""

_WARM_UP_ROUNDS: Final = 1


@frozen
class Sample:
    """What was measured again and again."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, *values: float) -> Sample:
        return cls(values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The lower quartile."""
        return self._quartiles()[0]

    @property
    def high(self) -> float:
        """The upper quartile."""
        return self._quartiles()[2]

    def __sub__(self, other: Sample) -> Sample:
        return Sample(tuple(a - b for a, b in zip(self.values, other.values, strict=True)))

    def __truediv__(self, other: Sample | float) -> Sample:
        """Round by round, so that what slowed a whole round down slowed both."""
        if isinstance(other, Sample):
            return Sample(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))
        return Sample(tuple(a / other for a in self.values))

    def __mul__(self, factor: float) -> Sample:
        return Sample(tuple(a * factor for a in self.values))

    def _quartiles(self) -> list[float]:
        if len(self.values) < 2:
            return [self.values[0]] * 3
        return statistics.quantiles(self.values, n=4, method="inclusive")


@frozen(kw_only=True)
class Row:
    """One row of the table.

    Attributes:
        what: what was measured.
        goal: what it should come to.
        at_most: the upper bound that the goal sets, if it sets one.
        at_least: the lower one.
        measured: the median.
        low: the lower quartile of the rounds.
        high: the upper one.
        unit: of all these; empty for a ratio.
        figures: what else is worth knowing, by name; what is not a number is for a chart.
    """

    what: str
    goal: str
    at_most: float | None = None
    at_least: float | None = None
    measured: float
    low: float
    high: float
    unit: str = ""
    figures: dict[str, Any] = field(factory=dict)

    @classmethod
    def of(cls, what: str, goal: str, sample: Sample, **more: Any) -> Row:
        """The row of a sample."""
        spread = {"measured": sample.median, "low": sample.low, "high": sample.high}
        return cls(what=what, goal=goal, **spread, **more)

    @property
    def met(self) -> bool:
        """True if what was measured is within the goal's bounds."""
        least = -math.inf if self.at_least is None else self.at_least
        most = math.inf if self.at_most is None else self.at_most
        return least <= self.measured <= most

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"met": self.met}


def not_measured(name: str, why: str) -> dict[str, Any]:
    """What stands in the place of the rows of a module that failed.

    Args:
        name: the module's.
        why: in a few words.
    """
    return {"what": f"`{name}`", "goal": "", "met": False, "failed": why, "figures": {}}


async def in_turn(rounds: int, runs: Mapping[str, Run]) -> dict[str, Sample]:
    """Measure several things in the same rounds, forwards in one round and backwards in the next.

    Args:
        rounds: how many; one more is run first, to warm up.
        runs: by name.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for number in range(_WARM_UP_ROUNDS + rounds):
        for name in names:
            took = runs[name]()
            if not isinstance(took, float):
                took = await took
            if number >= _WARM_UP_ROUNDS:
                taken[name].append(took)
        names.reverse()
    return {name: Sample(tuple(values)) for name, values in taken.items()}


def seconds(work: Callable[..., object], *args: Any) -> float:
    """How long it takes to do something."""
    began = time.perf_counter()
    work(*args)
    return time.perf_counter() - began


def processor_seconds(work: Callable[..., object], *args: Any) -> float:
    """How long processors are busy with it, on all threads of this process."""
    began = time.process_time()
    work(*args)
    return time.process_time() - began


def thread_seconds(work: Callable[..., object], *args: Any) -> float:
    """How long a processor is busy with it, on this thread."""
    began = time.thread_time()
    work(*args)
    return time.thread_time() - began


def microseconds(sample: Sample, events: int) -> float:
    """The median of an event, rounded for a table."""
    return round(sample.median / events * 1e6, 2)


def milliseconds(sample: Sample) -> float:
    """The median, rounded for a table."""
    return round(sample.median * 1e3, 2)
