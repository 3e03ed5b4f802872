"""The way of an event into the store, whatever the store thinks of it.

The synchronous part of recording: give the event its place and its commitment, and hand it to the
store. When the store fails the event waits in memory, and whatever comes after it waits behind it.
A background thread tries again, with each event that comes and in between; what finds no room to
wait is counted, and the gap is recorded.
"""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from attrs import frozen

from .audit import AuditTrail
from .background import keeper
from .backlog import Backlog
from .codec import (
    decode_line,
    dump,
    fits_line,
    is_recordable,
    new_event,
    new_line,
    withheld_line,
)
from .events import NO_EVENTS, Event, EventWrapped
from .exceptions import SessionNotFoundError
from .stores import EventStore, FolderStore, line_door

T = TypeVar("T")

RETRY_SECONDS: Final = 1.0
"""How long a store that failed is left alone before it is tried again without an event's asking."""
_PAUSE_SECONDS: Final = 0.00005
ENDING: Final = (KeyboardInterrupt, SystemExit)
"""What ends a process. All else that a store raises is its failure, CancelledError too."""


@frozen
class Health:
    """How recording goes.

    Attributes:
        ok: everything recorded so far is in the store.
        waiting: events that wait for the store to take them.
        lost: events that found no room to wait.
        error: the store's last error, empty while all is well.
    """

    ok: bool
    waiting: int
    lost: int
    error: str


class EventWriter:
    """Writes one stream. Safe to call from any thread, and from within itself.

    Args:
        store: where the events go.
        stream: the stream's name.
        audit: hears of the store's failing and of its coming back.
        when_written: called with the position and the leaf of each event that the store has
            taken, in order.
        before_release: called when none will follow any more, while the stream is still held.
    """

    def __init__(
        self,
        store: EventStore,
        stream: str,
        audit: AuditTrail,
        when_written: Callable[[int, bytes], object] | None = None,
        before_release: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._append_line = line_door(store)
        self._stream = stream
        self._audit = audit
        self._when_written = when_written or _nothing
        self._before_release = before_release
        # Re-entrant: a signal handler or a finalizer may emit while an event is being written.
        self._lock = threading.RLock()
        self._writing = False
        self._deferred: deque[tuple[str, bytes]] = deque()
        self._version = NO_EVENTS
        self._stored = NO_EVENTS
        self._backlog = Backlog()
        # Held by the one that writes what waits. Who has both took this one first.
        self._catching_up = threading.RLock()
        self._trying = False
        self._woken = False
        self._retrying = False
        self._concluded = False
        self._shut = False
        self._released = False

    @property
    def version(self) -> int:
        """Position of the last event, written or waiting."""
        return self._version

    @property
    def health(self) -> Health:
        """How recording goes, at this moment."""
        with self._lock:
            backlog = self._backlog
            return Health(not backlog, len(backlog.events), backlog.lost, backlog.reason)

    def began(self, first: Event) -> None:
        """Take over a stream whose first event is in the store already."""
        self._version = self._stored = first.position
        self._when_written(first.position, withheld_line(first))

    @property
    def owns(self) -> bool:
        """True once the stream holds an event of this writer's."""
        return self._stored != NO_EVENTS

    def write(self, type: str, content: bytes, *, concluding: bool = False) -> int:
        """Write an event; when this returns it would survive the death of the process.

        Args:
            concluding: one of the recording's last words, for which there is always room.

        Returns:
            Its position. -1 if it has none yet, because the writing of another event led to it
            and it is written behind that; or never will, because the recording is concluded, or
            the store has failed for so long that no more may wait.
        """
        if not is_recordable(type, content):
            type, content = dump(EventWrapped(type=type, content=content))
        with self._lock:
            if self._shut or (self._concluded and not concluding):
                return NO_EVENTS
            if self._writing:
                self._deferred.append((type, content))
                return NO_EVENTS
            # As _exclusively does it, without its calls: nothing else is done as often.
            self._writing = True
            try:
                position = self._keep(type, content, concluding)
                while self._deferred:
                    self._keep(*self._deferred.popleft())
            except BaseException:
                self._take_stock()
                raise
            finally:
                self._writing = False
            if self._deferred:
                self._exclusively(_nothing)
            return position

    def events(self, after: int = NO_EVENTS) -> Iterator[Event]:
        """What the store has, and behind it what waits for the store.

        Args:
            after: only events with a greater position.

        Raises:
            LogError: the log cannot be read back.
            OSError: nor can the store, and nothing waits.
        """
        last = after
        with self._lock:  # what waits now may be written while the rest is read
            waiting = list(self._backlog.events)
        try:
            # A stream that took none of ours is somebody else's.
            for event in self._store.read(self._stream, after) if self.owns or not waiting else ():
                last = event.position
                yield event
        except (OSError, SessionNotFoundError):
            if not waiting:
                raise
        yield from [event for event in waiting if event.position > last]

    def conclude(self) -> None:
        """Accept last words only, so that :meth:`events` are all that the report can tell of.

        Brings what the store took to the disk, and tries once more what waits. Blocks.
        """
        with self._lock:
            self._concluded = True
        if isinstance(self._store, FolderStore):
            try:
                self._store.sync(self._stream)
            except OSError as error:
                with self._lock:
                    self._failed(error_name(error))
        # A store tells of a sync that failed before it mends it.
        self.retry()
        self.retry()

    def shut(self) -> None:
        """Accept no more events. The stream is released once none of them waits any more."""
        self.retry()
        with self._lock:
            self._shut = True
        if not self._backlog:
            self._release()

    def retry(self) -> None:
        """Try once more to write what waits, and again later if that fails. Blocks.

        Events that come meanwhile wait behind the others. They are not held up: the first that
        waits, which finds out about the store and mends it, goes there without the lock, and of
        the rest a few at a time go with it, until none are left.
        """
        self._woken = False
        with self._catching_up:
            if self._trying:  # and a signal handler, or the store itself, wants it once more
                return
            self._trying, over = True, False
            try:
                over = self._try_first() and self._catch_up()
            except BaseException:  # a signal handler's
                with self._lock:
                    self._take_stock()
                raise
            finally:
                self._trying = False
                if not over:
                    self._retry_later()
        if over and self._shut:
            self._release()

    def abandon(self) -> None:
        """In a forked child: the stream is the parent's, and this copy writes nothing."""
        self._lock, self._catching_up = threading.RLock(), threading.RLock()
        self._shut = self._released = True
        self._backlog = Backlog()

    def _exclusively(self, work: Callable[[], T]) -> T:
        """Do something with the store; what is emitted meanwhile is written behind it."""
        self._writing = True
        try:
            done = work()
            while self._deferred:
                self._keep(*self._deferred.popleft())
        except BaseException:  # only a signal handler's: nobody knows how far that let us come
            self._take_stock()
            raise
        finally:
            self._writing = False
        if self._deferred:  # since the last look, by a signal handler
            self._exclusively(_nothing)
        return done

    def _take_stock(self) -> None:
        version = self._reached()
        self._backlog.written(version)
        waiting = self._backlog.events
        self._version = waiting[-1].position if waiting else version

    def _reached(self) -> int:
        try:
            return self._store.version(self._stream)
        except BaseException:  # then as far as it has told us
            return self._stored

    def _keep(self, type: str, content: bytes, concluding: bool = False) -> int:
        if self._backlog.reason:
            return self._have_wait(type, content, concluding)
        if self._append_line is None or not fits_line(content):
            event = self._next(type, content)
            try:
                self._append([event])
            except BaseException as error:
                self._missed(event, error)
            return event.position
        self._version = position = self._version + 1
        line, leaf = new_line(position, time.time_ns() // 1000, type, content)
        try:
            self._append_line(self._stream, position, line)
        except BaseException as error:
            self._missed(decode_line(line[:-1], where=self._stream), error)
        else:
            self._stored = position
            self._when_written(position, leaf)
        return position

    def _have_wait(self, type: str, content: bytes, concluding: bool) -> int:
        self._wake()
        if concluding:
            self._tell_gap()
        elif not self._backlog.admits(len(content)):
            self._backlog.lose(type)
            return NO_EVENTS
        event = self._next(type, content)
        self._backlog.add(event)
        return event.position

    def _next(self, type: str, content: bytes) -> Event:
        self._version += 1
        return new_event(self._version, time.time_ns() // 1000, type, content)

    def _append(self, events: list[Event]) -> None:
        self._store.append(self._stream, events, events[0].position - 1)
        self._stored = events[-1].position
        for event in events:
            self._when_written(event.position, withheld_line(event))

    def _missed(self, event: Event, error: BaseException) -> None:
        """Have an event wait that the store did not take; what ends the process goes on."""
        # A signal handler may raise when the store has it already.
        if isinstance(error, Exception) or self._reached() < event.position:
            self._failed(error_name(error))
            self._backlog.add(event)
            self._wake()
        if isinstance(error, ENDING):
            raise error

    def _failed(self, error: str) -> None:
        if self._backlog.failed(error, time.time_ns() // 1000):
            self._audit.tell("recording_failing", level="error", error=error)

    def _wake(self) -> None:
        """Have what waits tried now: the store may be back."""
        if not self._woken:
            self._woken = True
            keeper.submit(self.retry)

    def _retry_later(self) -> None:
        if not self._retrying:
            self._retrying = True
            keeper.submit(self._retry_in_time, delay=RETRY_SECONDS)

    def _retry_in_time(self) -> None:
        self._retrying = False
        self.retry()

    def _try_first(self) -> bool:
        with self._lock:
            waiting = self._backlog.first()
        return not waiting or self._write_waiting(waiting)

    def _catch_up(self) -> bool:
        while self._backlog:
            with self._lock:
                if not self._exclusively(self._write_some):
                    return False
            time.sleep(_PAUSE_SECONDS)  # Python would give us the lock again, whoever waits for it
        return True

    def _write_some(self) -> bool:
        """Write some of what waits, or if nothing does what is to be said of it."""
        backlog = self._backlog
        if waiting := backlog.some():
            return self._write_waiting(waiting)
        self._tell_gap()
        restored = backlog.restored()
        backlog.add(self._next(*dump(restored)))
        if not self._write_waiting([*backlog.events]):
            return False
        backlog.over()
        self._audit.tell("recording_restored", waited=restored.waited)
        return True

    def _write_waiting(self, events: list[Event]) -> bool:
        try:
            self._append(events)
        except ENDING:
            raise
        except BaseException as error:
            with self._lock:
                self._failed(error_name(error))
                if not isinstance(error, Exception):
                    self._take_stock()
            return False
        with self._lock:
            self._backlog.written(events[-1].position)
        return True

    def _tell_gap(self) -> None:
        gap = self._backlog.gap()
        if gap is not None:
            self._backlog.add(self._next(*dump(gap)))
            self._audit.tell("events_lost", level="error", count=gap.count, reason=gap.reason)

    def _release(self) -> None:
        with self._lock:
            if self._released:
                return
            self._released = True
        self._before_release()
        try:
            self._store.release(self._stream)
        except Exception as error:
            self._audit.tell("release_failed", level="error", error=error_name(error))


def _nothing(*_: object) -> None:
    pass


def error_name(error: BaseException) -> str:
    """What an error is called in the log: its type, and the system's name for it if it has one."""
    code = errno.errorcode.get(getattr(error, "errno", None) or 0)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
