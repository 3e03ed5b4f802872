"""What each model was used for, as LiveKit counts it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..events import Event
from .reading import is_number, mapping, mappings, text, told

Usage = dict[str, Any]

_TOLD_BY: Final = frozenset({"session_usage_updated", "metrics_collected"})

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
    for event, payload in told(events, _TOLD_BY):
        if event.type == "session_usage_updated":
            counted = billed(payload)
        else:
            _add(summed, mapping(payload.get("metrics")))
    return list(summed.values()) if counted is None else counted


def billed(update: Any) -> list[Usage]:
    """The usage in the payload of a ``session_usage_updated``, without what is zero or empty."""
    return [
        {"type": model.get("type")}
        | {name: value for name, value in model.items() if value and name != "type"}
        for model in mappings(mapping(mapping(update).get("usage")).get("model_usage"))
    ]


def _add(summed: dict[tuple[str, str, str], Usage], metrics: dict[str, Any]) -> None:
    counted = _COUNTED.get(text(metrics.get("type")))
    if counted is None:
        return
    kind, members = counted
    metadata = mapping(metrics.get("metadata"))
    provider = text(metadata.get("model_provider"))
    model = text(metadata.get("model_name")) or text(metrics.get("label"))
    usage = summed.setdefault(
        (kind, provider, model), {"type": kind, "provider": provider, "model": model}
    )
    for name, counted_as in members.items():
        if is_number(amount := metrics.get(name)) and amount:
            usage[counted_as] = usage.get(counted_as, 0) + amount
