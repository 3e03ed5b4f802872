"""A session on one axis of time: who spoke when, what the agent did, what happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from attrs import evolve

from ..events import (
    OWN_EVENTS,
    Event,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
)
from .exchanges import message_metrics, moment
from .marks import LANES, Lane, Mark, Timeline
from .reading import mapping, mappings, retold, text, told
from .transcript import CONVERSATION_TYPES, conversation_item, text_of

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
_SHOWN_STATES: Final = frozenset({"speaking", "thinking", "initializing"})
_LONGEST_LABEL: Final = 80


def fold_timeline(events: Iterable[Event]) -> Timeline:
    """The timeline of a session, from its events in order."""
    events = retold(events)
    fold = _TimelineFold()
    for event, payload in told(events, _TOLD):
        fold.apply(event, payload)
    start, end = _extent(events)
    found = [_within(mark, end) for mark in fold.marks()]
    marks = {
        lane: tuple(sorted((m for m in found if m.lane == lane), key=lambda m: m.start))
        for lane in LANES
    }
    return Timeline(start, end, marks)


def _extent(events: Iterable[Event]) -> tuple[int, int]:
    """From the first event to the last of the session itself, or to the last if there is none.

    What Earwitness adds, a recovery years later say, does not make a session longer.
    """
    first = last = own = 0
    for event in events:
        first = first or event.recorded_at
        own = event.recorded_at
        last = last if event.type in OWN_EVENTS else event.recorded_at
    return first, last or own


def _within(mark: Mark, end: int) -> Mark:
    if mark.lane != "recording" or mark.start <= end:
        return mark
    return evolve(mark, start=end, end=end)


class _TimelineFold:
    def __init__(self) -> None:
        self._marks: list[Mark] = []
        self._user = _States("user")
        self._agent = _States("agent")
        self._running: dict[str, Mark] = {}

    def marks(self) -> list[Mark]:
        return [
            *self._marks,
            *self._user.all(),
            *self._agent.all(),
            *self._running.values(),
        ]

    def apply(self, event: Event, payload: dict[str, Any]) -> None:
        at = moment(payload.get("created_at")) or event.recorded_at
        if event.type == "user_state_changed":
            self._user.change(event, payload, at)
        elif event.type == "agent_state_changed":
            self._agent.change(event, payload, at)
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
        last = self._user.last()
        if stopped is None:
            at = moment(item.get("created_at")) or event.recorded_at
            if last is None or (last.end is not None and last.end < at):
                self._mark("user", event, at, "message", text_of(item))
        elif last is not None and last.end is not None and last.start <= stopped < last.end:
            self._user.ended[-1] = evolve(last, end=stopped)

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


class _States:
    """The spans between changes of a state, those alone of which a lane tells."""

    def __init__(self, lane: Lane) -> None:
        self.ended: list[Mark] = []
        self.lasting: Mark | None = None
        self._lane = lane

    def all(self) -> list[Mark]:
        return self.ended if self.lasting is None else [*self.ended, self.lasting]

    def last(self) -> Mark | None:
        return self.lasting or (self.ended[-1] if self.ended else None)

    def change(self, event: Event, payload: dict[str, Any], at: int) -> None:
        if (begun := self.lasting) is not None:
            end = max(begun.start, at)
            self.ended.append(Mark(self._lane, begun.start, end, begun.position, begun.kind))
        state = text(payload.get("new_state"))
        shown = state in _SHOWN_STATES
        self.lasting = Mark(self._lane, at, None, event.position, state) if shown else None


def _short(label: str) -> str:
    line = " ".join(label.split())
    return line if len(line) <= _LONGEST_LABEL else line[: _LONGEST_LABEL - 1] + "…"
