"""The end of a recording: what is still to be said, the report, the last line and the last seal.

All of it blocks, and happens on a thread of its own beside a call that may still go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from .audio import seal_audio
from .audit import AuditTrail
from .background import breathing, scribe
from .codec import dump
from .disk import write_durably
from .events import NO_EVENTS, AudioMissing, Event, RecordingClosed, SinkFailed
from .exceptions import SessionNotFoundError
from .projections.report import ReportFold, SessionReport
from .sealing import Seal
from .sinks import REPORT_NAME, Sink, deliver
from .stores import EventStore, FolderStore
from .writing import EventWriter, error_name

_AUDIT_PATIENCE_SECONDS: Final = 1.0


class LastWords:
    """What is still to be recorded of a session when its recording is closed: here, nothing.

    Args:
        audio: the audio file to keep, if any.
    """

    def __init__(self, audio: Path | None = None) -> None:
        self.audio = audio

    def hear(self, event: Event) -> None:
        """Take in the next event of the log as it stands."""

    def tell(self) -> None:
        """Record what the log did not tell."""


class Closing:
    """Closes the recording of one session.

    Args:
        writer: of the session's stream.
        store: where the stream is.
        session_id: its name.
        seal: of the log, if it has one.
        audit: the session's audit trail.
        sinks: take the finished report.
        sink_deadline: seconds that each sink has.
    """

    def __init__(
        self,
        writer: EventWriter,
        store: EventStore,
        session_id: str,
        seal: Seal | None,
        audit: AuditTrail,
        sinks: Sequence[Sink],
        sink_deadline: float,
    ) -> None:
        self._writer = writer
        self._store = store
        self._session_id = session_id
        self._seal = seal
        self._audit = audit
        self._sinks = tuple(sinks)
        self._sink_deadline = sink_deadline
        self._fold = ReportFold()
        self._folded = NO_EVENTS

    def run(
        self,
        reason: str,
        last_words: LastWords | None,
        loop: asyncio.AbstractEventLoop | None,
    ) -> SessionReport:
        """Close the recording, and give back its report.

        Args:
            reason: why it is closed, for the log.
            last_words: what is to be recorded before.
            loop: where sinks that are coroutines are run.

        Raises:
            LogError: the log could not be read back.
            OSError: nor could the store.
        """
        report = self._complete(reason, last_words)
        self._seal_now()
        self._deliver(report, loop)
        self._seal_now()
        # LiveKit's job processes end without running exit handlers.
        scribe.flush(_AUDIT_PATIENCE_SECONDS)
        return report

    def _complete(self, reason: str, last_words: LastWords | None) -> SessionReport:
        if last_words is not None:
            self._let_speak(last_words)
        self._writer.conclude()
        if last_words is not None and last_words.audio is not None:
            self._keep_audio(last_words.audio)
        for _ in self._new_events():
            pass
        report = self._fold.result()
        self._write_report(report)
        digest = self._fold.history_digest()
        self._conclude_with(RecordingClosed(reason=reason, history_sha256=digest))
        self._audit.tell("session_closed", reason=reason, events=self._writer.version + 1)
        return report

    def _let_speak(self, last_words: LastWords) -> None:
        last = self._writer.version  # the session may go on, faster than it is read
        try:
            for event in self._new_events():
                last_words.hear(event)
                if event.position >= last:
                    break
            last_words.tell()
        except Exception as error:
            self._audit.tell("closing_incomplete", level="error", error=error_name(error))

    def _new_events(self) -> Iterable[Event]:
        """The log's events that the report does not hold yet; it does, as each is given out."""
        for event in breathing(self._writer.events(after=self._folded)):
            self._fold.apply(event)
            self._folded = event.position
            yield event

    def _keep_audio(self, path: Path) -> None:
        if not isinstance(self._store, FolderStore) or not self._writer.owns:
            return
        try:
            folder = self._store.folder(self._session_id)
            self._conclude_with(seal_audio(self._store.disk, path, folder))
        except (OSError, SessionNotFoundError) as error:
            self._conclude_with(AudioMissing(path=str(path), error=error_name(error)))

    def _write_report(self, report: SessionReport) -> None:
        if not isinstance(self._store, FolderStore) or not self._writer.owns:
            return
        try:
            path = self._store.folder(self._session_id) / REPORT_NAME
            write_durably(self._store.disk, path, report.to_json())
        except (OSError, SessionNotFoundError) as error:
            self._sink_failed(SinkFailed(sink=REPORT_NAME, error=error_name(error)))

    def _deliver(self, report: SessionReport, loop: asyncio.AbstractEventLoop | None) -> None:
        for failure in deliver(self._sinks, report, loop=loop, deadline=self._sink_deadline):
            self._sink_failed(failure)

    def _sink_failed(self, failure: SinkFailed) -> None:
        self._conclude_with(failure)
        self._audit.tell("sink_failed", level="error", sink=failure.sink, error=failure.error)

    def _conclude_with(self, event: Any) -> None:
        self._writer.write(*dump(event), concluding=True)

    def _seal_now(self) -> None:
        if self._seal is not None:
            self._seal.try_seal()
