"""The recorder: takes the facts of one session and has them on disk before it returns."""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, Literal

from .audio import seal_audio
from .audit import Audit, AuditTrail
from .background import keeper, run_aside, scribe
from .codec import dump
from .custody.withdrawing import erase_withdrawn
from .discretion import Discretion
from .disk import write_durably
from .events import (
    NO_EVENTS,
    AudioMissing,
    AudioWithheld,
    Event,
    RecordingClosed,
    RecordingOpened,
    SinkFailed,
)
from .exceptions import EarwitnessError, ForkedError, LogError, SessionNotFoundError
from .integrity.signer import Signer
from .privacy.consent import holds_content
from .privacy.erasure import withhold
from .privacy.redaction import Redacted, Redactor
from .projections.report import ReportFold, SessionReport, fold_report
from .projections.transcript import is_of_user
from .sealing import CHECKPOINT_SECONDS, Seal
from .sinks import DEFAULT_DEADLINE_SECONDS, REPORT_NAME, Sink, deliver
from .stores import EventStore, FolderStore
from .stores.journal import JournalEventStore
from .writing import EventWriter, Health, error_name

State = Literal["recording", "closing", "closed"]

_AUDIT_PATIENCE_SECONDS: Final = 1.0


class SessionRecorder(Discretion):
    """Records one session into one stream.

    Nothing that :meth:`record` meets is ever raised to its caller: when the store fails, events
    wait in memory and are written in order when it is back.

    Args:
        store: where the events go.
        opened: the first event of the log; its ``session_id`` names the stream.
        sinks: take the finished report.
        audit: the audit trail; see :mod:`earwitness.audit`.
        sink_deadline: seconds that each sink has.
        signer: signs the checkpoints; by default the store's own.
        first: the first event, if the store has it already.
        redactor: takes out of every event what its policy does not let be written.

    Attributes:
        session_id: the name of the session and its stream.
        store: where the events go.
        audit: the session's audit trail.
    """

    def __init__(
        self,
        store: EventStore,
        opened: RecordingOpened,
        *,
        sinks: Sequence[Sink] = (),
        audit: Audit = True,
        sink_deadline: float = DEFAULT_DEADLINE_SECONDS,
        signer: Signer | None = None,
        first: Event | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        bound = opened if redactor is None else redactor.opened(opened)
        job = {name: value for name, value in bound.job.items() if value}
        super().__init__(redactor, AuditTrail(audit, session=opened.session_id, **job))
        self.session_id = opened.session_id
        self.store = store
        self._sinks = tuple(sinks)
        self._sink_deadline = sink_deadline
        self._seal = None
        if isinstance(store, FolderStore):
            find_signer = (lambda: signer) if signer is not None else store.signer
            self._seal = Seal(store, opened.session_id, find_signer, self.audit)
        self._erase_withdrawn = functools.partial(erase_withdrawn, audit=audit, signer=signer)
        self._writer = EventWriter(store, opened.session_id, self.audit, self._written)
        self._state: State = "recording"
        self._closing = threading.RLock()
        self._before_close: Callable[[], Path | None] = lambda: None
        self._sealed: Future[SessionReport] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._late_told = False
        _recorders.add(self)
        if first is None:
            self.record_own(opened)
        else:
            self._writer.began(first)
        if redactor is not None:
            self._write(*dump(redactor.policy.adopted()))  # which says nothing of the session
            self._follow_consent()
        self.audit.tell("session_opened", store=repr(store))

    def __repr__(self) -> str:
        return f"<SessionRecorder {self.session_id!r} {self._state}>"

    @property
    def state(self) -> State:
        """``recording``, then ``closing`` while the log is being closed, then ``closed``."""
        return self._state

    @property
    def health(self) -> Health:
        """How recording goes, at this moment."""
        return self._writer.health

    def record(self, type: str, content: bytes) -> int:
        """Record an event; when this returns it would survive the death of the process.

        Args:
            type: its tag.
            content: its payload's JSON.

        Returns:
            Its position, or -1 if it has none: see :meth:`EventWriter.write`.
        """
        if self._redactor is None:
            return self._write(type, content)
        return self._passed(self._redactor, type, content, self._write)

    def _write(self, type: str, content: bytes) -> int:
        position = self._writer.write(type, content)
        if position == NO_EVENTS and self._state != "recording":
            if not self._late_told:
                self._late_told = True
                self.audit.tell("event_after_close", level="warning", type=type)
        else:
            self.audit.observe(type, position, content)
        return position

    def record_own(self, event: Any) -> int:
        """Record one of Earwitness's own events."""
        return self.record(*dump(event))

    def checkpoint_soon(self) -> None:
        """Have the log sealed as it stands, in the background: at the end of a turn, say.

        While events come this happens by itself, at the latest after
        :data:`~earwitness.sealing.CHECKPOINT_SECONDS`.
        """
        if self._seal is not None:
            keeper.submit(self._seal.try_seal)

    def before_close(self, hook: Callable[[], Path | None]) -> None:
        """Have something done, on the closing thread, before the recording is closed.

        Args:
            hook: records what is still to be said, and returns the audio file to keep, if any.
        """
        self._before_close = hook

    def close(self, reason: str) -> Future[SessionReport]:
        """Begin to close the recording; the work itself is done on another thread.

        Args:
            reason: why, for the log.

        Returns:
            The report to come, the same one for every caller.
        """
        with self._closing:
            if self._state != "recording":
                return self._sealed
            self._state = "closing"
        audio = self._ask_before_close()
        self._loop = _running_loop()
        run_aside(lambda: self._close(reason, audio))
        return self._sealed

    async def closed(self, timeout: float) -> bool:
        """Wait for the recording to be closed by whatever else closes it.

        Args:
            timeout: seconds to wait.

        Returns:
            False if nothing has closed it in that time.
        """
        done, _ = await asyncio.wait({asyncio.wrap_future(self._sealed)}, timeout=timeout)
        return bool(done)

    async def finalize(self) -> SessionReport:
        """Close the recording, if that has not happened by itself, and give back the report.

        May be called any number of times and from several tasks at once; each gets the same
        report. Cancelling a call does not stop the closing.

        Raises:
            LogError: the log could not be read back.
            OSError: the store failed for good; ``earwitness recover`` closes the session later.
            ForkedError: the recorder belongs to the process that this one was forked from.
        """
        sealed = self.close("finalized")
        return await asyncio.shield(asyncio.wrap_future(sealed))

    # -- closing, on a thread of its own -------------------------------------------------------

    def _ask_before_close(self) -> Path | None:
        try:
            return self._before_close()
        except Exception as error:
            self.audit.tell("closing_incomplete", level="error", error=error_name(error))
            return None

    def _close(self, reason: str, audio: Path | None) -> None:
        try:
            report = self._complete(reason, audio)
            if self._erases:
                report = self._erase()
            self._seal_now()
            self._deliver(report)
            self._seal_now()
            # LiveKit's job processes end without running exit handlers.
            scribe.flush(_AUDIT_PATIENCE_SECONDS)
        except BaseException as error:
            self.audit.tell("closing_failed", level="error", error=error_name(error))
            self._over()
            self._sealed.set_exception(error)
        else:
            self._over()
            self._sealed.set_result(report)

    def _written(self, events: list[Event]) -> None:
        if self._seal is not None and self._seal.add(events):
            keeper.submit(self._seal.try_seal, delay=CHECKPOINT_SECONDS)

    def _seal_now(self) -> None:
        if self._seal is not None:
            self._seal.try_seal()

    def _over(self) -> None:
        self._state = "closed"
        self._writer.shut()
        if self._redactor is not None:
            with self._door:
                self._redactor.forget()

    def _complete(self, reason: str, audio: Path | None) -> SessionReport:
        self._writer.conclude()
        if audio is not None:
            self._keep_audio(audio)
        told = self._told(reason)
        fold = ReportFold()
        for event in self._writer.events():
            fold.apply(event)
        report = fold.result()
        self._write_report(report)
        self._conclude_with(RecordingClosed(reason=reason, history_sha256=fold.history_digest()))
        self.audit.tell("session_closed", reason=told, events=self._writer.version + 1)
        return report

    def _erase(self) -> SessionReport:
        """Erase what a party took back their consent to; the report of what is left."""
        if self._seal is not None:
            self._seal.end()  # the erasure seals; until it has, recovery would see to it
        self._writer.shut()
        try:
            if isinstance(self.store, JournalEventStore):
                self._erase_withdrawn(self.store, self.session_id)
        except (EarwitnessError, OSError) as error:
            self.audit.tell("erasure_failed", level="error", error=error_name(error))
        left = (withhold(e) if holds_content(e) else e for e in self._writer.events())
        return fold_report(left)

    def _keep_audio(self, path: Path) -> None:
        if not isinstance(self.store, FolderStore) or not self._writer.owns:
            return
        if self._redactor is not None and (why := self._redactor.withholds_audio) is not None:
            self._conclude_with(AudioWithheld(reason=why))
            return
        try:
            folder = self.store.folder(self.session_id)
            self._conclude_with(seal_audio(self.store.disk, path, folder))
        except (OSError, SessionNotFoundError) as error:
            self._conclude_with(AudioMissing(path=str(path), error=error_name(error)))

    def _write_report(self, report: SessionReport) -> None:
        if not isinstance(self.store, FolderStore) or not self._writer.owns:
            return
        try:
            path = self.store.folder(self.session_id) / REPORT_NAME
            write_durably(self.store.disk, path, report.to_json())
        except (OSError, SessionNotFoundError) as error:
            self._sink_failed(SinkFailed(sink=REPORT_NAME, error=error_name(error)))

    def _deliver(self, report: SessionReport) -> None:
        for failure in deliver(self._sinks, report, loop=self._loop, deadline=self._sink_deadline):
            self._sink_failed(failure)

    def _sink_failed(self, failure: SinkFailed) -> None:
        self._conclude_with(failure)
        self.audit.tell("sink_failed", level="error", sink=failure.sink, error=failure.error)

    def _conclude_with(self, event: Any) -> None:
        def write(type: str, content: bytes) -> int:
            return self._writer.write(type, content, concluding=True)

        if self._redactor is None:
            write(*dump(event))
        else:
            self._passed(self._redactor, *dump(event), write)

    # -- what is not written -------------------------------------------------------------------

    def _withheld(self, redacted: Redacted, position: int) -> None:
        for why in ("failed", "slow", "long"):
            if count := redacted.withheld.get(why):
                self.audit.tell(
                    "content_withheld", level="warning", position=position, why=why, count=count
                )

    def _last_words(self) -> int | None:
        try:
            said = [event.position for event in self._writer.events() if is_of_user(event)]
        except (OSError, LogError):
            return None
        return said[-1] if said else None

    # -- the ends of processes -----------------------------------------------------------------

    def _abandon(self) -> None:
        """In a forked child: the recording is the parent's, and this copy writes nothing."""
        self._writer.abandon()
        self._seal = None
        self._door = threading.RLock()
        self._closing = threading.RLock()
        self._state = "closed"
        self._sealed = Future()
        self._sealed.set_exception(
            ForkedError(
                "This process is a fork of the one that records the session.",
                where=f"session {self.session_id!r}",
                hint="Finalize in the process that attached the recorder.",
            )
        )

    def _exit(self) -> None:
        """At the interpreter's exit: close what is still open, and try once more what waits."""
        if self._state == "recording":
            self.close("interpreter exit")
        self._writer.retry()


_recorders: weakref.WeakSet[SessionRecorder] = weakref.WeakSet()


def _abandon_all() -> None:
    for recorder in list(_recorders):
        recorder._abandon()
    _recorders.clear()


def _exit_all() -> None:
    for recorder in list(_recorders):
        recorder._exit()


os.register_at_fork(after_in_child=_abandon_all)
atexit.register(_exit_all)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
