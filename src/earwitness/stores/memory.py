"""Events in memory: for tests, and for sessions that nobody needs afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..codec import encode_line
from ..events import NO_EVENTS, Event, RecordingClosed
from ..exceptions import WrongExpectedVersionError
from ..forking import ForkSafeLock
from .positions import check_positions
from .sessions import SessionInfo, SessionStore, State, not_found


class InMemoryEventStore(SessionStore):
    """Keeps every stream in a list. What it holds is gone with the process."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._streams: dict[str, list[Event]] = {}
        self._held: set[str] = set()

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        for event in events:
            encode_line(event)
        with self._lock:
            kept = self._streams.get(stream, [])
            version = len(kept) - 1
            if version != expected_version:
                raise WrongExpectedVersionError(
                    stream, expected_version=expected_version, actual_version=version
                )
            check_positions(events, version)
            self._streams.setdefault(stream, kept).extend(events)
            self._held.add(stream)
            return len(kept) - 1

    def read(self, stream: str, after: int = NO_EVENTS) -> Iterator[Event]:
        if stream not in self._streams:
            raise not_found(stream)
        return iter(self._streams[stream][max(0, after + 1) :])

    def version(self, stream: str) -> int:
        return len(self._streams.get(stream, ())) - 1

    def streams(self) -> Iterator[str]:
        return iter(list(self._streams))

    def release(self, stream: str) -> None:
        self._held.discard(stream)

    def session(self, session_id: str) -> SessionInfo:
        events = list(self.read(session_id))
        state: State = "live" if session_id in self._held else "interrupted"
        if any(event.type == RecordingClosed.TAG for event in events):
            state = "closed"
        opened_at = events[0].recorded_at if events else 0
        return SessionInfo(session_id, state, opened_at, len(events), None)
