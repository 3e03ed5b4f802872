"""Where the time went between the end of what the user said and the first sound of the answer.

The parts that LiveKit measures overlap: a model may start before the turn is over. So each
microsecond of the gap goes to the stage that comes first in the chain of those that claim it,
because what comes later could not have been heard before that one was done. What no stage claims
was measured by nobody, and says so. The segments have no holes and no overlaps, and their sum is
the gap.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Literal

from attrs import frozen

from ..events import Event
from .claims import answering, before_the_answer
from .exchanges import (
    STAGES,
    Exchange,
    Span,
    Stage,
    duration,
    fold_exchanges,
    message_metrics,
    moment,
)
from .reading import retold
from .turns import fold_turns

Since = Literal["speech", "silence", "message"]
"""What a gap is measured from: the end of speech as LiveKit measured it, the moment the user was
seen to be silent, or, where nobody spoke, the moment the message came into the conversation."""


@frozen
class Segment:
    """A part of a gap.

    Attributes:
        stage: what it was spent on.
        start: microseconds since the Unix epoch.
        length: microseconds, never 0.
    """

    stage: Stage
    start: int
    length: int


@frozen
class Waterfall:
    """One gap and what it was spent on.

    Attributes:
        turn: the turn's number, as :func:`fold_turns` counts.
        position: the position of the event that holds what the user said last.
        start: microseconds since the Unix epoch.
        gap: microseconds until the first sound, or the first text where nothing sounds.
        since: what it is measured from.
        segments: contiguous, in order; their lengths add up to the gap.
    """

    turn: int
    position: int
    start: int
    gap: int
    since: Since
    segments: tuple[Segment, ...]

    def spent(self) -> dict[Stage, int]:
        """Microseconds by stage, in the order of the chain, those alone that took any time."""
        spent = dict.fromkeys(STAGES, 0)
        for segment in self.segments:
            spent[segment.stage] += segment.length
        return {stage: length for stage, length in spent.items() if length}


@frozen
class Spread:
    """How a duration is spread over turns, in microseconds, each a value that was measured.

    Attributes:
        count: how many turns.
        median: half of them took no longer; the lower one of two in the middle.
        p90: nine tenths took no longer.
        p95: nineteen of twenty took no longer.
        worst: none took longer.
    """

    count: int
    median: int
    p90: int
    p95: int
    worst: int


@frozen
class Latency:
    """The gaps of a session.

    Attributes:
        waterfalls: of each turn that was asked and answered, in order.
    """

    waterfalls: tuple[Waterfall, ...]

    @property
    def gap(self) -> Spread | None:
        """The spread of the gaps, None if there are none."""
        return spread(waterfall.gap for waterfall in self.waterfalls)

    @property
    def stages(self) -> dict[Stage, Spread]:
        """The spread of each stage over the turns in which it took any time."""
        lengths: dict[Stage, list[int]] = {stage: [] for stage in STAGES}
        for waterfall in self.waterfalls:
            for stage, length in waterfall.spent().items():
                lengths[stage].append(length)
        spreads = {stage: spread(taken) for stage, taken in lengths.items()}
        return {stage: found for stage, found in spreads.items() if found is not None}

    @property
    def slowest(self) -> Waterfall | None:
        """The longest gap, the first of several."""
        return max(self.waterfalls, key=lambda waterfall: waterfall.gap, default=None)


def spread(durations: Iterable[int]) -> Spread | None:
    """The spread of some durations by nearest rank, None if there are none."""
    ranked = sorted(durations)
    if not ranked:
        return None

    def rank(percent: int) -> int:
        return ranked[math.ceil(len(ranked) * percent / 100) - 1]

    return Spread(len(ranked), rank(50), rank(90), rank(95), ranked[-1])


def fold_latency(events: Iterable[Event]) -> Latency:
    """Where the time went in each turn of a session, from its events in order."""
    events = retold(events)
    turns = fold_turns(events)
    begun = [turn.position for turn in turns]
    exchanges, spans = fold_exchanges(events)
    work = _Work(spans)
    waterfalls = []
    for exchange in exchanges:
        number = turns[bisect.bisect_right(begun, exchange.position) - 1].number
        if (waterfall := _waterfall(number, exchange, work)) is not None:
            waterfalls.append(waterfall)
    return Latency(tuple(waterfalls))


class _Work:
    """Spans of time, to be found by when they were."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = sorted(spans, key=lambda span: (span.start, span.end))
        self._starts = [span.start for span in self._spans]
        self._ends = list(itertools.accumulate((span.end for span in self._spans), max))

    def between(self, start: int, end: int) -> list[Span]:
        """The spans that have a part of this time, by their start."""
        first = bisect.bisect_right(self._ends, start)
        past = bisect.bisect_left(self._starts, end)
        return [span for span in self._spans[first:past] if span.end > start]


def gap_of(exchange: Exchange) -> tuple[int, int, Since] | None:
    """When the user was done and when the answer was heard, in microseconds since the Unix epoch.

    None if one of the two is not known.
    """
    start, since = _asked(exchange)
    end = _heard(exchange)
    if start is None or end is None or end < start:
        return None
    return start, end, since


def _waterfall(turn: int, exchange: Exchange, work: _Work) -> Waterfall | None:
    if (gap := gap_of(exchange)) is None:
        return None
    start, end, since = gap
    claims = [
        *before_the_answer(exchange, start),
        *answering(exchange, work.between(start, end), end),
    ]
    segments = tuple(_segments(claims, start, end))
    return Waterfall(turn, exchange.position, start, end - start, since, segments)


def _asked(exchange: Exchange) -> tuple[int | None, Since]:
    stopped = moment(message_metrics(exchange.asked).get("stopped_speaking_at"))
    if stopped is not None:
        return stopped, "speech"
    answered = message_metrics(exchange.answered)
    started = moment(answered.get("started_speaking_at"))
    e2e = duration(answered.get("e2e_latency"))
    if started is not None and e2e is not None:
        return started - e2e, "speech"
    if exchange.silent_at is not None:
        return exchange.silent_at, "silence"
    return moment(exchange.asked.get("created_at")), "message"


def _heard(exchange: Exchange) -> int | None:
    started = moment(message_metrics(exchange.answered).get("started_speaking_at"))
    return exchange.sounded_at if started is None else started


def _segments(claims: Iterable[Span], start: int, end: int) -> Iterator[Segment]:
    """The time from start to end, each moment given to the first stage of those that claim it."""
    claims = [span for span in claims if span.start < span.end]
    inside = {edge for span in claims for edge in (span.start, span.end) if start < edge < end}
    edges = sorted({start, end} | inside)
    pieces = ((since, until, _owner(claims, since)) for since, until in itertools.pairwise(edges))
    for stage, run in itertools.groupby(pieces, key=lambda piece: piece[2]):
        since, *_, until = [edge for piece in run for edge in piece[:2]]
        yield Segment(stage, since, until - since)


def _owner(claims: Iterable[Span], at: int) -> Stage:
    claiming = (span.stage for span in claims if span.start <= at < span.end)
    return min(claiming, key=STAGES.index, default="unmeasured")
