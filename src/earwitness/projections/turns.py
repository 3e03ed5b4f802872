"""A session turn by turn: what the user said, what it led to, and how long each part took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from ..events import Event
from .reading import is_number, mapping, mappings, number, text, told
from .transcript import CONVERSATION_TYPES, conversation_item, spoken_at, text_of

# Seconds, by LiveKit's names for them (MetricsReport in llm/chat_context.py).
_LATENCIES = (
    "transcription_delay",
    "end_of_turn_delay",
    "on_user_turn_completed_delay",
    "llm_node_ttft",
    "tts_node_ttfb",
    "playback_latency",
    "e2e_latency",
)


@define
class ToolUse:
    """One call of a tool.

    Attributes:
        name: the tool's name.
        call_id: the model's id of the call.
        failed: its output was an error.
    """

    name: str
    call_id: str
    failed: bool


@define
class Turn:
    """One exchange: what the user said and all that the agent did about it.

    Attributes:
        number: from 1.
        position: the position of its first event.
        at: when it began, seconds since the Unix epoch.
        agent: id of the agent that answered.
        user: what the user said; empty where the agent spoke first.
        reply: what the agent said.
        interrupted: the agent was cut short.
        tools: the tools called.
        latency: the durations that LiveKit measured, in seconds, by LiveKit's names for them.
    """

    number: int
    position: int
    at: float
    agent: str = ""
    user: str = ""
    reply: str = ""
    interrupted: bool = False
    tools: list[ToolUse] = field(factory=list)
    latency: dict[str, float] = field(factory=dict)


def fold_turns(events: Iterable[Event]) -> list[Turn]:
    """The session's turns. A turn begins with what the user says after the agent has answered."""
    fold = _TurnFold()
    for event, payload in told(events, {*CONVERSATION_TYPES, "function_tools_executed"}):
        if event.type == "function_tools_executed":
            fold.tools(event, payload)
        else:
            fold.item(event, conversation_item(event.type, payload))
    return fold.turns


class _TurnFold:
    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._agent = ""
        self._answered = True

    def item(self, event: Event, item: dict[str, Any]) -> None:
        if item.get("type") == "agent_handoff":
            self._agent = text(item.get("new_agent_id"))
        elif item.get("role") == "user":
            turn = self._begin(event, spoken_at(item)) if self._answered else self.turns[-1]
            self._answered = False
            turn.user = _joined(turn.user, text_of(item))
            _measure(turn, item)
        elif item.get("role") == "assistant":
            turn = self._current(event, spoken_at(item))
            self._answered = True
            turn.agent = self._agent
            turn.reply = _joined(turn.reply, text_of(item))
            turn.interrupted = turn.interrupted or bool(item.get("interrupted"))
            _measure(turn, item)

    def tools(self, event: Event, payload: dict[str, Any]) -> None:
        outputs = mappings(payload.get("function_call_outputs"))
        errors = {text(output.get("call_id")) for output in outputs if output.get("is_error")}
        turn = self._current(event, number(payload.get("created_at")))
        for call in mappings(payload.get("function_calls")):
            call_id = text(call.get("call_id"))
            turn.tools.append(ToolUse(text(call.get("name")), call_id, call_id in errors))

    def _current(self, event: Event, at: float) -> Turn:
        return self.turns[-1] if self.turns else self._begin(event, at)

    def _begin(self, event: Event, at: float) -> Turn:
        self.turns.append(Turn(len(self.turns) + 1, event.position, at, self._agent))
        return self.turns[-1]


def _joined(before: str, more: str) -> str:
    return f"{before} {more}".strip()


def _measure(turn: Turn, item: dict[str, Any]) -> None:
    metrics = mapping(item.get("metrics"))
    for name in _LATENCIES:
        if is_number(seconds := metrics.get(name)):
            turn.latency.setdefault(name, float(seconds))
