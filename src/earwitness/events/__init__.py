"""The envelope every event travels in, and the events that are Earwitness's own.

LiveKit's events keep LiveKit's tag and LiveKit's payload (``event.model_dump()``). The classes
here are what Earwitness adds: facts about the recording itself, and what LiveKit does without
emitting an event. Each is frozen, in the past tense, and known in a log by its ``TAG``.
"""

from __future__ import annotations

from typing import Any, Final

from .envelope import FORMAT_VERSION, NO_EVENTS, TYPE_PATTERN, Event
from .erasure import ErasedFile, PayloadErased
from .privacy import (
    AudioWithheld,
    ConsentDenied,
    ConsentGranted,
    ConsentRequested,
    ConsentWithdrawn,
    PolicyAdopted,
    RecordingPaused,
    RecordingResumed,
)
from .recording import (
    AudioLost,
    AudioMissing,
    AudioOpened,
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
    AnswerPlayed,
    AudioRecordingStarted,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
    OptionsChanged,
    ParticipantLinked,
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
    "AnswerPlayed",
    "AudioLost",
    "AudioMissing",
    "AudioOpened",
    "AudioRecordingStarted",
    "AudioSealed",
    "AudioWithheld",
    "ConsentDenied",
    "ConsentGranted",
    "ConsentRequested",
    "ConsentWithdrawn",
    "ErasedFile",
    "Event",
    "EventAmended",
    "EventWrapped",
    "EventsLost",
    "HistoryItemAdded",
    "HistoryItemChanged",
    "HistoryReordered",
    "OptionsChanged",
    "ParticipantLinked",
    "PayloadErased",
    "PolicyAdopted",
    "RecordingClosed",
    "RecordingOpened",
    "RecordingPaused",
    "RecordingRecovered",
    "RecordingResumed",
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
        ParticipantLinked,
        AnswerPlayed,
        HistoryItemAdded,
        HistoryItemChanged,
        HistoryReordered,
        EventAmended,
        OptionsChanged,
        SessionEnded,
        AudioSealed,
        AudioMissing,
        AudioOpened,
        AudioLost,
        RecordingClosed,
        SinkFailed,
        EventsLost,
        EventWrapped,
        StoreRestored,
        RecordingRecovered,
        PayloadErased,
        PolicyAdopted,
        RecordingPaused,
        RecordingResumed,
        ConsentRequested,
        ConsentGranted,
        ConsentDenied,
        ConsentWithdrawn,
        AudioWithheld,
    )
}
"""Earwitness's own event types by tag. Any other tag is the SDK's or the application's."""

# An application's event may not pass for one of these.
RESERVED_TAGS: Final = frozenset(OWN_EVENTS)

ADDED_AFTER_CLOSE: Final = frozenset({SinkFailed.TAG, StoreRestored.TAG, PayloadErased.TAG})
"""What may follow a recording's close."""
