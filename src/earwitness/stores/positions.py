"""The one rule that every store checks before it appends."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import Event
from ..exceptions import InvalidEventError


def check_positions(events: Sequence[Event], version: int) -> None:
    """Refuse events that do not follow the version without a gap.

    Raises:
        InvalidEventError: a position is not the next one.
    """
    for expected, event in enumerate(events, version + 1):
        if event.position != expected:
            raise InvalidEventError(
                "An event's position is not the next one of its stream.",
                where=f"event {event.position} ({event.type})",
                expected=f"position {expected}",
                got=f"position {event.position}",
            )
