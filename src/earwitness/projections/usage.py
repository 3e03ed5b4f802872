"""What each model was used for, as LiveKit counts it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..events import Event

Usage = dict[str, Any]

# What LiveKit before 1.5 reports call by call, in ``metrics_collected``, and what it adds up to
# in the usage of later versions (metrics/usage.py).
_COUNTED: Final = {
    "llm_metrics": (
        "llm_usage",
        {
            "prompt_tokens": "input_tokens",
            "prompt_cached_tokens": "input_cached_tokens",
            "completion_tokens": "output_tokens",
        },
    ),
    "tts_metrics": (
        "tts_usage",
        {"characters_count": "characters_count", "audio_duration": "audio_duration"},
    ),
    "stt_metrics": ("stt_usage", {"audio_duration": "audio_duration"}),
}


def fold_usage(events: Iterable[Event]) -> list[Usage]:
    """Usage by model and provider: LiveKit's own count, or the sum of its metrics before 1.5."""
    counted: list[Usage] | None = None
    summed: dict[tuple[str, str, str], Usage] = {}
    for event in events:
        if event.withheld:
            continue
        if event.type == "session_usage_updated":
            counted = billed(event.plain_payload)
        elif event.type == "metrics_collected":
            _add(summed, event.plain_payload.get("metrics") or {})
    return list(summed.values()) if counted is None else counted


def billed(update: Any) -> list[Usage]:
    """The usage in the payload of a ``session_usage_updated``, without what is zero or empty."""
    return [
        {"type": model.get("type")}
        | {name: value for name, value in model.items() if value and name != "type"}
        for model in (update.get("usage") or {}).get("model_usage") or ()
    ]


def _add(summed: dict[tuple[str, str, str], Usage], metrics: dict[str, Any]) -> None:
    if metrics.get("type") not in _COUNTED:
        return
    kind, members = _COUNTED[metrics["type"]]
    metadata = metrics.get("metadata") or {}
    provider = metadata.get("model_provider") or ""
    model = metadata.get("model_name") or metrics.get("label") or ""
    usage = summed.setdefault(
        (kind, provider, model), {"type": kind, "provider": provider, "model": model}
    )
    for name, counted_as in members.items():
        if amount := metrics.get(name):
            usage[counted_as] = usage.get(counted_as, 0) + amount
