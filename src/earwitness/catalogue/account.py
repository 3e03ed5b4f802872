"""What a catalogue keeps of a session, taken in event by event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from attrs import Factory, define, evolve, frozen

from ..events import (
    ADDED_AFTER_CLOSE,
    OWN_EVENTS,
    Event,
    EventAmended,
    EventsLost,
    RecordingClosed,
    RecordingOpened,
    SessionEnded,
    SessionStarted,
)
from ..projections.exchanges import Exchange, message_metrics, moment
from ..projections.latency import gap_of
from ..projections.reading import array, mapping, mappings, number, text
from ..projections.transcript import CONVERSATION_TYPES, conversation_item, text_of
from .entries import Latency

Kind = Literal["user", "agent", "tool", "error", "handoff"]
Payload = dict[str, Any]

_TOLD: Final = {*CONVERSATION_TYPES, "function_tools_executed", "error"}
_STATES: Final = {"user_state_changed", "agent_state_changed"}
_REPORTING: Final = {RecordingOpened.TAG, SessionStarted.TAG, SessionEnded.TAG}
_CLOSING: Final = {"close", RecordingClosed.TAG}


@frozen
class Moment:
    """One thing that happened.

    Attributes:
        position: its event's.
        kind: what it was.
        text: what was said; the name of the tool, of the error, of the agent that took over.
        seconds: of an answer, how long after the question it was heard, if that is known.
    """

    position: int
    kind: Kind
    text: str
    seconds: float | None = None


@frozen
class Tally:
    """What a session's moments come to.

    Attributes:
        turns: how many.
        latency: of the turns that were measured; None if none was.
        tools: how often each was called.
        errors: how many.
        agents: the ids of the agents that had the floor, in order.
    """

    turns: int
    latency: Latency | None
    tools: dict[str, int]
    errors: int
    agents: list[str]


@define
class Account:
    """What the events that were read so far tell of their session.

    Attributes:
        events: how many there are.
        opened_at: of the first of them, microseconds since the Unix epoch.
        ended_at: of the last that the session emitted itself, 0 if there is none.
        last_at: of the last one.
        last_type: its type.
        closed: the recording is complete.
        encrypted: payloads are encrypted; a catalogue does not look into them.
        close_reason: why it was closed, empty while it is not.
        lost: how many events could not be kept.
        agent: the name of the job's agent.
        room: the room's name.
        job: the job's id.
        tags: the session's.
        silent_at: when the user stopped speaking last, microseconds since the Unix epoch.
        asked: what has not been answered yet, as far as :func:`gap_of` needs it.
    """

    events: int = 0
    opened_at: int = 0
    ended_at: int = 0
    last_at: int = 0
    last_type: str = ""
    closed: bool = False
    encrypted: bool = False
    close_reason: str = ""
    lost: int = 0
    agent: str = ""
    room: str = ""
    job: str = ""
    tags: list[str] = Factory(list)
    silent_at: int | None = None
    asked: dict[str, Any] | None = None

    def take(self, event: Event) -> None:
        """Take in the next event.

        Raises:
            LogFormatError: its payload is needed and is not JSON.
        """
        self.events = event.position + 1
        self.opened_at = self.opened_at or event.recorded_at
        self.last_at, self.last_type = event.recorded_at, event.type
        if event.type not in OWN_EVENTS:
            self.ended_at = event.recorded_at
        if event.type not in ADDED_AFTER_CLOSE:
            self.closed = event.type == RecordingClosed.TAG
        self.encrypted = self.encrypted or event.encrypted is not None
        if event.withheld:
            return
        if event.type in _REPORTING:
            self._learn(mapping(event.plain_payload))
        elif event.type in _CLOSING:
            self._close(event.type, text(mapping(event.plain_payload).get("reason")))
        elif event.type in _STATES:
            self._change_state(event.type, mapping(event.plain_payload))
        elif event.type == EventsLost.TAG:
            self.lost += int(number(mapping(event.plain_payload).get("count")))

    def _learn(self, payload: Payload) -> None:
        job, report = mapping(payload.get("job")), mapping(payload.get("report"))
        self.agent = text(job.get("agent")) or text(report.get("agent_name")) or self.agent
        self.room = text(job.get("room")) or text(report.get("room")) or self.room
        self.job = text(job.get("job")) or text(report.get("job_id")) or self.job
        tags = [tag for tag in array(report.get("tags")) if isinstance(tag, str)]
        self.tags = tags or self.tags

    def _close(self, type: str, reason: str) -> None:
        if type == RecordingClosed.TAG or not self.close_reason:
            self.close_reason = reason

    def moments(self, event: Event) -> tuple[int, list[Moment]]:
        """What an event tells that was taken in, and the position of the event it tells it of.

        That is its own, unless it amends another.

        Raises:
            LogFormatError: its payload is needed and is not JSON.
        """
        if event.withheld:
            return event.position, []
        if event.type == EventAmended.TAG:
            amendment = mapping(event.plain_payload)
            payload = mapping(amendment.get("payload"))
            position = int(number(amendment.get("position"), default=-1))
            return position, list(_moments(position, text(payload.get("type")), payload))
        if event.type not in _TOLD:
            return event.position, []
        payload = mapping(event.plain_payload)
        told = _moments(event.position, event.type, payload)
        return event.position, [self._measured(each, payload) for each in told]

    def _change_state(self, type: str, payload: Payload) -> None:
        at = moment(payload.get("created_at"))
        if type == "user_state_changed":
            self.silent_at = at if payload.get("old_state") == "speaking" else self.silent_at
        elif self.asked is not None and payload.get("new_state") == "speaking":
            self.asked["sounded_at"] = self.asked["sounded_at"] or at

    def _measured(self, told: Moment, payload: Payload) -> Moment:
        """An answer with how long it took, by the rules of :func:`fold_exchanges`."""
        item = mapping(payload.get("item"))
        if told.kind == "user":
            spoken = {"stopped_speaking_at": message_metrics(item).get("stopped_speaking_at")}
            asked = {"created_at": item.get("created_at"), "metrics": spoken}
            self.asked = {"asked": asked, "silent_at": self.silent_at, "sounded_at": None}
            self.silent_at = None
        elif told.kind == "agent" and self.asked is not None:
            exchange = Exchange(position=told.position, answered=item, **self.asked)
            self.asked = None
            if (gap := gap_of(exchange)) is not None:
                return evolve(told, seconds=(gap[1] - gap[0]) / 1e6)
        return told


def _moments(position: int, type: str, payload: Payload) -> Iterator[Moment]:
    if type == "function_tools_executed":
        for call in mappings(payload.get("function_calls")):
            yield Moment(position, "tool", text(call.get("name")))
    elif type == "error":
        yield Moment(position, "error", text(mapping(payload.get("error")).get("type")))
    elif type in CONVERSATION_TYPES:
        yield from _conversation(position, conversation_item(type, payload))


def _conversation(position: int, item: Payload) -> Iterator[Moment]:
    if item.get("type") == "agent_handoff":
        yield Moment(position, "handoff", text(item.get("new_agent_id")))
    elif item.get("role") == "user":
        yield Moment(position, "user", text_of(item))
    elif item.get("role") == "assistant":
        yield Moment(position, "agent", text_of(item))


def tally(moments: Iterable[tuple[str, str, float | None]]) -> Tally:
    """What moments come to, given as kind, text and seconds, in their order.

    Turns are counted as in :func:`earwitness.projections.turns.fold_turns`.
    """
    turns, answered, seconds = 0, True, dict[int, float]()
    tools, errors, agents = Counter[str](), 0, dict[str, None]()
    for kind, said, measured in moments:
        if kind == "error":
            errors += 1
        elif kind == "handoff":
            agents[said] = None
        else:
            turns += not turns or (kind == "user" and answered)
            answered = kind == "agent" or (answered and kind == "tool")
            tools[said] += kind == "tool"
            if measured is not None:
                seconds.setdefault(turns, measured)
    return Tally(turns, _latency(list(seconds.values())), dict(+tools), errors, list(agents))


def _latency(seconds: list[float]) -> Latency | None:
    """The median is the lower one of two in the middle: one that was measured."""
    ranked = sorted(seconds)
    return Latency(ranked[(len(ranked) - 1) // 2], ranked[-1]) if ranked else None
