"""Where in an event's payload there is something that a policy may name.

The table below knows every event of LiveKit 1.3 to 1.8 (``voice/events.py``, ``voice/report.py``;
what they are made of is in :mod:`.parts`) and every one of Earwitness's own. It is a table of what
may stay: of a type that it does not know, and of a member that it does not know, everything is
content, the names of members included.
"""

from __future__ import annotations

from typing import Any, Final

from .forms import ID, KEPT, NUMBER, WORD, Chosen, Each, Form, Members, event, named
from .parts import (
    CALL,
    ERROR,
    ITEM,
    METRICS,
    OUTPUT,
    SOURCE,
    UPDATE,
    USAGE,
    text_at,
    transcript_form,
)


def form_of(type: str) -> Form:
    """The form of the payload of an event."""
    known = TABLE.get(type)
    if known is not None:
        return known
    own_type = Chosen(lambda value: WORD if value == type else "other")
    return Members({"type": own_type, "created_at": NUMBER})


def _amended_form(payload: Any) -> Form:
    return form_of(text_at(payload, "type")) if isinstance(payload, dict) else "other"


_REPORT = Members(
    {
        **named(ID, "job_id", "room_id"),
        **named(WORD, "agent_name", "sdk_version", "close_reason", "enable_recording"),
        **named(WORD, "options", "recording_options", "errors"),
        **named(NUMBER, "timestamp", "duration_ms", "user_turns", "audio_recording_started_at"),
        "room": "rooms",
        "tags": Each("rooms"),
        "audio_recording_path": "paths",
        "usage": USAGE,
        "events": Each(Chosen(_amended_form)),
        "chat_history": Members({"items": Each(ITEM)}),
    }
)
_CONSENT = Members(
    {
        "party": "identities",
        **named("notes", "purpose", "method", "jurisdiction"),
        "position": NUMBER,
        "erase": WORD,
    }
)
_PAUSE = Members({"reason": "notes", "actor": "identities", "depth": NUMBER})
# A file beside the log; a digest may have as many digits as a card.
_FILE = Members(
    {**named(KEPT, "sha256", "content_sha256"), "file": WORD, **named(NUMBER, "bytes", "seconds")}
)

TABLE: Final[dict[str, Form]] = {
    # LiveKit's
    "user_state_changed": event(old_state=WORD, new_state=WORD),
    "agent_state_changed": event(old_state=WORD, new_state=WORD),
    "user_input_transcribed": Chosen(transcript_form),
    "user_transcription_timeout": event(speech_duration=NUMBER, vad_speech_started_at=NUMBER),
    "conversation_item_added": event(item=ITEM),
    "agent_false_interruption": event(
        resumed=WORD, message=ITEM, extra_instructions="instructions"
    ),
    "overlapping_speech": event(
        **named(WORD, "is_interruption", "agent_ended"),
        **named(NUMBER, "detected_at", "overlap_started_at", "probability", "num_requests"),
        **named(NUMBER, "total_duration", "prediction_duration", "detection_delay"),
        **named("media", "speech_input", "probabilities"),
    ),
    "function_tools_executed": event(function_calls=Each(CALL), function_call_outputs=Each(OUTPUT)),
    "tool_execution_updated": event(update=UPDATE),
    "speech_created": event(user_initiated=WORD, source=WORD),
    "session_usage_updated": event(usage=Members({"model_usage": USAGE})),
    "metrics_collected": event(metrics=METRICS),
    "debug_message": "other",
    "error": event(error=ERROR, source=SOURCE),
    "close": event(reason=WORD, error=ERROR),
    # Earwitness's own
    "recording_opened": Members(
        {
            **named(WORD, "format", "earwitness", "sdk", "host", "attached_late"),
            "retention": NUMBER,
            **named(KEPT, "session_id", "restart_of", "clock"),
            "job": Members({"job": ID, "room_id": ID, "room": "rooms", "agent": WORD}),
            "report": _REPORT,
        }
    ),
    "session_started": Members({"started_at": NUMBER, "clock": KEPT, "report": _REPORT}),
    "session_ended": Members({"report": _REPORT, "clock": KEPT}),
    "audio_recording_started": Members({"started_at": NUMBER, "path": "paths"}),
    "history_item_added": Members({"item": ITEM}),
    "history_item_changed": Members({"item": ITEM}),
    "history_reordered": Members({"order": Each(ID)}),
    "event_amended": Members({"position": NUMBER, "payload": Chosen(_amended_form)}),
    "options_changed": Members({"options": WORD, "requested": "other"}),
    "participant_linked": Members({"identity": "identities"}),
    "audio_sealed": _FILE,
    "audio_missing": Members({"path": "paths", "error": "notes"}),
    "audio_withheld": Members({"reason": WORD}),
    "audio_opened": Members(
        {
            **named(WORD, "file", "channels"),
            **named(NUMBER, "started_at", "sample_rate"),
            "clock": KEPT,
        }
    ),
    "answer_played": Members(
        {
            **named("messages", "said", "heard"),
            **named(NUMBER, "seconds", "played"),
            "interrupted": WORD,
        }
    ),
    "audio_lost": Members({"channel": WORD, **named(NUMBER, "at", "seconds"), "reason": "notes"}),
    "recording_closed": Members({"reason": "notes", "history_sha256": KEPT}),
    "sink_failed": Members(named("notes", "sink", "error")),
    "events_lost": Members({**named(WORD, "count", "types"), "reason": "notes"}),
    "event_wrapped": Members({"type": "other", "content": "other"}),
    "store_restored": Members({"error": "notes", "failed_at": KEPT, "waited": NUMBER}),
    "recording_recovered": Members(
        {"earwitness": WORD, "last_position": NUMBER, "torn": Each(_FILE)}
    ),
    "payload_erased": Members(
        {
            **named(WORD, "positions", "kinds"),
            "files": Each(_FILE),
            "reason": "notes",
            "actor": "identities",
            "retention": NUMBER,
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
