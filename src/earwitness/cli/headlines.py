"""What an event says, in a few words on one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..events import Event
from ..projections.transcript import text_of
from ..projections.usage import billed
from .formats import amounts, counted, duration, sdk_named, size
from .terminal import one_line

Payload = dict[str, Any]


def headline(event: Event) -> str:
    """What the event says; empty where its type says it all, or where nobody knows how to tell."""
    if event.encrypted is not None:
        return "(encrypted)"
    if event.withheld:
        return "(withheld)"
    tell = HEADLINES.get(event.type)
    if tell is None:
        return ""
    try:
        return one_line(tell(event.plain_payload))
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""  # an application may emit anything at all under LiveKit's names


def style_of(event: Event) -> str:
    """The style of an event's line: what was said and done stands out, bookkeeping recedes."""
    return _STYLES.get(event.type, "dim")


def _opened(payload: Payload) -> str:
    return sdk_named(payload["sdk"])


def _item(payload: Payload) -> str:
    item = payload["item"]
    if item["type"] == "agent_handoff":
        before, after = item.get("old_agent_id"), item["new_agent_id"]
        return f"{before} → {after}" if before else f"→ {after}"
    if item["type"] == "agent_config_update":
        return f"instructions: {item.get('instructions') or 'as before'}"
    if item["type"] != "message":
        return f"{item['type']} {item.get('name') or ''}"
    who = "agent" if item["role"] == "assistant" else item["role"]
    cut = " (interrupted)" if item.get("interrupted") else ""
    return f"{who}: {text_of(item)}{cut}"


def _change_of_state(payload: Payload) -> str:
    return f"{payload['old_state']} → {payload['new_state']}"


def _heard(payload: Payload) -> str:
    return f"{payload['transcript']}{'' if payload['is_final'] else ' …'}"


def _tool_progress(payload: Payload) -> str:
    update = payload["update"]
    if "function_call" in update:
        return f"{update['function_call']['name']} started"
    about = update.get("call_id") or f"reply to {', '.join(update['update_ids'])}"
    return f"{about}: {update.get('status') or update['message']}"


def _tools(payload: Payload) -> str:
    failed = {
        output["call_id"]
        for output in payload["function_call_outputs"]
        if output is not None and output.get("is_error")
    }
    return ", ".join(
        f"{call['name']} {'failed' if call['call_id'] in failed else 'ok'}"
        for call in payload["function_calls"]
    )


def _metrics(payload: Payload) -> str:
    metrics = payload["metrics"]
    first = metrics.get("ttft", metrics.get("ttfb"))
    kind = metrics["type"].removesuffix("_metrics")
    return kind if first is None else f"{kind}: {duration(first)} to its first answer"


def _usage(payload: Payload) -> str:
    return "; ".join(amounts(model) for model in billed(payload))


def _error(payload: Payload) -> str:
    error = payload["error"]
    return f"{error['type']}, {'' if error.get('recoverable') else 'not '}recoverable"


def _audio(payload: Payload) -> str:
    return f"{payload['file']}, {size(payload['bytes'])}, {duration(payload['seconds'])}"


def _played(payload: Payload) -> str:
    if not payload["interrupted"]:
        return duration(payload["played"])
    return f"{duration(payload['played'])} of {duration(payload['seconds'])}, interrupted"


def _lost(payload: Payload) -> str:
    return f"{payload['channel']}: {duration(payload['seconds'])}, {payload['reason']}"


def _consent(payload: Payload) -> str:
    return ", ".join(str(payload[name]) for name in ("party", "purpose") if payload[name])


def _payloads(payload: Payload) -> str:
    return counted(len(payload["positions"]), "payload")


def _reason(payload: Payload) -> str:
    return str(payload["reason"])


HEADLINES: Final[dict[str, Callable[[Payload], str]]] = {
    "agent_state_changed": _change_of_state,
    "answer_played": _played,
    "audio_withheld": _reason,
    "audio_lost": _lost,
    "audio_missing": lambda payload: str(payload["error"]),
    "audio_opened": lambda payload: str(payload["file"]),
    "audio_sealed": _audio,
    "close": _reason,
    "consent_denied": _consent,
    "consent_granted": _consent,
    "consent_requested": _consent,
    "consent_withdrawn": _consent,
    "conversation_item_added": _item,
    "error": _error,
    "event_amended": lambda payload: f"event {payload['position']}",
    "events_lost": lambda payload: f"{counted(payload['count'], 'event')}: {payload['reason']}",
    "function_tools_executed": _tools,
    "history_item_added": _item,
    "history_item_changed": _item,
    "metrics_collected": _metrics,
    "options_changed": lambda payload: ", ".join(payload["requested"]),
    "participant_linked": lambda payload: str(payload["identity"]),
    "payload_erased": lambda payload: f"{_payloads(payload)}: {payload['reason']}",
    "policy_adopted": lambda payload: str(payload["name"]),
    "recording_closed": _reason,
    "recording_opened": _opened,
    "recording_paused": _reason,
    "recording_resumed": _reason,
    "session_usage_updated": _usage,
    "sink_failed": lambda payload: f"{payload['sink']}: {payload['error']}",
    "speech_created": lambda payload: str(payload["source"]),
    "tool_execution_updated": _tool_progress,
    "user_input_transcribed": _heard,
    "user_state_changed": _change_of_state,
}

_STYLES: Final = {
    "audio_lost": "red",
    "audio_missing": "red",
    "conversation_item_added": "bold",
    "error": "red",
    "events_lost": "bold red",
    "function_tools_executed": "cyan",
    "history_item_added": "",
    "sink_failed": "red",
    "user_input_transcribed": "",
}
