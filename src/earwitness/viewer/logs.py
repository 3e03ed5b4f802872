"""The logs that are being looked at, kept in memory as far as they were read.

A log only grows, so what is new is read from where it was left; what is made of its events is made
when somebody asks for it, and kept until there are more. All of it is forgotten again, the log
first that was not looked at for longest.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar, cast

from ..events import Event, RecordingOpened
from ..exceptions import LogError
from ..projections.latency import Latency, fold_latency
from ..projections.marks import Timeline
from ..projections.reading import Retold, told
from ..projections.story import Line, tell_story
from ..projections.timeline import fold_timeline
from ..projections.transcript import fold_transcript
from ..projections.turns import fold_turns
from ..projections.usage import Usage, fold_usage
from ..stores.following import Follower
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME

T = TypeVar("T")

_MOST_BYTES: Final = 256 << 20
_FOLDS: Final = {"story", "timeline", "latency"}
_EVENT_BYTES: Final = 400  # of an event besides its payload, about


class ReadLog:
    """One log, as far as it was read.

    Args:
        store: where it is.
        session_id: its session.
    """

    def __init__(self, store: JournalEventStore, session_id: str) -> None:
        self._path = store.folder(session_id) / LOG_NAME
        self._find_key = functools.partial(store.data_key, session_id)
        self._key = self._find_key()
        self._lock = threading.Lock()
        self._status: tuple[int, int, int] = (-1, -1, -1)
        self._log = Follower(self._path, self._key)
        self._events: list[Event] = []
        self._bytes = 0
        self._folded: dict[str, Any] = {}

    @property
    def is_gone(self) -> bool:
        """True if it was decrypted with a key that was destroyed since."""
        return self._key is not None and self._find_key() is None

    @property
    def weight(self) -> int:
        """How many bytes of memory it takes, about."""
        return self._bytes

    def events(self) -> list[Event]:
        """The events by now. The list may grow, and is not to be changed.

        Raises:
            LogError: the log cannot be read.
            OSError: its file cannot be.
        """
        with self._lock, _uncollected():
            return self._current()

    def story(self) -> list[Line]:
        """See :func:`fold_story`."""
        timeline = self.timeline()
        return self._fold(
            "story",
            lambda told: tell_story(fold_transcript(told), timeline, fold_turns(told)),
        )

    def timeline(self) -> Timeline:
        """See :func:`fold_timeline`."""
        return self._fold("timeline", fold_timeline)

    def latency(self) -> Latency:
        """See :func:`fold_latency`."""
        return self._fold("latency", fold_latency)

    def usage(self) -> list[Usage]:
        """See :func:`fold_usage`."""
        return self._fold("usage", fold_usage)

    def opening(self) -> dict[str, Any]:
        """What the log's first event says."""
        return self._fold("opening", _opening)

    def _fold(self, name: str, fold: Callable[[Retold], T]) -> T:
        with self._lock, _uncollected():
            events = self._current()
            if "told" not in self._folded:
                self._folded["told"] = Retold(events)
            if name not in self._folded:
                self._folded[name] = fold(self._folded["told"])
            folded = cast(T, self._folded[name])
            if self._folded.keys() >= _FOLDS:
                del self._folded["told"]  # the payloads, decoded: nobody is likely to need them
            return folded

    def _current(self) -> list[Event]:
        found = os.stat(self._path)
        status = (found.st_size, found.st_mtime_ns, found.st_ino)
        if status == self._status:
            return self._events
        if status[2] != self._status[2] or status[0] <= self._status[0]:
            self._begin_anew()
        try:
            self._read_on()
        except LogError:
            if not self._events:
                raise
            self._begin_anew()  # perhaps another log was written in its place
            self._read_on()
        self._status = status
        self._folded = {}
        return self._events

    def _begin_anew(self) -> None:
        self._events, self._log, self._bytes = [], Follower(self._path, self._key), 0

    def _read_on(self) -> None:
        for event in self._log.read_on():
            self._events.append(event)
            self._bytes += _EVENT_BYTES + len(event.data or b"") + len(event.blob or b"")


def _opening(events: Retold) -> dict[str, Any]:
    return next((payload for _, payload in told(events, {RecordingOpened.TAG})), {})


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """While many objects are made that are there to stay, do not look through them for garbage.

    That would take as long as making them.
    """
    global _makers
    with _counting:
        _makers += 1
        gc.disable()
    try:
        yield
    finally:
        with _counting:
            _makers -= 1
            if not _makers:
                gc.enable()


_makers = 0
_counting: Final = threading.Lock()


class Logs:
    """The logs of a store that are being looked at.

    Args:
        store: the store.
    """

    def __init__(self, store: JournalEventStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._logs: OrderedDict[str, ReadLog] = OrderedDict()

    def of(self, session_id: str) -> ReadLog:
        """The log of a session.

        Raises:
            SessionNotFoundError: there is no such session.
        """
        with self._lock:
            log = self._logs.pop(session_id, None)
            if log is None or log.is_gone or not self._store.folder(session_id).is_dir():
                log = ReadLog(self._store, session_id)
            self._logs[session_id] = log
            self._make_room()
            return log

    def _make_room(self) -> None:
        while len(self._logs) > 1 and sum(log.weight for log in self._logs.values()) > _MOST_BYTES:
            self._logs.popitem(last=False)
