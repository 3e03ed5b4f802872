"""A session on one axis of time: who spoke when, what the agent did, what happened meanwhile."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, get_args

from attrs import evolve, field, frozen

from ..events import (
    OWN_EVENTS,
    Event,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
)
from .exchanges import message_metrics, moment
from .reading import mapping, mappings, text, told
from .transcript import CONVERSATION_TYPES, conversation_item, text_of

Lane = Literal["user", "agent", "tools", "interruptions", "errors", "handoffs", "recording"]

LANES: Final[tuple[Lane, ...]] = get_args(Lane)

# What Earwitness adds to tell of the conversation, not of the recording.
_OF_THE_CONVERSATION: Final = frozenset(
    cls.TAG for cls in (HistoryItemAdded, HistoryItemChanged, HistoryReordered, EventAmended)
)
_RECORDING: Final = (
    frozenset(OWN_EVENTS)
    | {"recording_paused", "recording_resumed", "payload_erased"}
    | {"consent_requested", "consent_granted", "consent_denied", "consent_withdrawn"}
) - _OF_THE_CONVERSATION
_TOLD: Final = (
    CONVERSATION_TYPES
    | _RECORDING
    | {"user_state_changed", "agent_state_changed", "function_tools_executed", "error"}
    | {"tool_execution_updated", "agent_false_interruption"}
)
_LONGEST_LABEL: Final = 80


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
        end: when its last one was, or what ended last.
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
        last: dict[str, Mark] = {}
        drawn: list[Mark] = []
        for mark in marks:
            before = last.get(mark.kind)
            if before is not None and self._touch(before, mark, close):
                last[mark.kind] = _together(before, mark)
            else:
                drawn += [before] if before is not None else []
                last[mark.kind] = mark
        return sorted([*drawn, *last.values()], key=lambda mark: mark.start)

    def _touch(self, before: Mark, after: Mark, close: int) -> bool:
        """True for two of a kind, next to each other, one of which would hardly be seen."""
        small = min(self._end(mark) - mark.start for mark in (before, after)) < 2 * close
        return small and after.start - self._end(before) < 2 * close

    def _end(self, mark: Mark) -> int:
        return max(mark.start, self.end) if mark.end is None else mark.end


def fold_timeline(events: Iterable[Event]) -> Timeline:
    """The timeline of a session, from its events in order."""
    events = list(events)
    fold = _TimelineFold()
    for event, payload in told(events, _TOLD):
        fold.apply(event, payload)
    found = fold.marks()
    marks = {
        lane: tuple(sorted((m for m in found if m.lane == lane), key=lambda m: m.start))
        for lane in LANES
    }
    recorded = [event.recorded_at for event in events] or [0]
    ends = [mark.end for mark in found if mark.end is not None]
    starts = [mark.start for mark in found]
    return Timeline(recorded[0], max([recorded[-1], *ends, *starts]), marks)


class _TimelineFold:
    def __init__(self) -> None:
        self._marks: list[Mark] = []
        self._user: list[Mark] = []
        self._states: list[Mark] = []
        self._running: dict[str, Mark] = {}

    def marks(self) -> list[Mark]:
        return [*self._marks, *self._user, *self._states, *self._running.values()]

    def apply(self, event: Event, payload: dict[str, Any]) -> None:
        at = moment(payload.get("created_at")) or event.recorded_at
        if event.type == "user_state_changed":
            _change_state(self._user, "user", event, payload, at)
        elif event.type == "agent_state_changed":
            _change_state(self._states, "agent", event, payload, at)
        elif event.type in CONVERSATION_TYPES:
            self._item(event, conversation_item(event.type, payload), at)
        elif event.type == "function_tools_executed":
            self._tools(event, payload, at)
        elif event.type == "tool_execution_updated":
            self._running_tool(event, mapping(payload.get("update")), at)
        elif event.type == "error":
            self._error(event, payload, at)
        elif event.type == "agent_false_interruption":
            self._mark("interruptions", event, at, "false", "a noise, and nothing said")
        else:
            self._mark("recording", event, event.recorded_at, event.type)

    def _mark(self, lane: Lane, event: Event, at: int, kind: str, label: str = "") -> None:
        self._marks.append(Mark(lane, at, at, event.position, kind, _short(label)))

    def _item(self, event: Event, item: dict[str, Any], at: int) -> None:
        stopped = moment(message_metrics(item).get("stopped_speaking_at"))
        if item.get("type") == "agent_handoff":
            if before := text(item.get("old_agent_id")):
                after = text(item.get("new_agent_id"))
                self._mark("handoffs", event, at, "handoff", f"{before} → {after}")
        elif item.get("role") == "user":
            self._spoken(event, item, stopped)
        elif item.get("role") == "assistant" and item.get("interrupted"):
            self._mark("interruptions", event, stopped or at, "interrupted", text_of(item))

    def _spoken(self, event: Event, item: dict[str, Any], stopped: int | None) -> None:
        """What the user said; the states tell when it was noticed, the message when it was."""
        last = self._user[-1] if self._user else None
        if last is not None and stopped is not None and last.start <= stopped:
            if last.end is not None and stopped < last.end:
                self._user[-1] = evolve(last, end=stopped)
        elif stopped is None:
            at = moment(item.get("created_at")) or event.recorded_at
            if last is None or last.end is None or last.end < at:
                self._mark("user", event, at, "message", text_of(item))

    def _tools(self, event: Event, payload: dict[str, Any], at: int) -> None:
        outputs = {
            text(output.get("call_id")): output
            for output in mappings(payload.get("function_call_outputs"))
        }
        for call in mappings(payload.get("function_calls")):
            call_id = text(call.get("call_id"))
            output = outputs.get(call_id, {})
            self._running.pop(call_id, None)
            start = moment(call.get("created_at")) or at
            end = max(start, moment(output.get("created_at")) or at)
            kind = "failed" if output.get("is_error") else "ok"
            name = _short(text(call.get("name")))
            self._marks.append(Mark("tools", start, end, event.position, kind, name))

    def _running_tool(self, event: Event, update: dict[str, Any], at: int) -> None:
        call = mapping(update.get("function_call"))
        if update.get("type") == "tool_call_started":
            name = _short(text(call.get("name")))
            running = Mark("tools", at, None, event.position, "running", name)
            self._running[text(call.get("call_id"))] = running
        elif update.get("type") == "tool_call_ended":
            call_id = text(update.get("call_id"))
            if (begun := self._running.get(call_id)) is not None:
                self._running[call_id] = evolve(begun, end=max(begun.start, at), kind="ok")

    def _error(self, event: Event, payload: dict[str, Any], at: int) -> None:
        error, source = mapping(payload.get("error")), mapping(payload.get("source"))
        kind = "recoverable" if error.get("recoverable") else "fatal"
        named = text(error.get("type")) or text(error.get("$type")) or "error"
        model = text(source.get("model")) or text(error.get("label"))
        self._mark("errors", event, at, kind, f"{named} {model}")


def _change_state(
    marks: list[Mark], lane: Lane, event: Event, payload: dict[str, Any], at: int
) -> None:
    if marks and marks[-1].end is None:
        marks[-1] = evolve(marks[-1], end=max(at, marks[-1].start))
    state = text(payload.get("new_state"))
    if state in ("speaking", "thinking", "initializing"):
        marks.append(Mark(lane, at, None, event.position, state))


def _together(before: Mark, after: Mark) -> Mark:
    ends = (before.end, after.end)
    end = None if None in ends else max(end for end in ends if end is not None)
    return evolve(before, end=end, count=before.count + after.count)


def _short(label: str) -> str:
    line = " ".join(label.split())
    return line if len(line) <= _LONGEST_LABEL else line[: _LONGEST_LABEL - 1] + "…"
