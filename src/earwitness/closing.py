"""The end of a recording: what is still to be said, the report, the last line and the last seal.

All of it blocks, and happens on a thread of its own beside a call that may still go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .audio import AUDIO_NAME, Sound, seal_audio
from .audit import AuditTrail
from .background import breathe, breathing, in_turn, scribe
from .discretion import Discretion
from .events import (
    NO_EVENTS,
    AudioMissing,
    AudioWithheld,
    Event,
    RecordingClosed,
    SinkFailed,
)
from .exceptions import EarwitnessError, SessionNotFoundError
from .privacy.consent import withdrawn
from .projections.report import ReportFold, SessionReport, fold_report
from .sealing import Seal
from .sinks import REPORT_NAME, Sink, deliver
from .stores import EventStore, FolderStore
from .stores.contents import write_content
from .stores.journal import JournalEventStore
from .writing import EventWriter, error_name

if TYPE_CHECKING:
    from .encryption.cipher import DataKey

_AUDIT_PATIENCE_SECONDS: Final = 1.0


class LastWords:
    """What is still to be recorded of a session when its recording is closed: here, nothing.

    Args:
        audio: the audio file to keep, if any.
    """

    def __init__(self, audio: Path | None = None) -> None:
        self.audio = audio

    def begin(self) -> None:
        """Record what is to stand in the log before all else."""

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
        discretion: decides what of the last words is written.
        sinks: take the finished report.
        sink_deadline: seconds that each sink has.
        erase_withdrawn: erases from a closed session what a party took back their consent to.
    """

    def __init__(
        self,
        writer: EventWriter,
        store: EventStore,
        session_id: str,
        seal: Seal | None,
        audit: AuditTrail,
        discretion: Discretion,
        sinks: Sequence[Sink],
        sink_deadline: float,
        erase_withdrawn: Callable[[JournalEventStore, str], object],
    ) -> None:
        self._writer = writer
        self._store = store
        self._session_id = session_id
        self._seal = seal
        self._audit = audit
        self._discretion = discretion
        self._sinks = tuple(sinks)
        self._sink_deadline = sink_deadline
        self._erase_withdrawn = erase_withdrawn
        self._fold = ReportFold()
        self._folded = NO_EVENTS

    def run(
        self,
        reason: str,
        last_words: LastWords | None,
        sound: Sound | None,
        loop: asyncio.AbstractEventLoop | None,
    ) -> SessionReport:
        """Close the recording, and give back its report.

        Args:
            reason: why it is closed, for the log.
            last_words: what is to be recorded before.
            sound: the recording of the call's sound, if there is one.
            loop: where sinks that are coroutines are run.

        Raises:
            LogError: the log could not be read back.
            OSError: nor could the store.
        """
        report = self._complete(reason, last_words, sound)
        if self._discretion.erases:
            report = self._erase()
        self._seal_now()
        self._deliver(report, loop)
        self._seal_now()
        # LiveKit's job processes end without running exit handlers.
        scribe.flush(_AUDIT_PATIENCE_SECONDS)
        return report

    def _complete(
        self, reason: str, last_words: LastWords | None, sound: Sound | None
    ) -> SessionReport:
        if last_words is not None:
            with in_turn():
                self._let_speak(last_words)
        self._writer.conclude()
        if sound is not None and sound.has_begun:
            self._keep_sound(sound)
        elif last_words is not None and last_words.audio is not None:
            self._keep_audio(last_words.audio)
        with in_turn():
            for _ in self._new_events():
                pass
            breathe()
            report = self._fold.result()
            breathe()
            self._write_report(report)
            digest = self._fold.history_digest()
        self._conclude_with(RecordingClosed(reason=reason, history_sha256=digest))
        told = self._discretion.note(reason)
        self._audit.tell("session_closed", reason=told, events=self._writer.version + 1)
        return report

    def _erase(self) -> SessionReport:
        """Erase what a party took back their consent to; the report of what is left."""
        if self._seal is not None:
            self._seal.end()  # the erasure seals; until it has, recovery would see to it
        self._writer.shut()
        try:
            if isinstance(self._store, JournalEventStore):
                self._erase_withdrawn(self._store, self._session_id)
        except (EarwitnessError, OSError) as error:
            self._audit.tell("erasure_failed", level="error", error=error_name(error))
        events = list(self._writer.events())
        gone = withdrawn(events)
        return fold_report(e.without_payload() if e.position in gone else e for e in events)

    def _let_speak(self, last_words: LastWords) -> None:
        try:
            last_words.begin()
            last = self._writer.version  # the session may go on, faster than it is read
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
        if (why := self._discretion.withholds_audio) is not None:
            self._conclude_with(AudioWithheld(reason=why))
            return
        try:
            folder, key = self._place(self._store)
            self._conclude_with(seal_audio(self._store.disk, path, folder, key))
        except (OSError, SessionNotFoundError, ValueError) as error:
            self._conclude_with(AudioMissing(path=str(path), error=error_name(error)))

    def _keep_sound(self, sound: Sound) -> None:
        try:
            for fact in sound.seal():
                self._conclude_with(fact)
        except (OSError, SessionNotFoundError) as error:
            self._conclude_with(AudioMissing(path=AUDIO_NAME, error=error_name(error)))

    def _place(self, store: FolderStore) -> tuple[Path, DataKey | None]:
        return store.folder(self._session_id), store.data_key(self._session_id)

    def _write_report(self, report: SessionReport) -> None:
        if not isinstance(self._store, FolderStore) or not self._writer.owns:
            return
        try:
            folder, key = self._place(self._store)
            write_content(self._store.disk, folder / REPORT_NAME, report.to_json(), key)
        except (OSError, SessionNotFoundError) as error:
            self._sink_failed(SinkFailed(sink=REPORT_NAME, error=error_name(error)))

    def _deliver(self, report: SessionReport, loop: asyncio.AbstractEventLoop | None) -> None:
        for failure in deliver(self._sinks, report, loop=loop, deadline=self._sink_deadline):
            self._sink_failed(failure)

    def _sink_failed(self, failure: SinkFailed) -> None:
        self._conclude_with(failure)
        self._audit.tell("sink_failed", level="error", sink=failure.sink, error=failure.error)

    def _conclude_with(self, event: Any) -> None:
        self._discretion.last_word(event, partial(self._writer.write, concluding=True))

    def _seal_now(self) -> None:
        if self._seal is not None:
            self._seal.try_seal()
