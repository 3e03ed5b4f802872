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
from typing import Any, Literal

from .audio import Sound
from .audit import TELLING, Audit, AuditTrail
from .background import keeper, run_aside
from .closing import Closing, LastWords
from .codec import dump
from .custody.withdrawing import erase_withdrawn
from .discretion import Discretion
from .events import NO_EVENTS, Event, RecordingOpened
from .exceptions import ForkedError, LogError
from .integrity.signer import Signer
from .privacy.redaction import Redacted, Redactor
from .projections.report import SessionReport
from .projections.transcript import is_of_user
from .sealing import Seal
from .sinks import DEFAULT_DEADLINE_SECONDS, Sink
from .stores import EventStore, FolderStore
from .writing import EventWriter, Health, error_name

State = Literal["recording", "closing", "closed"]


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
        sound: the recording of the call's sound, if there is to be one.
        state: ``recording``, then ``closing`` while the log is being closed, then ``closed``.
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
        self._seal = None
        if isinstance(store, FolderStore):
            find_signer = (lambda: signer) if signer is not None else store.signer
            self._seal = Seal(
                store, opened.session_id, find_signer, self.audit, aside=keeper.submit
            )
        grow = None if self._seal is None else self._seal.add
        self._writer = EventWriter(store, opened.session_id, self.audit, grow, self._seal_last)
        self._closing = Closing(
            self._writer,
            store,
            opened.session_id,
            self._seal,
            self.audit,
            self,
            sinks,
            sink_deadline,
            functools.partial(erase_withdrawn, audit=audit, signer=signer),
        )
        self.sound: Sound | None = None
        self.state: State = "recording"
        self._beginning_to_close = threading.RLock()
        self._before_close: Callable[[], LastWords | None] = lambda: None
        self._sealed: Future[SessionReport] = Future()
        self._sealed.set_running_or_notify_cancel()  # who waits for it may not cancel it
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
        return f"<SessionRecorder {self.session_id!r} {self.state}>"

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
        if position == NO_EVENTS and self.state != "recording":
            if not self._late_told:
                self._late_told = True
                self.audit.tell("event_after_close", level="warning", type=type)
        elif type in TELLING:
            self.audit.observe(type, position, content)
        return position

    @property
    def is_deaf(self) -> bool:
        """True if it takes no events any more and has said so: there is no use in making any."""
        return self._late_told and self.state == "closed"

    def record_own(self, event: Any) -> int:
        """Record one of Earwitness's own events."""
        return self.record(*dump(event))

    def checkpoint_soon(self) -> None:
        """Have the log sealed as it stands, in the background: at the end of a turn, say.

        While events come this happens by itself, at the latest after
        :data:`~earwitness.sealing.CHECKPOINT_SECONDS`.
        """
        if self._seal is not None and (delay := self._seal.ask()) is not None:
            keeper.submit(self._seal.try_seal, delay=delay)

    def before_close(self, hook: Callable[[], LastWords | None]) -> None:
        """Have a look taken at the session when its recording is closed.

        Args:
            hook: called by :meth:`close`, and therefore in no time: takes down what may not stay
                as it is, and leaves the rest to what it returns.
        """
        self._before_close = hook

    def close(self, reason: str) -> Future[SessionReport]:
        """Begin to close the recording; the work itself is done on another thread.

        Args:
            reason: why, for the log.

        Returns:
            The report to come, the same one for every caller.
        """
        with self._beginning_to_close:
            if self.state != "recording":
                return self._sealed
            self.state = "closing"
        last_words = None
        try:
            last_words = self._ask_before_close()
            if self.sound is not None:
                self.sound.end()
            self._loop = _running_loop()
        finally:  # also if a signal handler raises: somebody may wait for the report
            run_aside(lambda: self._close(reason, last_words))
        return self._sealed

    async def closed(self, timeout: float) -> bool:
        """Wait for the recording to be closed by whatever else closes it.

        Args:
            timeout: seconds to wait.

        Returns:
            False if nothing has closed it in that time.
        """
        sealed = asyncio.wrap_future(self._sealed)
        sealed.add_done_callback(_pass_over_error)
        done, _ = await asyncio.wait({sealed}, timeout=timeout)
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

    def _ask_before_close(self) -> LastWords | None:
        try:
            return self._before_close()
        except Exception as error:
            self.audit.tell("closing_incomplete", level="error", error=error_name(error))
            return None

    def _close(self, reason: str, last_words: LastWords | None) -> None:
        try:
            report = self._closing.run(reason, last_words, self.sound, self._loop)
        except BaseException as error:
            self.audit.tell("closing_failed", level="error", error=error_name(error))
            self._over()
            self._sealed.set_exception(error)
        else:
            self._over()
            self._sealed.set_result(report)

    def _seal_last(self) -> None:
        # What waited for the store longer than for the close is not sealed yet.
        if self._seal is not None:
            self._seal.try_seal()
            self._seal.end()

    def _over(self) -> None:
        self.state = "closed"
        self._writer.shut()
        if self._redactor is not None:
            with self._door:
                self._redactor.forget()

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
        self._beginning_to_close = threading.RLock()
        self.state = "closed"
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
        if self.state == "recording":
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


def _pass_over_error(sealed: asyncio.Future[SessionReport]) -> None:
    # Who only waits does not want to know how it ended; asyncio would log that nobody asked.
    if not sealed.cancelled():
        sealed.exception()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
