"""The events of a report, kept as the JSON that they stand in the log as.

A long session's events are far smaller as text than as Python values, and the report shows them
as they are. Only what a few of them say is asked for before.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Any, Final

from .. import values
from .reading import mapping

# The types of which a report tells more than that they happened.
_TELLING: Final = frozenset({"session_usage_updated", "error", "close"})


class EventList:
    """Payloads in the order of their events, which may be changed later."""

    def __init__(self) -> None:
        self._positions: list[int] = []
        self._texts: list[bytes] = []
        self._telling: dict[str, list[int]] = {type: [] for type in _TELLING}

    def append(self, position: int, type: str, json: bytes) -> None:
        """Add the payload of the event at a position behind those before."""
        if type in _TELLING:
            self._telling[type].append(len(self._texts))
        self._positions.append(position)
        self._texts.append(json)

    def amend(self, position: int, payload: Any) -> None:
        """Put another payload in the place of an event's, if there is such an event."""
        place = bisect.bisect_left(self._positions, position)
        if place < len(self._positions) and self._positions[place] == position:
            self._texts[place] = values.encode_plain(payload)

    def clear(self) -> None:
        """Begin anew."""
        self._positions.clear()
        self._texts.clear()
        for places in self._telling.values():
            places.clear()

    def of_type(self, type: str) -> Iterator[dict[str, Any]]:
        """The payloads of a type that a report tells of, the last one first."""
        for place in reversed(self._telling[type]):
            payload = mapping(values.decode_plain(self._texts[place]))
            if payload.get("type") == type:
                yield payload

    def to_json(self) -> bytes:
        """All payloads, as a JSON array."""
        return array_of(self._texts)


def array_of(texts: Sequence[bytes]) -> bytes:
    """A JSON array, copied together only once: it may be as large as the log.

    Args:
        texts: its elements, each of them JSON.
    """
    if not texts:
        return b"[]"
    opened = [b"[" + texts[0], *texts[1:]]
    opened[-1] += b"]"
    return b",".join(opened)
