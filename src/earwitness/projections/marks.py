"""What stands on the lanes of a timeline, and how much of it is drawn where room is scarce."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import Final, Literal, get_args

from attrs import evolve, field, frozen

Lane = Literal["user", "agent", "tools", "interruptions", "errors", "handoffs", "recording"]

LANES: Final[tuple[Lane, ...]] = get_args(Lane)


@frozen
class Mark:
    """Something on a lane: a span of time, or a moment.

    Attributes:
        start: microseconds since the Unix epoch.
        end: likewise, equal to ``start`` for a moment, None for what has not ended.
        position: the position of the event that tells of it, of the first if it stands for many.
        kind: what it is, as ``speaking``, ``failed`` or the tag of an event.
        label: a few words.
        count: how many it stands for, where many would be too close to tell apart.
    """

    lane: Lane
    start: int
    end: int | None
    position: int
    kind: str
    label: str = ""
    count: int = 1


@frozen
class Timeline:
    """The marks of a session.

    Attributes:
        start: when its first event was recorded, microseconds since the Unix epoch.
        end: when the last one was that the session emitted itself.
        marks: of each lane, by their start.
    """

    start: int
    end: int
    marks: dict[Lane, tuple[Mark, ...]]
    _reach: dict[Lane, list[int]] = field(init=False, repr=False, eq=False)

    @_reach.default
    def _reach_of_each(self) -> dict[Lane, list[int]]:
        ends = {lane: [self._end(mark) for mark in marks] for lane, marks in self.marks.items()}
        return {lane: list(itertools.accumulate(found, max)) for lane, found in ends.items()}

    def window(self, start: int, end: int, pixels: int) -> dict[Lane, list[Mark]]:
        """The marks of some time, those closer than a pixel drawn together.

        Args:
            start: microseconds since the Unix epoch.
            end: likewise, not before ``start``.
            pixels: how many there are for this time.
        """
        close = max(1, (end - start) // max(1, pixels))
        found = {lane: list(self._between(lane, start, end)) for lane in LANES}
        return {lane: self._drawn(marks, close) for lane, marks in found.items()}

    def _between(self, lane: Lane, start: int, end: int) -> Iterator[Mark]:
        marks = self.marks[lane]
        first = bisect.bisect_left(self._reach[lane], start)
        for mark in itertools.islice(marks, first, None):
            if mark.start > end:
                return
            if self._end(mark) >= start:
                yield mark

    def _drawn(self, marks: list[Mark], close: int) -> list[Mark]:
        groups: list[list[Mark]] = []
        last: dict[str, tuple[list[Mark], int]] = {}
        for mark in marks:
            group, reach = last.get(mark.kind, ([], 0))
            end = self._end(mark)
            small = min(reach - group[0].start, end - mark.start) < 2 * close if group else False
            if small and mark.start - reach < 2 * close:
                group.append(mark)
            else:
                group, reach = [mark], end
                groups.append(group)
            last[mark.kind] = group, max(reach, end)
        return [_together(group) for group in groups]

    def _end(self, mark: Mark) -> int:
        return max(mark.start, self.end) if mark.end is None else mark.end


def _together(marks: list[Mark]) -> Mark:
    """One mark for several of a kind, the first of them if it is alone."""
    if len(marks) == 1:
        return marks[0]
    ends = [mark.end for mark in marks if mark.end is not None]
    end = max(ends) if len(ends) == len(marks) else None
    return evolve(marks[0], end=end, count=sum(mark.count for mark in marks))
