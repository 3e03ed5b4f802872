"""Events that a failing store would not take, waiting in order until it does.

Bounded by number and by bytes. When it is full the newest are let go and counted, so that what
waits stays a gapless continuation of the log, and the gap comes after it as one ``events_lost``.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Final

from .events import Event, EventsLost, StoreRestored

MAX_EVENTS: Final = 10_000
MAX_BYTES: Final = 16 << 20
_SOME: Final = 100
_SOME_BYTES: Final = 256 << 10


class Backlog:
    """The events that wait. True while the store is failing, even if none waits yet.

    Attributes:
        events: in order, their positions following the log's last.
        reason: the error that makes them wait; empty while all is well.
    """

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self.events: list[Event] = []
        self.reason = ""
        self._failed_at = 0
        self._waited = 0
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lost: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self.reason)

    @property
    def lost(self) -> int:
        """How many events were let go."""
        return self._lost.total()

    def admits(self, size: int) -> bool:
        """True if an event of so many bytes may wait; once one was let go, none may."""
        return (
            not self._lost
            and len(self.events) < self._max_events
            and self._bytes + size <= self._max_bytes
        )

    def failed(self, reason: str, at: int) -> bool:
        """Take note of a failure; True if all had been well before.

        Args:
            reason: the error's name.
            at: microseconds since the Unix epoch.
        """
        first = not self.reason
        self.reason = reason
        self._failed_at = self._failed_at or at
        return first

    def add(self, event: Event) -> None:
        """Have an event wait."""
        self.events.append(event)
        self._waited += 1
        self._bytes += _size(event)

    def lose(self, type: str) -> None:
        """Count an event that found no room."""
        self._lost[type] += 1

    def first(self) -> list[Event]:
        """The one event that shows if the store is back; none if none waits."""
        return self.events[:1]

    def some(self) -> list[Event]:
        """As many as are written in no time; none if none waits."""
        some = self.events[:_SOME]
        fitting = sum(size <= _SOME_BYTES for size in accumulate(map(_size, some)))
        return some[: max(1, fitting)]

    def written(self, version: int) -> None:
        """Let go of the events up to a position, since the log has them by now."""
        count = max(0, version + 1 - self.events[0].position) if self.events else 0
        self._bytes -= sum(map(_size, self.events[:count]))
        del self.events[:count]

    def gap(self) -> EventsLost | None:
        """What is to be recorded of the events that were let go, if any were; more may wait now."""
        if not self._lost:
            return None
        gap = EventsLost(count=self.lost, types=dict(self._lost), reason=self.reason)
        self._lost.clear()
        return gap

    def restored(self) -> StoreRestored:
        """What is to be recorded of the failure's end."""
        return StoreRestored(error=self.reason, failed_at=self._failed_at, waited=self._waited)

    def over(self) -> None:
        """All is well again."""
        Backlog.__init__(self, self._max_events, self._max_bytes)


def _size(event: Event) -> int:
    return len(event.data or b"") + len(event.blob or b"")
