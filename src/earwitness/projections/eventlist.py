"""The events of a report, kept as the JSON that they are written as.

A long session's events are far smaller as text than as Python values, and all that is asked of
them before they are written is what a few of them say.
"""

from __future__ import annotations

import bisect
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
        self._told: dict[str, dict[int, None]] = {type: {} for type in _TELLING}

    def append(self, position: int, payload: Any) -> None:
        """Add the payload of the event at a position behind those before."""
        self._note(len(self._texts), payload)
        self._positions.append(position)
        self._texts.append(values.encode_plain(payload))

    def amend(self, position: int, payload: Any) -> None:
        """Put another payload in the place of that of an event, if there is such an event."""
        place = bisect.bisect_left(self._positions, position)
        if place < len(self._positions) and self._positions[place] == position:
            for places in self._told.values():
                places.pop(place, None)
            self._note(place, payload)
            self._texts[place] = values.encode_plain(payload)

    def clear(self) -> None:
        """Begin anew."""
        self._positions.clear()
        self._texts.clear()
        for places in self._told.values():
            places.clear()

    def of_type(self, type: str) -> list[dict[str, Any]]:
        """The payloads that say they are of a type; of those that a report tells of."""
        return [values.decode_plain(self._texts[place]) for place in sorted(self._told[type])]

    def last_of_type(self, type: str) -> dict[str, Any] | None:
        """The last of them."""
        places = self._told[type]
        return mapping(values.decode_plain(self._texts[max(places)])) if places else None

    def to_json(self) -> bytes:
        """All payloads, as a JSON array."""
        return b"[%b]" % b",".join(self._texts)

    def _note(self, place: int, payload: Any) -> None:
        kind = payload.get("type") if type(payload) is dict else None
        if type(kind) is str and kind in _TELLING:
            self._told[kind][place] = None
