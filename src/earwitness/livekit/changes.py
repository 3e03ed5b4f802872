"""What LiveKit and the application change without emitting an event.

Events are live objects: a listener, a tool or LiveKit itself may change one after it was emitted,
and the chat history takes items that no event carried. Both are found by comparing what stands
there now with what was recorded.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from operator import is_
from pathlib import Path
from typing import Any, Final

from attrs import define
from livekit.agents.llm import ChatItem
from pydantic import BaseModel

from .. import values
from ..background import breathing
from ..closing import LastWords
from ..events import (
    NO_EVENTS,
    Event,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
)
from ..projections.history import HISTORY_TYPES, ChatHistory, Item, carried_ids
from .emitted import Emitted
from .originals import Originals, digest_of
from .snapshot import Session, history_items, payload_of

Record = Callable[[Any], int]

# Events whose items may still change after they were emitted.
CHANGEABLE: Final = frozenset(
    {"conversation_item_added", "function_tools_executed", "tool_execution_updated"}
)

# Events that carry items of the chat history.
CARRYING: Final = frozenset({"conversation_item_added", "function_tools_executed"})

_LOOK_BACK: Final = 32
# Ids; so that what is remembered does not grow with the session.
_REMEMBERED: Final = 4096
_AT_ONCE: Final = 16
_NEW: Final = 64


@define
class Taken:
    """An event that was recorded, to be looked at once more when its listeners have had it.

    Attributes:
        position: its place in the log, -1 if it has none.
        name: what it was emitted under.
        args: what was emitted.
        content: its payload in the log.
    """

    position: int
    name: str
    args: tuple[Any, ...]
    content: bytes


class Amendments:
    """Remembers the events that can still change, and records how they did.

    Of what was recorded only a hash is kept; the events themselves are LiveKit's, which keeps
    them in its own list anyway.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._new: deque[tuple[int, int, BaseModel]] = deque()
        # In columns, which take a tenth of the room: a long call has a hundred thousand of them.
        self._positions = array("q")
        self._digests = array("q")
        self._events: list[BaseModel] = []
        self._sorting_in = threading.Lock()
        self._amended: dict[int, int] = {}

    def watch(self, position: int, args: tuple[Any, ...], content: bytes) -> None:
        """Remember an event until the close, if it is an object and has a position."""
        if position != NO_EVENTS and len(args) == 1 and isinstance(args[0], BaseModel):
            self._new.append((position, hash(content), args[0]))
            if len(self._new) >= _NEW:
                self._sort_in()

    def compare(self, taken: Taken) -> None:
        """Record what the listeners of an event made of it, if that is something else."""
        _, content = payload_of(taken.name, taken.args)
        if content != taken.content and taken.position != NO_EVENTS:
            self._amended[taken.position] = hash(content)
            self.amend(taken.position, content)

    def check(self) -> Iterator[EventAmended]:
        """Record every change since the last look, and give each back with its plain payload."""
        self._sort_in()
        watched = zip(self._positions, self._digests, self._events, strict=False)
        for position, digest, event in breathing(watched):
            _, content = payload_of("", (event,))
            if hash(content) != self._amended.get(position, digest):
                self._amended[position] = hash(content)
                yield self.amend(position, content)

    def _sort_in(self) -> None:
        # Another thread, or this one before a signal, may be at it: then that one does it all.
        if not self._sorting_in.acquire(blocking=False):
            return
        try:
            whole = len(self._digests)  # an interrupt may have struck in the middle of a row
            del self._positions[whole:], self._events[whole:]
            while self._new:
                position, digest, event = self._new.popleft()
                self._positions.append(position)
                self._events.append(event)
                self._digests.append(digest)
        finally:
            self._sorting_in.release()

    def amend(self, position: int, content: bytes) -> EventAmended:
        """Record what an event is by now, and give it back with its plain payload."""
        payload = values.decode_plain(content)
        self._record(EventAmended(position=position, payload=values.Plain(payload)))
        return EventAmended(position=position, payload=payload)


class HistoryWatch:
    """Watches the chat history for items that no event carries, by their ids."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._told: dict[str, None] = {}  # the newest last
        self._length = 0
        self._newest: list[ChatItem] = []

    def follow(self, tag: str, args: tuple[Any, ...], content: bytes) -> None:
        """Take in an event that carries items and was recorded."""
        try:
            self._remember([item.id for item in _carried(tag, *args)])
        except (AttributeError, TypeError):  # nothing of LiveKit's, under a name of LiveKit's
            self._remember(carried_ids(tag, values.decode_plain(content)))

    def scan(self, session: Session) -> None:
        """Record the items of the history that no event carried."""
        items = session.history.items
        added = len(items) - self._length
        before = self._newest
        if not added and (not items or items[-1] is before[-1]):
            return
        self._length, self._newest = len(items), items[-_LOOK_BACK:]
        if self._is_longer_by(added, before):
            items = items[-added:]
        if untold := self._newest_untold(items):
            self._remember([item.id for item in untold])
            for item in history_items(untold):
                self._record(_told(HistoryItemAdded, item))

    def _is_longer_by(self, added: int, before: list[ChatItem]) -> bool:
        """True if nothing has happened but that so many items came to the history's end."""
        same = self._newest[:-added] if added > 0 else []
        return bool(same) and all(map(is_, same, before[-len(same) :]))

    def _remember(self, ids: Iterable[str]) -> None:
        # Once forgotten, an item is looked at again only if it comes up among the newest; then it
        # is told once more, which changes no fold.
        self._told.update(dict.fromkeys(ids))
        while len(self._told) > _REMEMBERED:
            self._told.pop(next(iter(self._told)), None)  # unless another thread was quicker

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


class Reconciliation(LastWords):
    """Records at the end in what the session differs from what its log tells of it.

    Args:
        record: records one of Earwitness's own events.
        ended: makes what is to be recorded before all else.
        amendments: of the events.
        items: the chat history as it stood when the recording was closed.
        originals: of the events that are in the log only as a policy lets them be.
        emitted: LiveKit's list of the events.
        audio: the audio file to keep, if any.
    """

    def __init__(
        self,
        record: Record,
        ended: Callable[[], Any],
        amendments: Amendments,
        items: list[ChatItem],
        originals: Originals,
        emitted: list[Any],
        audio: Path | None,
    ) -> None:
        super().__init__(audio)
        self._record = record
        self._ended = ended
        self._amendments = amendments
        self._items = items
        self._originals = originals
        self._emitted = Emitted(emitted, lambda e: e.type in CHANGEABLE or e.position in originals)
        self._told: ChatHistory[int] = ChatHistory(digest_of)

    def begin(self) -> None:
        """Record what the session says at its end."""
        self._record(self._ended())

    def hear(self, event: Event) -> None:
        """Take in the next event of the log."""
        self._emitted.hear(event)
        if event.type in HISTORY_TYPES and not event.withheld:
            self._told.apply(event.type, self._originals.payload_of(event))

    def tell(self) -> None:
        """Record every difference to what was heard."""
        for position, content in self._emitted.changes():
            self._amendments.amend(position, content)
        for amendment in self._amendments.check():
            self._told.apply(amendment.TAG, {"payload": amendment.payload})
        order = []
        for item in self._live():
            order.append(item["id"])
            told = self._told.get(item["id"])
            if told is None:
                self._add(HistoryItemAdded, item)
            elif told != digest_of(item):
                self._add(HistoryItemChanged, item)
        if order != self._told.order():
            self._record(HistoryReordered(order=order))

    def _live(self) -> Iterator[Item]:
        for start in breathing(range(0, len(self._items), _AT_ONCE)):
            yield from history_items(self._items[start : start + _AT_ONCE])

    def _add(self, fact: Callable[..., Any], item: Item) -> None:
        self._record(_told(fact, item))
        self._told.apply(HistoryItemAdded.TAG, {"item": item})


def _carried(tag: str, event: Any) -> list[Any]:
    if tag == "conversation_item_added":
        return [event.item]
    outputs = [output for output in event.function_call_outputs if output is not None]
    return [*event.function_calls, *outputs]


def _told(fact: Callable[..., Any], item: Item) -> Any:
    return fact(item=values.Plain(item))
