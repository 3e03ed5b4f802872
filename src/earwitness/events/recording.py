"""Facts about the recording itself: its beginning and its end, and what befell it meanwhile."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen


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
class AudioSealed:
    """The audio file stands beside the log, complete: recorded there, or copied from the SDK's.

    Attributes:
        file: its name in the session's folder.
        sha256: lower-case hex digest of its bytes.
        bytes: its size.
        seconds: its duration, or None if the file does not tell.
        content_sha256: that of what it decrypts to; None if it is not encrypted. A disclosed copy
            holds that, without ``.enc`` behind its name.
    """

    TAG: ClassVar = "audio_sealed"
    file: str
    sha256: str
    bytes: int
    seconds: float | None
    content_sha256: str | None = None


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
