"""Hand-made logs, for the tests of what is folded from them."""

from __future__ import annotations

from typing import Any

from earwitness import Event, values
from earwitness.codec import dump, new_event
from earwitness.events import RecordingOpened, SessionStarted
from earwitness.testing import RECORDED_AT

Fact = Any
"""One of Earwitness's own events, or a tag and a plain payload."""

CLOCK = {"wall_ns": 0, "monotonic_ns": 0}


def log(*facts: Fact) -> list[Event]:
    """The facts as events at the positions from 0 on, a second apart."""
    return [_event(position, fact) for position, fact in enumerate(facts)]


def _event(position: int, fact: Fact) -> Event:
    if isinstance(fact, tuple):
        tag, content = fact[0], values.encode(values.Plain(fact[1]))
    else:
        tag, content = dump(fact)
    return new_event(position, RECORDED_AT + position * 1_000_000, tag, content)


def message(id: str, role: str, *content: Any, at: float = 0.0, **more: Any) -> dict[str, Any]:
    """A message as LiveKit's history holds it."""
    item = {"id": id, "type": "message", "role": role, "content": list(content), "created_at": at}
    return item | more


def handoff(id: str, old: str | None, new: str, at: float = 0.0) -> dict[str, Any]:
    """A handoff as LiveKit's history holds it."""
    agents = {"old_agent_id": old, "new_agent_id": new}
    return {"id": id, "type": "agent_handoff", "created_at": at} | agents


def call(id: str, name: str, at: float = 0.0) -> dict[str, Any]:
    """A tool's call as LiveKit's history holds it."""
    return {
        "id": f"{id}_call",
        "type": "function_call",
        "call_id": id,
        "name": name,
        "arguments": "{}",
        "created_at": at,
    }


def output(id: str, *, is_error: bool = False, at: float = 0.0) -> dict[str, Any]:
    """A tool's output as LiveKit's history holds it."""
    return {
        "id": f"{id}_output",
        "type": "function_call_output",
        "call_id": id,
        "output": "ok",
        "is_error": is_error,
        "created_at": at,
    }


def added(item: dict[str, Any]) -> Fact:
    """LiveKit's event for an item of the conversation."""
    at = item.get("created_at", 0.0)
    return _of_type("conversation_item_added", item=item, created_at=at)


def tools(*pairs: tuple[dict[str, Any], dict[str, Any] | None]) -> Fact:
    """LiveKit's event for tools that were called."""
    return _of_type(
        "function_tools_executed",
        function_calls=[called for called, _ in pairs],
        function_call_outputs=[answer for _, answer in pairs],
        created_at=pairs[0][0]["created_at"],
    )


def usage(*models: dict[str, Any]) -> Fact:
    """LiveKit's event for its own count of what was used."""
    return _of_type("session_usage_updated", usage={"model_usage": list(models)}, created_at=0.0)


def metrics(**members: Any) -> Fact:
    """LiveKit's event for what one call of a model took."""
    return _of_type("metrics_collected", metrics=members, created_at=0.0)


def closed(reason: str = "user_initiated") -> Fact:
    """LiveKit's last event."""
    return _of_type("close", reason=reason, created_at=0.0)


def opened(**report: Any) -> RecordingOpened:
    """The first event of a log, with a report's skeleton."""
    return RecordingOpened(
        format=1,
        session_id="AJ_1",
        earwitness="0",
        sdk={},
        host={},
        clock=CLOCK,
        job={},
        report={"events": [], "chat_history": {"items": []}} | report,
    )


def started(at: float | None, **report: Any) -> SessionStarted:
    """The session's start."""
    return SessionStarted(started_at=at, clock=CLOCK, report=report)


def _of_type(type: str, **members: Any) -> Fact:
    return type, {"type": type} | members
