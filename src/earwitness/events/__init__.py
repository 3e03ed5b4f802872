"""The envelope every event travels in, and the events that are Earwitness's own.

LiveKit's events keep LiveKit's tag and LiveKit's payload (``event.model_dump()``). The classes
here are what Earwitness adds: facts about the recording itself, and what LiveKit does without
emitting an event. Each is frozen, in the past tense, and known in a log by its ``TAG``.
"""

from __future__ import annotations

from typing import Any, Final

from .envelope import FORMAT_VERSION, NO_EVENTS, TYPE_PATTERN, Event
from .recording import (
    AudioMissing,
    AudioSealed,
    EventsLost,
    EventWrapped,
    RecordingClosed,
    RecordingOpened,
    RecordingRecovered,
    SinkFailed,
    StoreRestored,
    TornLine,
)
from .session import (
    AudioRecordingStarted,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
    OptionsChanged,
    SessionEnded,
    SessionStarted,
)

__all__ = [
    "ADDED_AFTER_CLOSE",
    "FORMAT_VERSION",
    "NO_EVENTS",
    "OWN_EVENTS",
    "RESERVED_TAGS",
    "TYPE_PATTERN",
    "AudioMissing",
    "AudioRecordingStarted",
    "AudioSealed",
    "Event",
    "EventAmended",
    "EventWrapped",
    "EventsLost",
    "HistoryItemAdded",
    "HistoryItemChanged",
    "HistoryReordered",
    "OptionsChanged",
    "RecordingClosed",
    "RecordingOpened",
    "RecordingRecovered",
    "SessionEnded",
    "SessionStarted",
    "SinkFailed",
    "StoreRestored",
    "TornLine",
]

OWN_EVENTS: Final[dict[str, type[Any]]] = {
    cls.TAG: cls
    for cls in (
        RecordingOpened,
        SessionStarted,
        AudioRecordingStarted,
        HistoryItemAdded,
        HistoryItemChanged,
        HistoryReordered,
        EventAmended,
        OptionsChanged,
        SessionEnded,
        AudioSealed,
        AudioMissing,
        RecordingClosed,
        SinkFailed,
        EventsLost,
        EventWrapped,
        StoreRestored,
        RecordingRecovered,
    )
}
"""Earwitness's own event types by tag. Any other tag is the SDK's or the application's."""

# Tags that later versions will use; an application's event may not pass for one of them.
RESERVED_TAGS: Final = frozenset(OWN_EVENTS) | {
    "recording_paused",
    "recording_resumed",
    "payload_erased",
    "consent_requested",
    "consent_granted",
    "consent_denied",
    "consent_withdrawn",
}

ADDED_AFTER_CLOSE: Final = frozenset({SinkFailed.TAG, StoreRestored.TAG, "payload_erased"})
"""What may follow a recording's close."""
