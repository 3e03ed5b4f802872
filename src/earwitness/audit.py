"""The audit trail: what happened, as structlog lines for whatever log pipeline there is.

A line never holds anything that was said: names of tools and agents, kinds of errors, counts and
durations only. It is written from a background thread, so a slow log handler costs the call
nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from . import values
from .background import scribe
from .projections.reading import is_number, mapping, mappings, number, text
from .projections.transcript import CONVERSATION_TYPES, conversation_item

Audit = bool | Any
"""``True`` for structlog's own configuration, ``False`` for silence, or a structlog logger; one of
the standard library's is given each line as JSON."""


class AuditTrail:
    """The audit lines of one session.

    Args:
        audit: see :data:`Audit`.
        context: bound to every line: session, job, room.
    """

    def __init__(self, audit: Audit, **context: Any) -> None:
        if audit is True:
            audit = structlog.get_logger("earwitness")
        elif isinstance(audit, logging.Logger):
            audit = structlog.wrap_logger(audit, processors=[structlog.processors.JSONRenderer()])
        self._logger = audit.bind(**context) if audit else None

    def tell(self, event: str, *, level: str = "info", **facts: Any) -> None:
        """Write one line, soon."""
        if self._logger is not None:
            scribe.submit(lambda: self._write(level, event, facts))

    def observe(self, type: str, position: int, content: bytes) -> None:
        """Write what an event of the session means to an auditor, soon.

        Args:
            type: one of :data:`TELLING`.
            position: the event's, in its log.
            content: its payload's JSON.
        """
        if self._logger is not None:
            scribe.submit(lambda: self._read(type, position, content))

    def _read(self, type: str, position: int, content: bytes) -> None:
        for level, event, facts in _READERS[type](type, mapping(values.decode_plain(content))):
            self._write(level, event, {"position": position, **facts})

    def _write(self, level: str, event: str, facts: Mapping[str, Any]) -> None:
        getattr(self._logger, level)(event, **facts)


_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
Line = tuple[str, str, dict[str, Any]]


def _item(type: str, payload: dict[str, Any]) -> list[Line]:
    item = conversation_item(type, payload)
    if item.get("type") == "agent_handoff":
        facts = {"from_agent": item.get("old_agent_id"), "to_agent": item.get("new_agent_id")}
        return [("info", "handoff", facts)]
    if item.get("role") != "assistant":
        return []
    latency = mapping(item.get("metrics")).get("e2e_latency")
    facts = {"interrupted": bool(item.get("interrupted")), "e2e_latency": latency}
    return [("info", "turn_completed", facts)]


def _tools(type: str, payload: dict[str, Any]) -> list[Line]:
    outputs = {
        text(output.get("call_id")): output
        for output in mappings(payload.get("function_call_outputs"))
    }
    calls = mappings(payload.get("function_calls"))
    return [_tool(call, outputs.get(text(call.get("call_id")))) for call in calls]


def _tool(call: dict[str, Any], output: dict[str, Any] | None) -> Line:
    began, ended = call.get("created_at"), (output or {}).get("created_at")
    measured = is_number(began) and is_number(ended)
    seconds = round(max(0.0, number(ended) - number(began)), 6) if measured else None
    outcome = "no_output" if output is None else "error" if output.get("is_error") else "ok"
    # A model may call what it likes: only what can be the name of a tool is told.
    name = text(call.get("name"))
    facts = {
        "tool": name if _TOOL_NAME.fullmatch(name) else "?",
        "seconds": seconds,
        "outcome": outcome,
    }
    return ("info", "tool_executed", facts)


def _error(type: str, payload: dict[str, Any]) -> list[Line]:
    error, source = mapping(payload.get("error")), mapping(payload.get("source"))
    facts = {
        "kind": error.get("type") or error.get("$type"),
        "recoverable": error.get("recoverable"),
        "model": source.get("model"),
        "provider": source.get("provider"),
    }
    return [("error", "error", facts)]


_READERS: Final[dict[str, Callable[[str, dict[str, Any]], list[Line]]]] = {
    **dict.fromkeys(CONVERSATION_TYPES, _item),
    "function_tools_executed": _tools,
    "error": _error,
}

TELLING: Final = frozenset(_READERS)
"""The types of the events that mean something to an auditor."""
