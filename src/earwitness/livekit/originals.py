"""What redacted events said of the chat history, as far as it takes to see a later change.

The log holds such an event only as the policy lets it be, and compared with that, LiveKit's history
would seem to have changed in every item. So of each item that went in there, its id, its time and a
hash are kept, for as long as the session lasts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Any, Final

from .. import values
from ..events import NO_EVENTS, Event, EventAmended, HistoryReordered
from ..projections.history import HISTORY_TYPES, Item, carried_items
from ..projections.reading import mapping

_DIGEST: Final = "$digest"


class Originals:
    """The originals of one session's redacted events."""

    def __init__(self) -> None:
        self._payloads: dict[int, Any] = {}
        self._positions = array("q")

    def __contains__(self, position: int) -> bool:
        """True if the event is in the log as a policy let it be."""
        place = bisect_left(self._positions, position)
        return self._positions[place : place + 1] == array("q", [position])

    def keep(self, position: int, type: str, content: bytes) -> None:
        """Remember what an event said before it was redacted, if that matters."""
        if position == NO_EVENTS:  # and nobody knows which one it will get
            return
        self._positions.append(position)
        if type in HISTORY_TYPES:
            self._payloads[position] = _outline(type, values.decode_plain(content))

    def payload_of(self, event: Event) -> Any:
        """The event's payload as far as the chat history goes: the original one."""
        return self._payloads.get(event.position) or event.plain_payload


def _outline(type: str, payload: Any) -> Any:
    if type == HistoryReordered.TAG:
        return payload
    if type == EventAmended.TAG:
        amended = mapping(mapping(payload).get("payload"))
        kind = amended.get("type")
        return {"payload": {"type": kind} | _outlines(kind, amended)}
    return _outlines(type, payload)


def _outlines(type: Any, payload: Any) -> dict[str, Any]:
    items = [
        {"id": item["id"], "created_at": item.get("created_at"), _DIGEST: digest_of(item)}
        for item in carried_items(type, payload)
    ]
    if type == "function_tools_executed":
        return {"function_calls": items}
    return {"item": items[0]} if items else {}


def digest_of(item: Item) -> int:
    """What tells a history item from a changed one, for as long as this process lives."""
    if (known := item.get(_DIGEST)) is not None:
        return int(known)
    # Equal for what Python takes for equal: LiveKit's events say 0 where its history says 0.0.
    return hash(values.encode_plain(_normal(item)))


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
