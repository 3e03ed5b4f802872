"""What a session's page shows, folded once for each state of its log."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import cached_property
from typing import Final

from attrs import frozen

from ..events import AudioRecordingStarted, AudioSealed, Event
from ..projections.latency import Latency, fold_latency
from ..projections.reading import number, retold, text, told
from ..projections.story import Line, tell_story
from ..projections.timeline import Timeline, fold_timeline
from ..projections.transcript import fold_transcript
from ..projections.turns import fold_turns
from ..projections.usage import Usage, fold_usage
from ..stores.sessions import SessionStore

_KEPT: Final = 8


@frozen
class Audio:
    """The audio file of a session.

    Attributes:
        file: its name in the session's folder.
        started_at: when it begins, microseconds since the Unix epoch.
        seconds: how long it is, None if it does not tell.
    """

    file: str
    started_at: int
    seconds: float | None


class Folded:
    """One session as its log stood; each part is folded when it is asked for first.

    Args:
        events: the session's, in order.
    """

    def __init__(self, events: list[Event]) -> None:
        self._events = retold(events)
        self._lock = threading.RLock()

    @property
    def version(self) -> int:
        """The position of the last event, -1 if there is none."""
        return len(self._events.events) - 1

    def event(self, position: int) -> Event | None:
        """The event at a position, None if there is none."""
        inside = 0 <= position <= self.version
        return self._events.events[position] if inside else None

    @cached_property
    def timeline(self) -> Timeline:
        """See :func:`fold_timeline`."""
        with self._lock:
            return fold_timeline(self._events)

    @cached_property
    def story(self) -> list[Line]:
        """See :func:`fold_story`."""
        with self._lock:
            turns = fold_turns(self._events)
            return tell_story(fold_transcript(self._events), self.timeline, turns)

    @cached_property
    def latency(self) -> Latency:
        """See :func:`fold_latency`."""
        with self._lock:
            return fold_latency(self._events)

    @cached_property
    def usage(self) -> list[Usage]:
        """See :func:`fold_usage`."""
        with self._lock:
            return fold_usage(self._events)

    @cached_property
    def audio(self) -> Audio | None:
        """The audio beside the log, None if none was sealed."""
        with self._lock:
            found = list(told(self._events, {AudioRecordingStarted.TAG, AudioSealed.TAG}))
        by_type = {event.type: payload for event, payload in found}
        sealed = by_type.get(AudioSealed.TAG, {})
        begun = number(by_type.get(AudioRecordingStarted.TAG, {}).get("started_at"))
        if not (file := text(sealed.get("file"))):
            return None
        started_at = round(begun * 1e6) if begun > 0 else self.timeline.start
        return Audio(file, started_at, number(sealed.get("seconds")) or None)


class Folds:
    """The sessions of a store, folded; the last few that were asked for are kept.

    Args:
        store: the store. It may be asked from several threads.
    """

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._kept: OrderedDict[str, Folded] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, session_id: str) -> Folded:
        """A session as its log stands now.

        Raises:
            SessionNotFoundError: there is no such session.
            LogError: its log cannot be read.
        """
        version = self._store.version(session_id)
        with self._lock:
            lock = self._locks.setdefault(session_id, threading.Lock())
        with lock:  # several questions of one page come at once
            kept = self._kept.get(session_id)
            if kept is None or kept.version < version:
                kept = Folded(list(self._store.read(session_id)))
            self._keep(session_id, kept)
            return kept

    def _keep(self, session_id: str, folded: Folded) -> None:
        with self._lock:
            self._kept[session_id] = folded
            self._kept.move_to_end(session_id)
            while len(self._kept) > _KEPT:
                gone, _ = self._kept.popitem(last=False)
                self._locks.pop(gone, None)
