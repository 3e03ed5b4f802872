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
        retention: how long the recording is to be kept after its close, in seconds; None if nobody
            said.
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
    retention: float | None = None


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
    """The audio file was copied beside the log.

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


@frozen(kw_only=True)
class ErasedFile:
    """A file of the session's folder that was erased.

    Attributes:
        file: its name.
        bytes: its size.
        sha256: lower-case hex digest of what it held.
    """

    file: str
    bytes: int
    sha256: str


@frozen(kw_only=True)
class PayloadErased:
    """Payloads and their salts were removed from the log, or files from beside it, for good.

    Attributes:
        positions: the events whose payloads are gone.
        kinds: how many of each type.
        files: the audio, and what was cut off the log, as far as they are gone.
        reason: why, in the words of who did it.
        actor: who did it.
    """

    TAG: ClassVar = "payload_erased"
    positions: list[int]
    kinds: dict[str, int]
    files: list[ErasedFile]
    reason: str
    actor: str


# -- privacy ---------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PolicyAdopted:
    """The recording keeps no more than a policy lets it keep.

    Attributes:
        name: what the policy is called.
        fields: what is done with each field of content: ``keep``, ``detect``, ``withhold`` or
            ``pseudonymise``.
        detectors: what is looked for where the policy says ``detect``.
        pseudonyms: what was found is replaced by a pseudonym, not only by its kind.
        audio: the audio may be kept.
        content_after: ``consent`` if content is kept only once there is consent to it.
        on_withdrawal: what becomes of the content when the consent is withdrawn: ``keep`` or
            ``erase``.
    """

    TAG: ClassVar = "policy_adopted"
    name: str
    fields: dict[str, str]
    detectors: list[str]
    pseudonyms: bool
    audio: bool
    content_after: str | None
    on_withdrawal: str


@frozen(kw_only=True)
class RecordingPaused:
    """From here on no content is recorded; types and times are.

    Attributes:
        reason: why, in the application's words.
        actor: who paused it, in the application's words.
        depth: how many pauses are in force now.
    """

    TAG: ClassVar = "recording_paused"
    reason: str
    actor: str
    depth: int


@frozen(kw_only=True)
class RecordingResumed:
    """A pause ended. Content is recorded again if it was the last.

    Attributes:
        reason: why, in the application's words.
        actor: who ended it, in the application's words.
        depth: how many pauses are still in force.
    """

    TAG: ClassVar = "recording_resumed"
    reason: str
    actor: str
    depth: int


@frozen(kw_only=True)
class ConsentRequested:
    """A party was asked for their consent.

    Attributes:
        party: who.
        purpose: to what.
        method: how: spoken, by a key, on a web page.
        jurisdiction: under which law, as the application names it.
        position: position of the event in which it was said, or None.
    """

    TAG: ClassVar = "consent_requested"
    party: str
    purpose: str
    method: str
    jurisdiction: str
    position: int | None


@frozen(kw_only=True)
class ConsentGranted:
    """A party consented. The members are those of :class:`ConsentRequested`."""

    TAG: ClassVar = "consent_granted"
    party: str
    purpose: str
    method: str
    jurisdiction: str
    position: int | None


@frozen(kw_only=True)
class ConsentDenied:
    """A party did not consent. The members are those of :class:`ConsentRequested`."""

    TAG: ClassVar = "consent_denied"
    party: str
    purpose: str
    method: str
    jurisdiction: str
    position: int | None


@frozen(kw_only=True)
class ConsentWithdrawn:
    """A party took back their consent. The members are those of :class:`ConsentRequested`.

    Attributes:
        erase: what was recorded is to be erased, by the policy.
    """

    TAG: ClassVar = "consent_withdrawn"
    party: str
    purpose: str
    method: str
    jurisdiction: str
    position: int | None
    erase: bool


@frozen(kw_only=True)
class AudioWithheld:
    """There was audio, and it was not kept.

    Attributes:
        reason: ``policy`` if the policy keeps none; ``paused`` or ``consent`` if the recording was
            paused, or waited for consent, while the SDK recorded on.
    """

    TAG: ClassVar = "audio_withheld"
    reason: str


OWN_EVENTS: Final[dict[str, type[Any]]] = {
    cls.TAG: cls
    for cls in (
        RecordingOpened,
        SessionStarted,
        AudioRecordingStarted,
        ParticipantLinked,
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
