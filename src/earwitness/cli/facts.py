"""What there is to say of one session, folded from its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from attrs import frozen

from ..events import Event, EventsLost, HistoryItemAdded, RecordingClosed, RecordingOpened
from ..exceptions import LogError, LogFormatError
from ..projections.transcript import Utterance, fold_transcript
from ..projections.turns import Turn, fold_turns
from ..projections.usage import Usage, fold_usage
from ..stores.sessions import SessionInfo, SessionStore

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


@frozen
class Damaged:
    """A session whose log cannot be read.

    Attributes:
        session_id: its id.
        opened_at: microseconds since the Unix epoch, 0 if not even its first event tells.
        damage: what is wrong with the log.
    """

    session_id: str
    opened_at: int
    damage: str
    state: str = "damaged"
    close_reason: None = None


Listed = SessionFacts | Damaged


def list_facts(store: SessionStore) -> list[Listed]:
    """Every session of a store, newest first, whatever the state of the others."""
    listed = [_facts_or_damage(store, session_id) for session_id in store.streams()]
    return sorted(listed, key=lambda facts: (facts.opened_at, facts.session_id), reverse=True)


def gather_facts(store: SessionStore, session_id: str) -> SessionFacts:
    """One session.

    Raises:
        SessionNotFoundError: there is no such session.
        LogError: its log cannot be read.
    """
    info = store.session(session_id)
    events = list(store.read(session_id))
    try:
        return _fold(info, events)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LogFormatError(
            "An event does not say what its type promises.",
            where=f"session {session_id!r}",
            got=type(error).__name__,
        ) from error


def _facts_or_damage(store: SessionStore, session_id: str) -> Listed:
    try:
        return gather_facts(store, session_id)
    except (LogError, OSError) as error:
        return Damaged(session_id, _first_recorded_at(store, session_id), str(error))


def _first_recorded_at(store: SessionStore, session_id: str) -> int:
    try:
        return next(event.recorded_at for event in store.read(session_id))
    except (LogError, OSError, StopIteration):
        return 0


def _fold(info: SessionInfo, events: list[Event]) -> SessionFacts:
    readable = [event for event in events if not event.withheld]
    opened = _first_payload(readable, RecordingOpened.TAG)
    closed = _first_payload(readable, RecordingClosed.TAG) or _first_payload(readable, "close")
    return SessionFacts(
        info=info,
        sdk=dict(opened.get("sdk") or {}),
        job={name: value for name, value in (opened.get("job") or {}).items() if value},
        seconds=_seconds(events),
        close_reason=closed.get("reason"),
        transcript=fold_transcript(events),
        turns=fold_turns(events),
        tools=list(_tool_runs(readable)),
        handoffs=list(_handoffs(readable)),
        failures=list(_failures(readable)),
        usage=fold_usage(events),
        lost=sum(gap["count"] for gap in _payloads(readable, EventsLost.TAG)),
    )


def _payloads(events: Iterable[Event], *types: str) -> Iterator[dict[str, Any]]:
    return (event.plain_payload for event in events if event.type in types)


def _first_payload(events: Iterable[Event], type: str) -> dict[str, Any]:
    return next(_payloads(events, type), {})


def _seconds(events: list[Event]) -> float:
    if not events:
        return 0.0
    # What is added to a closed recording, an erasure say, does not make the session longer.
    end = next((event for event in events if event.type == RecordingClosed.TAG), events[-1])
    return (end.recorded_at - events[0].recorded_at) / 1e6


def _tool_runs(events: Iterable[Event]) -> Iterator[ToolRun]:
    for executed in _payloads(events, "function_tools_executed"):
        outputs = {
            output["call_id"]: output
            for output in executed.get("function_call_outputs") or ()
            if output is not None
        }
        for call in executed["function_calls"]:
            yield _tool_run(call, outputs.get(call["call_id"]), executed)


def _tool_run(
    call: dict[str, Any], output: dict[str, Any] | None, executed: dict[str, Any]
) -> ToolRun:
    started, ended = call.get("created_at"), (output or {}).get("created_at")
    seconds = None if started is None or ended is None else max(0.0, ended - started)
    outcome: Outcome = "no output"
    if output is not None:
        outcome = "failed" if output.get("is_error") else "ok"
    at = float(started or executed["created_at"])
    return ToolRun(at, call["name"], call["call_id"], seconds, outcome)


def _handoffs(events: Iterable[Event]) -> Iterator[Handoff]:
    # Before 1.5.2 LiveKit tells of a handoff in the chat history only.
    for added in _payloads(events, "conversation_item_added", HistoryItemAdded.TAG):
        item = added.get("item") or {}
        if item.get("type") == "agent_handoff" and item.get("old_agent_id"):
            yield Handoff(float(item["created_at"]), item["old_agent_id"], item["new_agent_id"])


def _failures(events: Iterable[Event]) -> Iterator[Failure]:
    for failed in _payloads(events, "error"):
        error, source = failed.get("error") or {}, failed.get("source") or {}
        yield Failure(
            at=float(failed["created_at"]),
            kind=str(error.get("type") or error.get("$type") or "error"),
            model=str(source.get("model") or error.get("label") or ""),
            recoverable=bool(error.get("recoverable")),
        )
