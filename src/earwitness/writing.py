"""The way of an event into the store, whatever the store thinks of it.

The synchronous part of recording: give the event its place and its commitment, and hand it to the
store. When the store fails the event waits in memory, in order, and is tried again with the next
one and from a background thread; what finds no room to wait is counted, and the gap is recorded.
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
        with self._lock:
            self._shut = True
            if not self._backlog:
                self._release()

    def retry(self) -> None:
        """Try once more to write what waits, and again later if that fails."""
        with self._lock:
            self._retrying = False
            if self._writing or not self._backlog or self._exclusively(self._catch_up):
                return
            self._retry_later()

    def abandon(self) -> None:
        """In a forked child: the stream is the parent's, and this copy writes nothing."""
        self._lock = threading.RLock()
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
        version = self._store.version(self._stream)
        self._backlog.written(version)
        waiting = self._backlog.events
        self._version = waiting[-1].position if waiting else version

    def _keep(self, type: str, content: bytes, concluding: bool = False) -> int:
        if self._backlog.reason and not self._catch_up():
            return self._have_wait(type, content, concluding)
        if self._append_line is None or not fits_line(content):
            event = self._next(type, content)
            if not self._append([event]):
                self._backlog.add(event)
            return event.position
        self._version = position = self._version + 1
        line, leaf = new_line(position, time.time_ns() // 1000, type, content)
        try:
            self._append_line(self._stream, position, line)
        except Exception as error:
            self._failed(error_name(error))
            self._backlog.add(decode_line(line[:-1], where=self._stream))
        else:
            self._stored = position
            self._when_written(position, leaf)
        return position

    def _have_wait(self, type: str, content: bytes, concluding: bool) -> int:
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

    def _append(self, events: list[Event]) -> bool:
        try:
            self._store.append(self._stream, events, events[0].position - 1)
        except Exception as error:
            self._failed(error_name(error))
            return False
        self._stored = events[-1].position
        for event in events:
            self._when_written(event.position, withheld_line(event))
        return True

    def _failed(self, error: str) -> None:
        if self._backlog.failed(error, time.time_ns() // 1000):
            self._audit.tell("recording_failing", level="error", error=error)
        self._retry_later()

    def _retry_later(self) -> None:
        if not self._retrying:
            self._retrying = True
            keeper.submit(self.retry, delay=RETRY_SECONDS)

    def _catch_up(self) -> bool:
        """Write what waits, and what is to be said of it; True if nothing waits any more."""
        backlog = self._backlog
        if not self._write_waiting():
            return False
        self._tell_gap()
        restored = backlog.restored()
        backlog.add(self._next(*dump(restored)))
        if not self._write_waiting():
            return False
        backlog.over()
        self._audit.tell("recording_restored", waited=restored.waited)
        if self._shut:
            self._release()
        return True

    def _write_waiting(self) -> bool:
        while batch := self._backlog.next():
            if not self._append(batch):
                return False
            self._backlog.written(batch[-1].position)
        return True

    def _tell_gap(self) -> None:
        gap = self._backlog.gap()
        if gap is not None:
            self._backlog.add(self._next(*dump(gap)))
            self._audit.tell("events_lost", level="error", count=gap.count, reason=gap.reason)

    def _release(self) -> None:
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
