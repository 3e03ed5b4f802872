"""What LiveKit's events are made of: messages, tool calls, errors, usage and metrics.

All of LiveKit 1.3 to 1.8: ``llm/chat_context.py``, ``metrics/base.py``, ``voice/events.py``.
"""

from __future__ import annotations

from typing import Any, Final

from .forms import ID, NUMBER, WORD, Chosen, Each, Form, Members, event, named

_MODEL = Members(named(WORD, "model_name", "model_provider"))

_TURN_METRICS = Members(
    {
        **named(
            NUMBER,
            "started_speaking_at",
            "stopped_speaking_at",
            "transcription_delay",
            "end_of_turn_delay",
            "on_user_turn_completed_delay",
            "llm_node_ttft",
            "llm_node_tps",
            "llm_node_ttfs",
            "tts_node_ttfb",
            "playback_latency",
            "e2e_latency",
        ),
        "provider_request_ids": Each(ID),
        **dict.fromkeys(("llm_metadata", "tts_metadata", "stt_metadata"), _MODEL),
    }
)


def _part(content: str) -> Chosen:
    """A part of a message: a text, or an image or a sound of which only its kind may stay."""
    media = Members(
        {
            **named(WORD, "type", "inference_detail", "mime_type"),
            **named(NUMBER, "inference_width", "inference_height"),
            **named("media", "image", "frame"),
            "id": ID,
            "transcript": content,
        },
        rest="media",
    )
    kinds = ("image_content", "audio_content", "cache_breakpoint")

    def form(part: Any) -> Form:
        return media if isinstance(part, dict) and part.get("type") in kinds else content

    return Chosen(form)


def _message(content: str) -> Members:
    return Members(
        {
            **named(ID, "id"),
            **named(WORD, "type", "role", "interrupted", "hash"),
            **named(NUMBER, "created_at", "transcript_confidence"),
            "content": Each(_part(content)),
            "metrics": _TURN_METRICS,
            "extra": "other",
        }
    )


CALL = Members(
    {
        **named(ID, "id", "call_id", "group_id"),
        **named(WORD, "type", "name"),
        **named(NUMBER, "created_at"),
        "arguments": "arguments",
        "extra": "other",
    }
)
OUTPUT = Members(
    {
        **named(ID, "id", "call_id"),
        **named(WORD, "type", "name", "is_error", "reply_required"),
        **named(NUMBER, "created_at"),
        "output": "results",
    }
)
_HANDOFF = Members(
    {
        **named(ID, "id"),
        **named(WORD, "type", "old_agent_id", "new_agent_id"),
        **named(NUMBER, "created_at"),
    }
)
_CONFIG = Members(
    {
        **named(ID, "id"),
        **named(WORD, "type"),
        **named(NUMBER, "created_at"),
        "instructions": "instructions",
        "tools_added": Each(WORD),
        "tools_removed": Each(WORD),
    }
)
_ITEMS: Final[dict[str, Form]] = {
    "function_call": CALL,
    "function_call_output": OUTPUT,
    "agent_handoff": _HANDOFF,
    "agent_config_update": _CONFIG,
}
_BY_ROLE: Final[dict[str, Form]] = {
    "user": _message("messages"),
    "assistant": _message("messages"),
    "system": _message("instructions"),
    "developer": _message("instructions"),
}


def _item_form(item: Any) -> Form:
    if not isinstance(item, dict):
        return "other"
    kind = text_at(item, "type")
    form = _BY_ROLE.get(text_at(item, "role")) if kind == "message" else _ITEMS.get(kind)
    return form if form is not None else Members(named(ID, "id") | named(NUMBER, "created_at"))


def text_at(value: dict[str, Any], name: str) -> str:
    """The member of this name if it is a text, else an empty one."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


ITEM = Chosen(_item_form)

ERROR = Members(
    {**named(WORD, "type", "label", "recoverable", "$type"), "timestamp": NUMBER}, rest="errors"
)
SOURCE = Members(named(WORD, "model", "provider", "$type"), rest="errors")

_TRANSCRIBED = {"is_final": WORD, "item_id": ID, "speaker_id": "identities", "language": WORD}
_FINAL = event(transcript="transcripts", **_TRANSCRIBED)
_INTERIM = event(transcript="interims", **_TRANSCRIBED)


def transcript_form(payload: Any) -> Form:
    """The form of a transcript: whether it is final makes the difference."""
    return _FINAL if isinstance(payload, dict) and payload.get("is_final") is True else _INTERIM


_TOKENS = (
    *(f"{way}_{what}_tokens" for way in ("input", "output") for what in ("audio", "text", "image")),
    *(f"input_cached_{what}_tokens" for what in ("audio", "text", "image")),
    *("input_tokens", "input_cached_tokens", "input_cache_creation_tokens"),
    *("output_tokens", "output_reasoning_tokens"),
    *("characters_count", "audio_duration", "session_duration", "total_requests"),
)
USAGE = Each(Members({**named(WORD, "type", "provider", "model"), **named(NUMBER, *_TOKENS)}))

_DETAILS = Members(
    {
        **named(NUMBER, "audio_tokens", "text_tokens", "image_tokens", "cached_tokens"),
        "cached_tokens_details": Members(
            named(NUMBER, "audio_tokens", "text_tokens", "image_tokens")
        ),
    }
)
METRICS = Members(
    {
        **named(WORD, "type", "label", "cancelled", "streamed", "connection_reused"),
        **named(ID, "request_id", "segment_id", "speech_id"),
        **named(
            NUMBER,
            *("timestamp", "duration", "ttft", "ttfb", "audio_duration", "acquire_time"),
            *("completion_tokens", "prompt_tokens", "prompt_cached_tokens", "total_tokens"),
            *("cache_creation_tokens", "reasoning_tokens", "tokens_per_second"),
            *("input_tokens", "output_tokens", "input_audio_tokens", "characters_count"),
            *("idle_time", "inference_duration_total", "inference_count"),
            *("end_of_utterance_delay", "transcription_delay", "on_user_turn_completed_delay"),
            *("total_duration", "prediction_duration", "detection_delay", "num_requests"),
            *("num_interruptions", "num_backchannels", "session_duration"),
            *("playback_latency", "session_started_time", "avatar_joined_time"),
        ),
        **dict.fromkeys(("input_token_details", "output_token_details"), _DETAILS),
        "metadata": _MODEL,
    }
)

UPDATE = Members(
    {
        **named(WORD, "type", "status", "silent"),
        **named(ID, "id", "call_id", "speech_id"),
        "update_ids": Each(ID),
        "function_call": CALL,
        "message": "results",
    }
)
