"""What there is to say of one session, folded from its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from attrs import frozen

from ..custody.unread import Unread, unread
from ..events import OWN_EVENTS, Event, EventsLost, RecordingClosed, RecordingOpened
from ..exceptions import LogFormatError
from ..projections.reading import is_number, mapping, mappings, number, text, told
from ..projections.transcript import (
    CONVERSATION_TYPES,
    Utterance,
    conversation_item,
    fold_transcript,
)
from ..projections.turns import Turn, fold_turns
from ..projections.usage import Usage, fold_usage
from ..stores.journal import JournalEventStore
from ..stores.sessions import SessionInfo

Outcome = Literal["ok", "failed", "no output"]


@frozen
class ToolRun:
    """A call of a tool that has ended.

    Attributes:
        at: when it was called, seconds since the Unix epoch.
        name: the tool's name.
        call_id: the model's id of the call.
        seconds: how long it ran, None if LiveKit does not tell.
        outcome: ``no output`` where the tool ended the turn instead of answering.
    """

    at: float
    name: str
    call_id: str
    seconds: float | None
    outcome: Outcome


@frozen
class Handoff:
    """One agent took over from another.

    Attributes:
        at: seconds since the Unix epoch.
        from_agent: id of the agent that had the floor.
        to_agent: id of the agent that has it now.
    """

    at: float
    from_agent: str
    to_agent: str


@frozen
class Failure:
    """A model failed.

    Attributes:
        at: seconds since the Unix epoch.
        kind: LiveKit's word for it, as ``llm_error``.
        model: the model's name, or else LiveKit's label for it.
        recoverable: LiveKit tried again.
    """

    at: float
    kind: str
    model: str
    recoverable: bool


@frozen
class SessionFacts:
    """One session.

    Attributes:
        info: what the store tells of it.
        sdk: name and version of the agents SDK.
        job: ids of the job, room and agent; empty outside a job.
        seconds: from its first event to its close, or to its last event so far.
        close_reason: why it was closed, None while it is not.
        lost: how many events could not be kept.
        unread: what of it cannot be read here.
    """

    info: SessionInfo
    sdk: dict[str, Any]
    job: dict[str, Any]
    seconds: float
    close_reason: str | None
    transcript: list[Utterance]
    turns: list[Turn]
    tools: list[ToolRun]
    handoffs: list[Handoff]
    failures: list[Failure]
    usage: list[Usage]
    lost: int
    unread: Unread

    @property
    def session_id(self) -> str:
        """Its id."""
        return self.info.session_id

    @property
    def state(self) -> str:
        """``live``, ``closed`` or ``interrupted``."""
        return self.info.state

    @property
    def opened_at(self) -> int:
        """When its first event was recorded, microseconds since the Unix epoch."""
        return self.info.opened_at


def gather_facts(store: JournalEventStore, session_id: str) -> SessionFacts:
    """One session.

    Raises:
        SessionNotFoundError: there is no such session.
        LogError: its log cannot be read.
    """
    info = store.session(session_id)
    events = list(store.read(session_id))
    try:
        return _fold(info, events, unread(store, session_id, events))
    except ValueError as error:
        raise LogFormatError(
            "The payload of an event is not JSON.", where=f"session {session_id!r}"
        ) from error


def _fold(info: SessionInfo, events: list[Event], unread: Unread) -> SessionFacts:
    opened = _first(events, RecordingOpened.TAG)
    closed = _first(events, RecordingClosed.TAG) or _first(events, "close")
    return SessionFacts(
        info=info,
        sdk=mapping(opened.get("sdk")),
        job={name: value for name, value in mapping(opened.get("job")).items() if value},
        seconds=_seconds(events),
        close_reason=text(closed.get("reason")) or None,
        transcript=fold_transcript(events),
        turns=fold_turns(events),
        tools=list(_tool_runs(events)),
        handoffs=list(_handoffs(events)),
        failures=list(_failures(events)),
        usage=fold_usage(events),
        lost=sum(int(number(gap.get("count"))) for _, gap in told(events, {EventsLost.TAG})),
        unread=unread,
    )


def _first(events: Iterable[Event], type: str) -> dict[str, Any]:
    return next((payload for _, payload in told(events, {type})), {})


def _seconds(events: list[Event]) -> float:
    if not events:
        return 0.0
    # What Earwitness adds, a recovery years later say, does not make the session longer.
    of_session = (event for event in reversed(events) if event.type not in OWN_EVENTS)
    end = next(of_session, events[-1])
    return (end.recorded_at - events[0].recorded_at) / 1e6


def _tool_runs(events: Iterable[Event]) -> Iterator[ToolRun]:
    for event, executed in told(events, {"function_tools_executed"}):
        outputs = {
            text(output.get("call_id")): output
            for output in mappings(executed.get("function_call_outputs"))
        }
        for call in mappings(executed.get("function_calls")):
            yield _tool_run(event, call, outputs.get(text(call.get("call_id"))))


def _tool_run(event: Event, call: dict[str, Any], output: dict[str, Any] | None) -> ToolRun:
    started, ended = call.get("created_at"), mapping(output).get("created_at")
    seconds = ended - started if is_number(started) and is_number(ended) else None
    outcome: Outcome = "no output"
    if output is not None:
        outcome = "failed" if output.get("is_error") else "ok"
    return ToolRun(
        at=number(started, _recorded_at(event)),
        name=text(call.get("name")),
        call_id=text(call.get("call_id")),
        seconds=None if seconds is None else max(0.0, seconds),
        outcome=outcome,
    )


def _handoffs(events: Iterable[Event]) -> Iterator[Handoff]:
    for event, payload in told(events, CONVERSATION_TYPES):
        item = conversation_item(event.type, payload)
        if item.get("type") == "agent_handoff" and (before := text(item.get("old_agent_id"))):
            at = number(item.get("created_at"), _recorded_at(event))
            yield Handoff(at, before, text(item.get("new_agent_id")))


def _failures(events: Iterable[Event]) -> Iterator[Failure]:
    for event, failed in told(events, {"error"}):
        error, source = mapping(failed.get("error")), mapping(failed.get("source"))
        yield Failure(
            at=number(failed.get("created_at"), _recorded_at(event)),
            kind=text(error.get("type")) or text(error.get("$type")) or "error",
            model=text(source.get("model")) or text(error.get("label")),
            recoverable=bool(error.get("recoverable")),
        )


def _recorded_at(event: Event) -> float:
    return event.recorded_at / 1e6
