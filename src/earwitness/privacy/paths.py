"""Where in an event's payload there is something that a policy may name.

A *form* says it of a place: the name of a field that holds content, :data:`WORD`, :data:`ID` or
:data:`NUMBER` for what is structure, or the forms of the members or items there. The table below
knows every event of LiveKit 1.3 to 1.8 (``voice/events.py``, ``llm/chat_context.py``,
``metrics/base.py``, ``voice/report.py``) and every one of Earwitness's own. It is a table of what
may stay: of a type that it does not know, and of a member that it does not know, everything is
content, the names of members included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

FIELDS: Final = (
    "transcripts",
    "interims",
    "messages",
    "arguments",
    "results",
    "instructions",
    "errors",
    "media",
    "other",
    "identities",
    "rooms",
    "paths",
    "notes",
)
"""What a policy can name. ``other`` is what the table does not know."""

SAID: Final = frozenset(FIELDS) - {"identities", "rooms", "paths", "notes"}
"""The fields that may hold what was said or done in the session: what a pause keeps out."""

WORD: Final = "$word"
"""Structure: a name, a state, a version."""
ID: Final = "$id"
"""Structure: an id, by which events are told apart and belong together."""
NUMBER: Final = "$number"
"""Structure: a time, a duration, a count."""
KEPT: Final = "$kept"
"""Structure that nobody looks into: nanoseconds, which are as long as a card, digests, session
ids."""


@frozen
class Members:
    """An object: the form of each member that is known, and of the rest."""

    known: Mapping[str, Any]
    rest: str = "other"


@frozen
class Each:
    """An array, all of whose items have one form."""

    form: Any


@frozen
class Chosen:
    """A value that tells its own form."""

    choose: Callable[[Any], Any] = field(repr=False)


Form = str | Members | Each | Chosen


def form_of(type: str) -> Form:
    """The form of the payload of an event."""
    known = TABLE.get(type)
    if known is not None:
        return known
    own_type = Chosen(lambda value: WORD if value == type else "other")
    return Members({"type": own_type, "created_at": NUMBER})


def _names(form: str, *names: str) -> dict[str, Form]:
    return dict.fromkeys(names, form)


def _event(**members: Form) -> Members:
    return Members({"type": WORD, "created_at": NUMBER, **members})


_MODEL = Members(_names(WORD, "model_name", "model_provider"))

_TURN_METRICS = Members(
    {
        **_names(
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
            **_names(WORD, "type", "inference_detail", "mime_type"),
            **_names(NUMBER, "inference_width", "inference_height"),
            **_names("media", "image", "frame"),
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
            **_names(ID, "id"),
            **_names(WORD, "type", "role", "interrupted", "hash"),
            **_names(NUMBER, "created_at", "transcript_confidence"),
            "content": Each(_part(content)),
            "metrics": _TURN_METRICS,
            "extra": "other",
        }
    )


_CALL = Members(
    {
        **_names(ID, "id", "call_id", "group_id"),
        **_names(WORD, "type", "name"),
        **_names(NUMBER, "created_at"),
        "arguments": "arguments",
        "extra": "other",
    }
)
_OUTPUT = Members(
    {
        **_names(ID, "id", "call_id"),
        **_names(WORD, "type", "name", "is_error", "reply_required"),
        **_names(NUMBER, "created_at"),
        "output": "results",
    }
)
_HANDOFF = Members(
    {
        **_names(ID, "id"),
        **_names(WORD, "type", "old_agent_id", "new_agent_id"),
        **_names(NUMBER, "created_at"),
    }
)
_CONFIG = Members(
    {
        **_names(ID, "id"),
        **_names(WORD, "type"),
        **_names(NUMBER, "created_at"),
        "instructions": "instructions",
        "tools_added": Each(WORD),
        "tools_removed": Each(WORD),
    }
)
_ITEMS: Final[dict[str, Form]] = {
    "function_call": _CALL,
    "function_call_output": _OUTPUT,
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
    kind = item.get("type")
    form = (
        _BY_ROLE.get(_text(item, "role")) if kind == "message" else _ITEMS.get(_text(item, "type"))
    )
    return form if form is not None else Members(_names(ID, "id") | _names(NUMBER, "created_at"))


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


_ITEM = Chosen(_item_form)

_ERROR = Members(
    {**_names(WORD, "type", "label", "recoverable", "$type"), "timestamp": NUMBER}, rest="errors"
)
_SOURCE = Members(_names(WORD, "model", "provider", "$type"), rest="errors")

_TRANSCRIBED = {"is_final": WORD, "item_id": ID, "speaker_id": "identities", "language": WORD}
_FINAL = _event(transcript="transcripts", **_TRANSCRIBED)
_INTERIM = _event(transcript="interims", **_TRANSCRIBED)


def _transcript_form(payload: Any) -> Form:
    return _FINAL if isinstance(payload, dict) and payload.get("is_final") is True else _INTERIM


_TOKENS = (
    *(f"{way}_{what}_tokens" for way in ("input", "output") for what in ("audio", "text", "image")),
    *(f"input_cached_{what}_tokens" for what in ("audio", "text", "image")),
    *("input_tokens", "input_cached_tokens", "input_cache_creation_tokens"),
    *("output_tokens", "output_reasoning_tokens"),
    *("characters_count", "audio_duration", "session_duration", "total_requests"),
)
_USAGE = Each(Members({**_names(WORD, "type", "provider", "model"), **_names(NUMBER, *_TOKENS)}))

_DETAILS = Members(
    {
        **_names(NUMBER, "audio_tokens", "text_tokens", "image_tokens", "cached_tokens"),
        "cached_tokens_details": Members(
            _names(NUMBER, "audio_tokens", "text_tokens", "image_tokens")
        ),
    }
)
_METRICS = Members(
    {
        **_names(WORD, "type", "label", "cancelled", "streamed", "connection_reused"),
        **_names(ID, "request_id", "segment_id", "speech_id"),
        **_names(
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

_UPDATE = Members(
    {
        **_names(WORD, "type", "status", "silent"),
        **_names(ID, "id", "call_id", "speech_id"),
        "update_ids": Each(ID),
        "function_call": _CALL,
        "message": "results",
    }
)


def _amended_form(payload: Any) -> Form:
    return form_of(_text(payload, "type")) if isinstance(payload, dict) else "other"


_REPORT = Members(
    {
        **_names(ID, "job_id", "room_id"),
        **_names(WORD, "agent_name", "sdk_version", "close_reason", "enable_recording"),
        **_names(WORD, "options", "recording_options", "errors"),
        **_names(NUMBER, "timestamp", "duration_ms", "user_turns", "audio_recording_started_at"),
        "room": "rooms",
        "tags": Each("rooms"),
        "audio_recording_path": "paths",
        "usage": _USAGE,
        "events": Each(Chosen(_amended_form)),
        "chat_history": Members({"items": Each(_ITEM)}),
    }
)
_CONSENT = Members(
    {
        "party": "identities",
        **_names("notes", "purpose", "method", "jurisdiction"),
        "position": NUMBER,
        "erase": WORD,
    }
)
_PAUSE = Members({"reason": "notes", "actor": "identities", "depth": NUMBER})
# A file beside the log; a digest may have as many digits as a card.
_FILE = Members({"file": WORD, "sha256": KEPT, **_names(NUMBER, "bytes", "seconds")})

TABLE: Final[dict[str, Form]] = {
    # LiveKit's
    "user_state_changed": _event(old_state=WORD, new_state=WORD),
    "agent_state_changed": _event(old_state=WORD, new_state=WORD),
    "user_input_transcribed": Chosen(_transcript_form),
    "user_transcription_timeout": _event(speech_duration=NUMBER, vad_speech_started_at=NUMBER),
    "conversation_item_added": _event(item=_ITEM),
    "agent_false_interruption": _event(
        resumed=WORD, message=_ITEM, extra_instructions="instructions"
    ),
    "overlapping_speech": _event(
        **_names(WORD, "is_interruption", "agent_ended"),
        **_names(NUMBER, "detected_at", "overlap_started_at", "probability", "num_requests"),
        **_names(NUMBER, "total_duration", "prediction_duration", "detection_delay"),
        **_names("media", "speech_input", "probabilities"),
    ),
    "function_tools_executed": _event(
        function_calls=Each(_CALL), function_call_outputs=Each(_OUTPUT)
    ),
    "tool_execution_updated": _event(update=_UPDATE),
    "speech_created": _event(user_initiated=WORD, source=WORD),
    "session_usage_updated": _event(usage=Members({"model_usage": _USAGE})),
    "metrics_collected": _event(metrics=_METRICS),
    "debug_message": "other",
    "error": _event(error=_ERROR, source=_SOURCE),
    "close": _event(reason=WORD, error=_ERROR),
    # Earwitness's own
    "recording_opened": Members(
        {
            **_names(WORD, "format", "earwitness", "sdk", "host", "attached_late"),
            "retention": NUMBER,
            **_names(KEPT, "session_id", "restart_of", "clock"),
            "job": Members({"job": ID, "room_id": ID, "room": "rooms", "agent": WORD}),
            "report": _REPORT,
        }
    ),
    "session_started": Members({"started_at": NUMBER, "clock": KEPT, "report": _REPORT}),
    "session_ended": Members({"report": _REPORT, "clock": KEPT}),
    "audio_recording_started": Members({"started_at": NUMBER, "path": "paths"}),
    "history_item_added": Members({"item": _ITEM}),
    "history_item_changed": Members({"item": _ITEM}),
    "history_reordered": Members({"order": Each(ID)}),
    "event_amended": Members({"position": NUMBER, "payload": Chosen(_amended_form)}),
    "options_changed": Members({"options": WORD, "requested": "other"}),
    "participant_linked": Members({"identity": "identities"}),
    "audio_sealed": _FILE,
    "audio_missing": Members({"path": "paths", "error": "notes"}),
    "audio_withheld": Members({"reason": WORD}),
    "audio_opened": Members(
        {
            **_names(WORD, "file", "channels"),
            **_names(NUMBER, "started_at", "sample_rate"),
            "clock": KEPT,
        }
    ),
    "answer_played": Members(
        {
            **_names("messages", "said", "heard"),
            **_names(NUMBER, "seconds", "played"),
            "interrupted": WORD,
        }
    ),
    "audio_lost": Members({"channel": WORD, **_names(NUMBER, "at", "seconds"), "reason": "notes"}),
    "recording_closed": Members({"reason": "notes", "history_sha256": KEPT}),
    "sink_failed": Members(_names("notes", "sink", "error")),
    "events_lost": Members({**_names(WORD, "count", "types"), "reason": "notes"}),
    "event_wrapped": Members({"type": "other", "content": "other"}),
    "store_restored": Members({"error": "notes", "failed_at": KEPT, "waited": NUMBER}),
    "recording_recovered": Members(
        {"earwitness": WORD, "last_position": NUMBER, "torn": Each(_FILE)}
    ),
    "payload_erased": Members(
        {
            **_names(WORD, "positions", "kinds"),
            "files": Each(_FILE),
            "reason": "notes",
            "actor": "identities",
        }
    ),
    "policy_adopted": WORD,
    "recording_paused": _PAUSE,
    "recording_resumed": _PAUSE,
    "consent_requested": _CONSENT,
    "consent_granted": _CONSENT,
    "consent_denied": _CONSENT,
    "consent_withdrawn": _CONSENT,
}
