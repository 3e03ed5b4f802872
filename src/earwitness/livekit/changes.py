"""What LiveKit and the application change without emitting an event.

Events are live objects: a listener, a tool or LiveKit itself may change one after it was emitted,
and the chat history takes items that no event carried. Both are found by comparing what stands
there now with a hash of what was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from livekit.agents.llm import ChatItem

from .. import values
from ..events import EventAmended, HistoryItemAdded, HistoryItemChanged, HistoryReordered
from ..projections.history import HISTORY_TYPES, ChatHistory, Item
from .snapshot import Session, encode_event, history_item, history_items

Record = Callable[[Any], int]

# Events whose items may still change after they were emitted.
CHANGEABLE: Final = frozenset(
    {"conversation_item_added", "function_tools_executed", "tool_execution_updated"}
)


_LOOK_BACK: Final = 32


class Amendments:
    """Remembers the events that can still change, and records how they did.

    Only a hash of what was recorded is kept; the events themselves are LiveKit's, which keeps
    them in its own list anyway.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._watched: list[tuple[int, str, tuple[Any, ...], int]] = []

    def watch(self, position: int, name: str, args: tuple[Any, ...], content: bytes) -> None:
        """Remember an event as it was recorded."""
        self._watched.append((position, name, args, hash(content)))

    def check(self, last: int | None = None) -> list[EventAmended]:
        """Record every change since the last look, and return them with plain payloads.

        Args:
            last: look only at so many of the newest events; at all of them if None.
        """
        found = []
        start = 0 if last is None else max(0, len(self._watched) - last)
        for place in range(start, len(self._watched)):
            position, name, args, digest = self._watched[place]
            content = encode_event(name, args)
            if hash(content) != digest:
                self._watched[place] = (position, name, args, hash(content))
                payload = values.decode_plain(content)
                self._record(EventAmended(position=position, payload=values.Plain(payload)))
                found.append(EventAmended(position=position, payload=payload))
        return found


class HistoryWatch:
    """Follows the chat history through the events, and records what they do not tell.

    Holds the order and a hash of each item: enough to know what a fold of the log would show.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._told: ChatHistory[int] = ChatHistory(_digest)
        self._seen = (0, "")

    def follow(self, tag: str, content: bytes) -> None:
        """Take in an event that was recorded."""
        if tag in HISTORY_TYPES:
            self._told.apply(tag, values.decode_plain(content))

    def amended(self, amendment: EventAmended) -> None:
        """Take in a change of an event that was recorded."""
        self._told.apply(amendment.TAG, {"payload": amendment.payload})

    def scan(self, session: Session) -> None:
        """Record the items of the history that no event carried."""
        items = session.history.items
        now = (len(items), items[-1].id if items else "")
        if now == self._seen:
            return
        self._seen = now
        for item in self._newest_untold(items):
            self._add(HistoryItemAdded, history_item(item))

    def _newest_untold(self, items: list[ChatItem]) -> list[ChatItem]:
        # New items come at the end or shortly before it; a long history is not gone through for
        # each of them. What this does not see, the reconciliation at the end does.
        untold, told_in_a_row = [], 0
        for item in reversed(items):
            if item.id not in self._told:
                untold.append(item)
                told_in_a_row = 0
            elif (told_in_a_row := told_in_a_row + 1) >= _LOOK_BACK:
                break
        return untold[::-1]

    def reconcile(self, session: Session) -> None:
        """Record all in which the history differs from what a fold of the log would show."""
        live = history_items(session)
        for item in live:
            told = self._told.get(item["id"])
            if told is None:
                self._add(HistoryItemAdded, item)
            elif told != _digest(item):
                self._add(HistoryItemChanged, item)
        order = [item["id"] for item in live]
        if order != self._told.order():
            self._record(HistoryReordered(order=order))
            self._told.apply(HistoryReordered.TAG, {"order": order})

    def _add(self, fact: Callable[..., Any], item: Item) -> None:
        self._record(fact(item=values.Plain(item)))
        self._told.apply(HistoryItemAdded.TAG, {"item": item})


def _digest(value: Any) -> int:
    # Equal for what Python takes for equal: LiveKit's events say 0 where its history says 0.0.
    return hash(values.encode_plain(_normal(value)))


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
