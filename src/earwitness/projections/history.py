"""The chat history, folded as LiveKit builds it.

LiveKit inserts an item behind the last one that is not younger (``ChatContext.insert``), replaces
tool items by id (``_upsert_item``), and writes the history without what a message's content holds
of images and audio (``ChatContext.to_dict`` in ``llm/chat_context.py``).
"""

from __future__ import annotations

import base64
import bisect
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from ..events import (
    Event,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
)
from .reading import array, mapping, number, text

V = TypeVar("V")
Item = dict[str, Any]

_MEDIA = frozenset({"image_content", "audio_content"})
_NESTED = (dict, list)


def fold_history(events: Iterable[Event]) -> dict[str, list[Item]]:
    """The chat history as LiveKit's ``ChatContext.to_dict(exclude_timestamp=False)`` writes it."""
    history: ChatHistory[Item] = ChatHistory(lambda item: item)
    for event in events:
        if not event.withheld and event.type in HISTORY_TYPES:
            history.apply(event.type, event.plain_payload)
    return {"items": history.items()}


class ChatHistory(Generic[V]):
    """The history under way, keeping of each item what ``keep`` makes of it."""

    def __init__(self, keep: Callable[[Item], V]) -> None:
        self._keep = keep
        self._order: list[tuple[float, str]] = []
        self._by_time = True
        self._kept: dict[str, V] = {}

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._kept

    def __len__(self) -> int:
        return len(self._order)

    def get(self, item_id: str) -> V | None:
        """What was kept of an item."""
        return self._kept.get(item_id)

    def order(self) -> list[str]:
        """The ids of the items, in the history's order."""
        return [item_id for _, item_id in self._order]

    def items(self) -> list[V]:
        """What was kept of each item, in the history's order."""
        return [self._kept[item_id] for _, item_id in self._order]

    def apply(self, type: str, payload: Any) -> None:
        """Take in one event; those that say nothing of the history are passed over."""
        for item in carried_items(type, payload):
            self._put(item)
        if type == EventAmended.TAG:
            amended = mapping(mapping(payload).get("payload"))
            for item in carried_items(amended.get("type"), amended):
                if item["id"] in self._kept:
                    self._put(item)
        elif type == HistoryReordered.TAG:
            self._reorder(array(mapping(payload).get("order")))

    def _reorder(self, order: list[Any]) -> None:
        created = {item_id: created_at for created_at, item_id in self._order}
        known = [item_id for item_id in order if isinstance(item_id, str) and item_id in created]
        self._order = [(created[item_id], item_id) for item_id in known]
        self._by_time = all(a <= b for (a, _), (b, _) in itertools.pairwise(self._order))
        self._kept = {item_id: self._kept[item_id] for item_id in known}

    def _put(self, item: Item) -> None:
        item_id, created_at = item["id"], number(item.get("created_at"))
        known = item_id in self._kept
        self._kept[item_id] = self._keep(item)
        if known:
            return
        self._order.insert(self._place_for(created_at), (created_at, item_id))

    def _place_for(self, created_at: float) -> int:
        place = len(self._order)
        if not place or self._order[-1][0] <= created_at:
            return place
        if self._by_time:
            return bisect.bisect_right(self._order, created_at, key=_created)
        while place and self._order[place - 1][0] > created_at:
            place -= 1
        return place


def _created(entry: tuple[float, str]) -> float:
    return entry[0]


def carried_items(type: Any, payload: Any) -> list[Item]:
    """The history items that an event's plain payload carries, in the history's form."""
    return [history_form(item) for item in _carried(type, payload)]


def carried_ids(type: Any, payload: Any) -> list[str]:
    """Their ids."""
    return [item["id"] for item in _carried(type, payload)]


def _carried(type: Any, payload: Any) -> list[Item]:
    carried: list[Any] = []
    payload = mapping(payload)
    if type in ("conversation_item_added", HistoryItemAdded.TAG, HistoryItemChanged.TAG):
        carried = [payload.get("item")]
    elif type == "function_tools_executed":
        calls, outputs = payload.get("function_calls"), payload.get("function_call_outputs")
        carried = [*array(calls), *array(outputs)]
    return [item for item in carried if isinstance(mapping(item).get("id"), str)]


def history_form(item: Item) -> Item:
    """An item of an event as the history shows it: without what is None, images and audio.

    What LiveKit's JSON mode makes text of, its bytes, is text here too.
    """
    shown = {name: value for name, value in item.items() if value is not None}
    for name, value in shown.items():
        if type(value) in _NESTED:
            shown[name] = _as_text(value)
    if isinstance(metrics := shown.get("metrics"), dict):
        shown["metrics"] = {name: value for name, value in metrics.items() if value is not None}
    if isinstance(content := shown.get("content"), list):
        shown["content"] = [part for part in content if not _is_media(part)]
    return shown


HISTORY_TYPES = frozenset(
    {
        "conversation_item_added",
        "function_tools_executed",
        HistoryItemAdded.TAG,
        HistoryItemChanged.TAG,
        HistoryReordered.TAG,
        EventAmended.TAG,
    }
)


def _is_media(part: Any) -> bool:
    return isinstance(part, dict) and text(part.get("type")) in _MEDIA


def _as_text(value: Any) -> Any:
    # Loops, not comprehensions: half the stack frames for what is deeply nested.
    if isinstance(value, list):
        items = []
        for item in value:
            items.append(_as_text(item) if type(item) in _NESTED else item)
        return items
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and "$bytes" in value:
        try:
            return base64.b64decode(value["$bytes"]).decode("utf-8")
        except (ValueError, TypeError):
            return value
    members = {}
    for name, item in value.items():
        members[name] = _as_text(item) if type(item) in _NESTED else item
    return members
