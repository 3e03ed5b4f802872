"""The recorder: takes the facts of one session and has them on disk before it returns."""

from __future__ import annotations

import asyncio
import atexit
import errno
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, Literal

from attrs import frozen

from .audio import seal_audio
from .audit import Audit, AuditTrail
from .background import keeper, run_aside
from .backlog import Backlog
from .codec import dump, new_event
from .disk import write_durably
from .events import (
    NO_EVENTS,
    AudioMissing,
    Event,
    RecordingClosed,
    RecordingOpened,
    SinkFailed,
)
from .exceptions import ForkedError, SessionNotFoundError
from .projections.report import ReportFold, SessionReport
from .sinks import DEFAULT_DEADLINE_SECONDS, REPORT_NAME, Sink, deliver
from .stores import EventStore, FolderStore

State = Literal["recording", "closing", "closed"]

RETRY_SECONDS: Final = 1.0
"""How long a store that failed is left alone before it is tried again without an event's asking."""


@frozen
class Health:
    """How recording goes.

    Attributes:
        ok: everything recorded so far is in the store.
        waiting: events that wait for the store to take them.
        lost: events that found no room to wait.
        error: type of the store's last error, empty while all is well.
    """

    ok: bool
    waiting: int
    lost: int
    error: str


class SessionRecorder:
    """Records one session into one stream.

    Nothing that :meth:`record` meets is ever raised to its caller: when the store fails, events
    wait in memory and are written in order when it is back.

    Args:
        store: where the events go.
        opened: the first event of the log; its ``session_id`` names the stream.
        sinks: take the finished report.
        audit: the audit trail; see :mod:`earwitness.audit`.
        sink_deadline: seconds that each sink has.

    Attributes:
        session_id: the name of the session and its stream.
        store: where the events go.
    """

    def __init__(
        self,
        store: EventStore,
        opened: RecordingOpened,
        *,
        sinks: Sequence[Sink] = (),
        audit: Audit = True,
        sink_deadline: float = DEFAULT_DEADLINE_SECONDS,
    ) -> None:
        self.session_id = opened.session_id
        self.store = store
        job = {name: value for name, value in opened.job.items() if value}
        self.audit = AuditTrail(audit, session=opened.session_id, **job)
        self._sinks = tuple(sinks)
        self._sink_deadline = sink_deadline
        # Re-entrant: a signal handler or a finalizer may emit while an event is being written.
        self._lock = threading.RLock()
        self._writing = False
        self._deferred: deque[tuple[str, bytes]] = deque()
        self._version = NO_EVENTS
        self._backlog = Backlog()
        self._retrying = False
        self._state: State = "recording"
        self._before_close: Callable[[], Path | None] = lambda: None
        self._sealed: Future[SessionReport] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        _recorders.add(self)
        self.record_own(opened)
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
        with self._lock:
            backlog = self._backlog
            waiting, lost = len(backlog.events), backlog.lost
            return Health(not backlog, waiting, lost, backlog.reason if backlog else "")

    def record(self, type: str, content: bytes) -> int:
        """Record an event; when this returns it would survive the death of the process.

        Args:
            type: its tag.
            content: its payload's JSON.

        Returns:
            Its position. -1 if it has none yet, because it was emitted by what the writing of
            another event led to and is written behind that; or never will, because the recording
            is closed, or the store has failed for so long that no more may wait.
        """
        with self._lock:
            if self._state == "closed":
                return NO_EVENTS
            if self._writing:
                self._deferred.append((type, content))
                return NO_EVENTS
            position = self._write(type, content)
        self.audit.observe(type, position, content)
        return position

    def record_own(self, event: Any) -> int:
        """Record one of Earwitness's own events."""
        return self.record(*dump(event))

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
            The report to come: the same one for every caller.
        """
        with self._lock:
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
        """
        sealed = self.close("finalized")
        return await asyncio.shield(asyncio.wrap_future(sealed))

    # -- writing, under the lock ---------------------------------------------------------------

    def _write(self, type: str, content: bytes) -> int:
        self._writing = True
        try:
            position = self._keep(type, content)
            while self._deferred:
                self._keep(*self._deferred.popleft())
        finally:
            self._writing = False
        return position

    def _keep(self, type: str, content: bytes) -> int:
        waiting = bool(self._backlog) and not self._catch_up()
        if waiting and not self._backlog.admits(len(content)):
            self._backlog.lose(type)
            return NO_EVENTS
        event = self._next(type, content)
        if waiting or not self._append([event]):
            self._backlog.add(event)
        return event.position

    def _next(self, type: str, content: bytes) -> Event:
        self._version += 1
        return new_event(self._version, time.time_ns() // 1000, type, content)

    def _append(self, events: list[Event]) -> bool:
        try:
            self.store.append(self.session_id, events, events[0].position - 1)
        except Exception as error:
            self._store_failed(error)
            return False
        return True

    def _store_failed(self, error: Exception) -> None:
        name = error_name(error)
        if self._backlog.failed(name, time.time_ns() // 1000):
            self.audit.tell("recording_failing", level="error", error=name)
        if not self._retrying:
            self._retrying = True
            keeper.submit(self._retry, delay=RETRY_SECONDS)

    def _retry(self) -> None:
        with self._lock:
            self._retrying = False
            if self._writing or not self._backlog or self._catch_up():
                return
            self._retrying = True
        keeper.submit(self._retry, delay=RETRY_SECONDS)

    def _catch_up(self) -> bool:
        """Write what waits, and what is to be said of it; True if nothing waits any more."""
        backlog = self._backlog
        if backlog.events and not self._append(backlog.events):
            return False
        gap, restored = backlog.emptied()
        for fact in (gap, restored):
            if fact is not None:
                event = self._next(*dump(fact))
                if not self._append([event]):
                    backlog.add(event)
        if gap is not None:
            self.audit.tell("events_lost", level="error", count=gap.count, reason=gap.reason)
        if backlog:
            return False
        self.audit.tell("recording_restored", waited=restored.waited)
        if self._state == "closed":
            self._release()
        return True

    # -- closing, on a thread of its own -------------------------------------------------------

    def _ask_before_close(self) -> Path | None:
        try:
            return self._before_close()
        except Exception as error:
            self.audit.tell("closing_incomplete", level="error", error=error_name(error))
            return None

    def _close(self, reason: str, audio: Path | None) -> None:
        try:
            report = self._seal(reason, audio)
            self._deliver(report)
        except BaseException as error:
            self.audit.tell("closing_failed", level="error", error=error_name(error))
            self._over()
            self._sealed.set_exception(error)
        else:
            self._over()
            self._sealed.set_result(report)

    def _over(self) -> None:
        with self._lock:
            self._state = "closed"
            if not self._backlog:  # else the last retry does it
                self._release()
        _recorders.discard(self)

    def _seal(self, reason: str, audio: Path | None) -> SessionReport:
        if audio is not None:
            self._keep_audio(audio)
        fold = ReportFold()
        for event in self._events():
            fold.apply(event)
        report = fold.result()
        self._write_report(report)
        self.record_own(RecordingClosed(reason=reason, history_sha256=fold.history_digest()))
        self.audit.tell("session_closed", reason=reason, events=self._version + 1)
        return report

    def _events(self) -> Iterator[Event]:
        """What the store has, and behind it what waits for the store."""
        last = NO_EVENTS
        try:
            for event in self.store.read(self.session_id):
                last = event.position
                yield event
        except (OSError, SessionNotFoundError):
            if not self._backlog:
                raise
        yield from [event for event in self._backlog.events if event.position > last]

    def _keep_audio(self, path: Path) -> None:
        if not isinstance(self.store, FolderStore):
            return
        try:
            folder = self.store.folder(self.session_id)
            self.record_own(seal_audio(self.store.disk, path, folder))
        except (OSError, SessionNotFoundError) as error:
            self.record_own(AudioMissing(path=str(path), error=error_name(error)))

    def _write_report(self, report: SessionReport) -> None:
        if not isinstance(self.store, FolderStore):
            return
        try:
            path = self.store.folder(self.session_id) / REPORT_NAME
            write_durably(self.store.disk, path, report.to_json())
        except (OSError, SessionNotFoundError) as error:
            self._sink_failed(SinkFailed(sink=REPORT_NAME, error=error_name(error)))

    def _deliver(self, report: SessionReport) -> None:
        for failure in deliver(
            self._sinks, report, loop=self._loop, deadline=self._sink_deadline
        ):
            self._sink_failed(failure)

    def _sink_failed(self, failure: SinkFailed) -> None:
        self.record_own(failure)
        self.audit.tell("sink_failed", level="error", sink=failure.sink, error=failure.error)

    def _release(self) -> None:
        try:
            self.store.release(self.session_id)
        except Exception as error:
            self.audit.tell("release_failed", level="error", error=error_name(error))

    # -- the ends of processes -----------------------------------------------------------------

    def _abandon(self) -> None:
        """In a forked child: the recording is the parent's, and this copy writes nothing."""
        self._lock = threading.RLock()
        self._state = "closed"
        self._backlog = Backlog()
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
        self._retry()


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


def error_name(error: BaseException) -> str:
    """What an error is called in the log: its type, and the system's name for it if it has one."""
    code = errno.errorcode.get(getattr(error, "errno", None) or 0)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
