"""What a session does without emitting an event, and what frames the events that it emits."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen


@frozen(kw_only=True)
class SessionStarted:
    """The session was started; what it had emitted before is not part of its report.

    Attributes:
        started_at: the SDK's own start time, seconds since the Unix epoch.
        report: members of the SDK's report that became known or changed with the start.
    """

    TAG: ClassVar = "session_started"
    started_at: float | None
    clock: dict[str, int]
    report: dict[str, Any]


@frozen(kw_only=True)
class AudioRecordingStarted:
    """The SDK's audio recorder reported its own start.

    Attributes:
        started_at: seconds since the Unix epoch, as the SDK reports it.
        path: where the SDK writes the audio; it deletes the folder after the job.
    """

    TAG: ClassVar = "audio_recording_started"
    started_at: float
    path: str | None


@frozen(kw_only=True)
class ParticipantLinked:
    """The SDK took a participant of the room for the session's user, or another one than before.

    Attributes:
        identity: the participant's identity, as their token or the telephone gave it.
    """

    TAG: ClassVar = "participant_linked"
    identity: str


@frozen(kw_only=True)
class AnswerPlayed:
    """The agent has said what it had to say, or was interrupted.

    Attributes:
        said: the text that was generated, as far as it had come; None if it is not known.
        heard: what of it was heard, by the transcript that the SDK keeps in step with the sound;
            None if it is not known.
        seconds: how much sound was handed to the sink, as far as it had come.
        played: how much of it the sink has played.
        interrupted: it was told to stop before the end.
    """

    TAG: ClassVar = "answer_played"
    said: str | None
    heard: str | None
    seconds: float
    played: float
    interrupted: bool


@frozen(kw_only=True)
class HistoryItemAdded:
    """The SDK, or the application, put an item into the chat history without an event.

    Attributes:
        item: the item as the SDK's ``ChatContext.to_dict`` writes it.
    """

    TAG: ClassVar = "history_item_added"
    item: dict[str, Any]


@frozen(kw_only=True)
class HistoryItemChanged:
    """An item of the chat history is no longer what was recorded of it."""

    TAG: ClassVar = "history_item_changed"
    item: dict[str, Any]


@frozen(kw_only=True)
class HistoryReordered:
    """The chat history holds other items, or in another order, than its events tell.

    Attributes:
        order: the ids of its items, as they stand.
    """

    TAG: ClassVar = "history_reordered"
    order: list[str]


@frozen(kw_only=True)
class EventAmended:
    """An event was changed after it was emitted, in place.

    Attributes:
        position: the event's position in this log.
        payload: what it says now.
    """

    TAG: ClassVar = "event_amended"
    position: int
    payload: Any


@frozen(kw_only=True)
class OptionsChanged:
    """The session's options were changed while it ran.

    Attributes:
        options: the report's options as they stand now.
        requested: what was asked for, by the SDK's names of the arguments.
    """

    TAG: ClassVar = "options_changed"
    options: dict[str, Any]
    requested: dict[str, Any]


@frozen(kw_only=True)
class SessionEnded:
    """The session closed, or its recording was finalized while it still ran.

    Attributes:
        report: the SDK's own report without events and chat history.
        clock: see :class:`RecordingOpened`.
    """

    TAG: ClassVar = "session_ended"
    report: dict[str, Any]
    clock: dict[str, int]
