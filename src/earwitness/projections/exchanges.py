"""What a log tells of each exchange: what the user said, the answer, and the work between them.

LiveKit tells of that work by moments and durations, in seconds (``MetricsReport`` in
``llm/chat_context.py``, ``metrics/base.py``). Here it is all on one clock: microseconds since the
Unix epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, get_args

from attrs import define, field, frozen

from ..events import Event
from .reading import is_number, mapping, mappings, text, told
from .transcript import CONVERSATION_TYPES, conversation_item

Stage = Literal[
    "transcription",
    "end_of_turn",
    "callback",
    "model",
    "sentence",
    "tools",
    "voice",
    "playout",
    "unmeasured",
]
"""What the time between a question and its answer is spent on, in the order of the chain.

``transcription`` waits for the final transcript and ``end_of_turn`` for the decision that the
user is done; ``callback`` is the application's ``on_user_turn_completed``; ``model`` lasts to the
first token, or to the call of a tool, and ``sentence`` from there to the first sentence that the
voice can begin with, where LiveKit tells the two apart (from 1.6); ``tools`` run; ``voice`` lasts
to the first byte of speech, and ``playout`` until it is heard. ``unmeasured`` is the rest.
"""

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)


@frozen
class Span:
    """Time that was spent on a stage.

    Attributes:
        start: microseconds since the Unix epoch.
        end: likewise.
        first: for a request of a model, when its first token came; None if none did.
        cancelled: what it made was not wanted to its end.
    """

    stage: Stage
    start: int
    end: int
    first: int | None = None
    cancelled: bool = False


@define
class Exchange:
    """What the user said last before an answer, and the answer.

    Attributes:
        position: the position of the event that holds what the user said.
        asked: LiveKit's message of the user.
        silent_at: when the user was seen to have stopped speaking, if they were.
        sounded_at: when the agent was seen to speak, if it was.
        answered: LiveKit's message of the agent, empty while there is none.
    """

    position: int
    asked: dict[str, Any]
    silent_at: int | None
    sounded_at: int | None = None
    answered: dict[str, Any] = field(factory=dict)


def fold_exchanges(events: Iterable[Event]) -> tuple[list[Exchange], list[Span]]:
    """The exchanges of a session in order, and the work that was done, in no particular order."""
    fold = _ExchangeFold()
    for event, payload in told(events, _TYPES):
        fold.apply(event, payload)
    return fold.exchanges, fold.work


def message_metrics(item: dict[str, Any]) -> dict[str, Any]:
    """What LiveKit measured of a message."""
    return mapping(item.get("metrics"))


def moment(seconds: Any) -> int | None:
    """A moment in microseconds since the Unix epoch; none is before it."""
    return round(seconds * 1e6) if is_number(seconds) and seconds > 0 else None


def duration(seconds: Any) -> int | None:
    """A duration in microseconds. LiveKit writes -1 for what did not happen."""
    return round(seconds * 1e6) if is_number(seconds) and seconds >= 0 else None


_TYPES: Final = CONVERSATION_TYPES | {
    "user_state_changed",
    "agent_state_changed",
    "function_tools_executed",
    "metrics_collected",
}


class _ExchangeFold:
    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.work: list[Span] = []
        self._open: Exchange | None = None
        self._silent_at: int | None = None

    def apply(self, event: Event, payload: dict[str, Any]) -> None:
        if event.type == "user_state_changed":
            if payload.get("old_state") == "speaking":
                self._silent_at = moment(payload.get("created_at"))
        elif event.type == "agent_state_changed":
            if payload.get("new_state") == "speaking":
                self._sounded(moment(payload.get("created_at")))
        elif event.type == "function_tools_executed":
            self.work += _tool_runs(payload)
        elif event.type == "metrics_collected":
            self.work += _model_work(mapping(payload.get("metrics")))
        else:
            self._said(event, conversation_item(event.type, payload))

    def _said(self, event: Event, item: dict[str, Any]) -> None:
        if item.get("role") == "user":
            if self._open is not None:  # nobody answered what was said before
                self.exchanges.pop()
            self._open = Exchange(event.position, item, self._silent_at)
            self.exchanges.append(self._open)
            self._silent_at = None
        elif item.get("role") == "assistant" and self._open is not None:
            self._open.answered = item
            self._open = None

    def _sounded(self, at: int | None) -> None:
        if self._open is not None and self._open.sounded_at is None:
            self._open.sounded_at = at


def _tool_runs(payload: dict[str, Any]) -> Iterator[Span]:
    ended = {
        text(output.get("call_id")): moment(output.get("created_at"))
        for output in mappings(payload.get("function_call_outputs"))
    }
    for call in mappings(payload.get("function_calls")):
        start, end = moment(call.get("created_at")), ended.get(text(call.get("call_id")))
        if start is not None and end is not None and start < end:
            yield Span("tools", start, end)


def _model_work(metrics: dict[str, Any]) -> Iterator[Span]:
    """What LiveKit measured of one request of a model.

    Its time is when the request was over; only that of a realtime model is when it was made.
    """
    kind, cancelled = text(metrics.get("type")), bool(metrics.get("cancelled"))
    at, lasted = moment(metrics.get("timestamp")), duration(metrics.get("duration"))
    if at is None or lasted is None:
        return
    if kind == "llm_metrics":
        first = _after(at - lasted, metrics.get("ttft"))
        yield Span("model", at - lasted, at, first, cancelled)
    elif kind == "realtime_model_metrics":
        first = _after(at, metrics.get("ttft"))
        yield Span("model", at, at + lasted, first, cancelled)
    elif kind == "tts_metrics" and (first := _after(at - lasted, metrics.get("ttfb"))) is not None:
        yield Span("voice", at - lasted, first, first, cancelled)


def _after(start: int, delay: Any) -> int | None:
    waited = duration(delay)
    return None if waited is None else start + waited
