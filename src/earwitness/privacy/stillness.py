"""When nothing that is said may be kept, and what of it comes up again when that is over.

LiveKit tells of things late. What was said during a pause may be in a transcript that comes when
it is over, in the message of the turn, in the result of a tool that was called before, in a change
of the chat history that is found at the close. So after a pause only that is kept of which is
known that it began after it: by its id, by its time, or by the turn it belongs to.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from ..events import NO_EVENTS, AnswerPlayed, EventAmended, HistoryItemChanged
from ..projections.history import Item, carried_items
from ..projections.reading import is_number, mapping, number, text
from .paths import TABLE

_FOLLOW_UP: Final = re.compile(r"(_final|_update_\d+)$")  # LiveKit's, behind a call's id


class Stillness:
    """Whether content is kept at this moment, and which.

    Args:
        now: the time, seconds since the Unix epoch: LiveKit's clock.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._holds: Counter[str] = Counter()
        self._reasons: dict[str, None] = {}
        self._over_at = 0.0
        self._over_behind = NO_EVENTS
        self._last = NO_EVENTS
        self._lost_track = False
        self._kept: set[str] = set()
        self._hidden: set[str] = set()
        self._hidden_positions: set[int] = set()
        self._speech = _Speech()
        self._answering = False  # perhaps with what was generated when nothing was kept

    @property
    def ever(self) -> bool:
        """True once content was kept out of the recording at any time."""
        return bool(self._reasons)

    @property
    def why(self) -> str | None:
        """Why no content is kept at this moment: ``paused`` or ``consent``; None if it is."""
        return next(iter(self._holds), None)

    @property
    def reasons(self) -> list[str]:
        """For which reasons content was kept out so far."""
        return list(self._reasons)

    def depth(self, why: str) -> int:
        """How many holds of a kind are in force."""
        return self._holds[why]

    def hold(self, why: str) -> None:
        """Keep no content from now on."""
        if not self._holds:
            self._speech.hold()
        self._answering = True
        self._holds[why] += 1
        self._reasons[why] = None
        self._kept.clear()

    def release(self, why: str) -> None:
        """End one hold; content is kept once there is none left."""
        if self._holds[why] > 1:
            self._holds[why] -= 1
            return
        del self._holds[why]
        if not self._holds:
            self._speech.release()
            self._over_at = self._now()
            self._over_behind = self._last

    def hides(self, type: str, payload: Any) -> str | None:
        """Why an event's content may not be kept, or None if it may."""
        if not self.ever:
            return None
        if self._holds:
            self._speech.follow(type, payload)
            self._hidden |= {item["id"] for item in carried_items(type, payload)}
            return self.why
        return next(reversed(self._reasons)) if self._comes_late(type, mapping(payload)) else None

    def recorded(self, position: int) -> None:
        """Take note of where the event that was asked about last is recorded."""
        if not self.ever:
            return
        if position == NO_EVENTS:  # written later, or never
            self._lost_track = True
        self._last = max(self._last, position)
        if self._holds:
            self._hidden_positions.add(position)

    def _comes_late(self, type: str, payload: dict[str, Any]) -> bool:
        if type == EventAmended.TAG:
            return not self._is_new(payload)
        if type == AnswerPlayed.TAG:
            late, self._answering = self._answering, False
            return late
        late = self._speech.follow(type, payload)
        if type == "tool_execution_updated":
            return self._tool_is_late(mapping(payload.get("update")))
        if type == "agent_false_interruption" and payload.get("message") is not None:
            return True
        known = type == HistoryItemChanged.TAG
        for item in carried_items(type, payload):  # each, so that each is known from now on
            late = self._item_is_late(item, late, known) or late
        return late

    def _is_new(self, amendment: dict[str, Any]) -> bool:
        position = number(amendment.get("position"), default=-1)
        new = position > self._over_behind and position not in self._hidden_positions
        return new and not self._lost_track

    def _item_is_late(self, item: Item, late: bool, known: bool) -> bool:
        item_id, call_id = item["id"], text(item.get("call_id"))
        fresh = item_id in self._kept or (
            item_id not in self._hidden and not known and _began(item) >= self._over_at
        )
        if call_id and fresh:
            fresh = self._call_is_kept(call_id, starts=item.get("type") == "function_call")
        fresh = fresh and not late
        (self._kept if fresh else self._hidden).add(item_id)
        return not fresh

    def _tool_is_late(self, update: dict[str, Any]) -> bool:
        call = mapping(update.get("function_call"))
        if call:
            return _began(call) < self._over_at or not self._call_is_kept(
                text(call.get("call_id")), starts=True
            )
        call_id = text(update.get("call_id"))
        return bool(call_id) and not self._call_is_kept(call_id, starts=False)

    def _call_is_kept(self, call_id: str, *, starts: bool) -> bool:
        """True if a tool was called since; what it gives later has more of an id."""
        first = _FOLLOW_UP.sub("", call_id)
        if starts and first == call_id:
            self._kept.add(f"call {first}")
        return f"call {first}" in self._kept


class _Speech:
    """Whether the user's words of this moment may be of the time when none were kept."""

    def __init__(self) -> None:
        self._held = False
        self._open = False  # nobody knows when what is said now began
        self._pending = False  # something was said then, and is in no message yet

    def hold(self) -> None:
        self._held = self._open = True

    def release(self) -> None:
        self._held = False

    def follow(self, type: str, payload: Any) -> bool:
        """Take in an event; True if it has words that may be of that time."""
        payload = mapping(payload)
        if type == "user_state_changed":
            self._state_changed(payload.get("old_state"), payload.get("new_state"))
        elif type == "user_transcription_timeout":
            self._pending = False
        elif type == "user_input_transcribed":
            self._pending = self._pending or self._open
            return self._pending
        elif type == "conversation_item_added":
            return self._message(mapping(payload.get("item")))
        return self._pending and type not in TABLE

    def _state_changed(self, old: Any, new: Any) -> None:
        if old == "speaking" or (self._held and new == "speaking"):
            self._pending = self._pending or self._open
        elif new == "speaking":
            self._open = False

    def _message(self, item: dict[str, Any]) -> bool:
        if item.get("role") != "user":
            return False
        of_then, self._pending = self._pending, False
        self._open = self._held or (self._open and not of_then)
        return of_then


def _began(item: Item) -> float:
    """When an item began to be, seconds since the Unix epoch; long ago if nobody knows."""
    times = (item.get("created_at"), mapping(item.get("metrics")).get("started_speaking_at"))
    known = [float(at) for at in times if is_number(at)]
    return min(known, default=float("-inf"))
