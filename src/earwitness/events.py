"""The envelope every event travels in, and the events that are Earwitness's own.

LiveKit's events keep LiveKit's tag and LiveKit's payload (``event.model_dump()``). The classes
below are what Earwitness adds: facts about the recording itself, and what LiveKit does without
emitting an event. Each is frozen, in the past tense, and known in a log by its ``TAG``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final

from attrs import field, frozen

from . import values
from .exceptions import LogFormatError, PayloadWithheldError

FORMAT_VERSION: Final = 1

NO_EVENTS: Final = -1
"""The version of a stream that holds nothing."""

TYPE_PATTERN: Final = re.compile(r"[a-z0-9_.]+")


@frozen
class Event:
    """One recorded fact.

    Attributes:
        position: its place in the stream, from 0, without gaps.
        recorded_at: when it was recorded, in microseconds since the Unix epoch.
        type: its tag, ``[a-z0-9_.]+``.
        commitment: lower-case hex SHA-256 over the salt's characters and the payload's bytes.
        salt: 32 hex characters, or None if the event is withheld.
        data: the payload's JSON, as it stands in the log, or None if the event is withheld.
        blob: the payload itself, where ``data`` only refers to it because of its size.
    """

    position: int
    recorded_at: int
    type: str
    commitment: str
    salt: str | None = None
    data: bytes | None = field(default=None, repr=False)
    blob: bytes | None = field(default=None, repr=False)

    @property
    def withheld(self) -> bool:
        """True if this copy of the log does not hold the payload."""
        return self.data is None

    @property
    def payload(self) -> Any:
        """The payload as a Python value, decoded anew at each access.

        Raises:
            PayloadWithheldError: this copy of the log does not hold it.
            LogFormatError: it is not JSON.
        """
        return self._read(values.decode)

    @property
    def plain_payload(self) -> Any:
        """The payload as plain JSON, what JSON lacks still in its written form.

        Raises:
            PayloadWithheldError: this copy of the log does not hold it.
            LogFormatError: it is not JSON.
        """
        return self._read(values.decode_plain)

    def _read(self, decode: Callable[[bytes], Any]) -> Any:
        content = self.data if self.blob is None else self.blob
        if content is None:
            raise PayloadWithheldError(
                "The payload of this event is not in this copy of the log.",
                where=f"event {self.position} ({self.type})",
                hint="It was erased, or left out when the copy was made.",
            )
        try:
            return decode(content)
        except ValueError:  # its text would quote the payload
            raise LogFormatError(
                "The payload of an event is not JSON.",
                where=f"event {self.position} ({self.type})",
                got=f"{len(content)} bytes",
            ) from None


@frozen(kw_only=True)
class RecordingOpened:
    """The first event of every log.

    Attributes:
        format: version of the log format.
        session_id: the stream's name.
        earwitness: version of Earwitness.
        sdk: name and version of the agents SDK, and what else tells its behaviour.
        host: host name, process id, Python and platform.
        clock: ``wall_ns`` and ``monotonic_ns``, read together: anchors between the two clocks.
        job: ids of the job, room and agent as far as known; empty outside a job.
        report: the skeleton of the SDK's own report: its keys are the report's shape.
        attached_late: the session had been started already.
        restart_of: the session id of the run before, where one session object ran twice.
    """

    TAG: ClassVar = "recording_opened"
    format: int
    session_id: str
    earwitness: str
    sdk: dict[str, Any]
    host: dict[str, Any]
    clock: dict[str, int]
    job: dict[str, Any]
    report: dict[str, Any]
    attached_late: bool = False
    restart_of: str | None = None


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


@frozen(kw_only=True)
class AudioSealed:
    """The audio file stands beside the log, complete: recorded there, or copied from the SDK's.

    Attributes:
        file: its name in the session's folder.
        sha256: lower-case hex digest of its bytes.
        bytes: its size.
        seconds: its duration, or None if the file does not tell.
    """

    TAG: ClassVar = "audio_sealed"
    file: str
    sha256: str
    bytes: int
    seconds: float | None


@frozen(kw_only=True)
class AudioMissing:
    """There was audio to seal, and it could not be.

    Attributes:
        path: where it should have been.
        error: type of what went wrong.
    """

    TAG: ClassVar = "audio_missing"
    path: str
    error: str


@frozen(kw_only=True)
class AudioOpened:
    """Earwitness's own recording of the sound began, with its first sound.

    Attributes:
        file: its name in the session's folder.
        started_at: when its first sample was heard or played, seconds since the Unix epoch.
        clock: see :class:`RecordingOpened`.
        channels: whom each channel holds, from the left.
        sample_rate: samples a second.
    """

    TAG: ClassVar = "audio_opened"
    file: str
    started_at: float
    clock: dict[str, int]
    channels: list[str]
    sample_rate: int


@frozen(kw_only=True)
class AudioLost:
    """Sound that should be in the recording, and is silence there.

    Attributes:
        channel: ``user`` or ``agent``; ``both`` if nothing could be kept.
        at: up to where in the recording, seconds from its start.
        seconds: how much.
        reason: ``overload``, ``late``, or what kept it from being written.
    """

    TAG: ClassVar = "audio_lost"
    channel: str
    at: float
    seconds: float
    reason: str


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
class RecordingClosed:
    """The recording is complete.

    Attributes:
        reason: why: the SDK's close reason, or Earwitness's own words.
        history_sha256: digest of the folded chat history's canonical JSON.
    """

    TAG: ClassVar = "recording_closed"
    reason: str
    history_sha256: str


@frozen(kw_only=True)
class SinkFailed:
    """A sink did not take the finished report.

    Attributes:
        sink: the sink's name.
        error: type of what it raised, or ``DeadlineExceeded``.
    """

    TAG: ClassVar = "sink_failed"
    sink: str
    error: str


@frozen(kw_only=True)
class EventsLost:
    """A gap: events that were emitted and could not be kept.

    Attributes:
        count: how many.
        types: how many of each type.
        reason: what kept them from being written.
    """

    TAG: ClassVar = "events_lost"
    count: int
    types: dict[str, int]
    reason: str


@frozen(kw_only=True)
class StoreRestored:
    """The store had failed and took events again; those that waited stand before this.

    Attributes:
        error: type of the error, and the operating system's name for it if it has one.
        failed_at: when it failed first, microseconds since the Unix epoch.
        waited: how many events had to wait.
    """

    TAG: ClassVar = "store_restored"
    error: str
    failed_at: int
    waited: int


@frozen(kw_only=True)
class TornLine:
    """An unfinished line that was cut off a log and kept beside it.

    Attributes:
        file: its name in the session's folder.
        bytes: its size.
        sha256: lower-case hex digest.
    """

    file: str
    bytes: int
    sha256: str


@frozen(kw_only=True)
class RecordingRecovered:
    """The recorder had died; its recording was mended so that it can be closed.

    Attributes:
        earwitness: version of Earwitness that did it.
        last_position: position of the last event that its recorder had written, -1 if none.
        torn: what was cut off the log's end: the line that the recorder died in, and those of
            recoveries that died in turn.
    """

    TAG: ClassVar = "recording_recovered"
    earwitness: str
    last_position: int
    torn: list[TornLine]


@frozen(kw_only=True)
class EventWrapped:
    """An event that no log may hold as it was given: its type is no tag, or its payload no line.

    Attributes:
        type: the type that it was given.
        content: the bytes that it was given as its payload.
    """

    TAG: ClassVar = "event_wrapped"
    type: str
    content: Any


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
        AudioOpened,
        AudioLost,
        AnswerPlayed,
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
