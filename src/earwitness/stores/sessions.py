"""What every store can tell of its sessions, on top of the port's few calls."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from attrs import frozen

from ..encryption import KEYRING_VARIABLE
from ..events import NO_EVENTS, Event
from ..exceptions import (
    AmbiguousSessionError,
    LogError,
    PayloadEncryptedError,
    SessionNotFoundError,
)
from ..projections.report import SessionReport, fold_report

State = Literal["live", "closed", "interrupted", "damaged"]

LAST: str = "last"
"""The name by which the newest session of a store may be called."""

_SHOWN_CANDIDATES = 5


@frozen
class SessionInfo:
    """One session of a store.

    Attributes:
        session_id: the name of its stream.
        state: ``live`` while a recorder holds it, ``closed`` when it was finalized,
            ``interrupted`` when its recorder died, and ``damaged`` when its log cannot be read.
        opened_at: microseconds since the Unix epoch, of its first event.
        events: how many events it holds.
        folder: where its files are, or None for a store without files.
    """

    session_id: str
    state: State
    opened_at: int
    events: int
    folder: Path | None


class SessionStore(abc.ABC):
    """A store's questions about sessions, answered from its events."""

    @abc.abstractmethod
    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int: ...

    @abc.abstractmethod
    def read(self, stream: str, after: int = NO_EVENTS) -> Iterator[Event]: ...

    @abc.abstractmethod
    def version(self, stream: str) -> int: ...

    @abc.abstractmethod
    def streams(self) -> Iterator[str]: ...

    @abc.abstractmethod
    def release(self, stream: str) -> None: ...

    @abc.abstractmethod
    def session(self, session_id: str) -> SessionInfo:
        """What is known of one session.

        Raises:
            SessionNotFoundError: there is no such session.
            LogError: its log cannot be read.
        """

    def sessions(self) -> list[SessionInfo]:
        """Every session, newest first."""
        found = [self._session_or_damaged(stream) for stream in self.streams()]
        return sorted(found, key=lambda info: (info.opened_at, info.session_id), reverse=True)

    def report(self, session_id: str) -> SessionReport:
        """The session's report, folded from its events.

        Raises:
            SessionNotFoundError: there is no such session.
            LogError: its log cannot be read.
            PayloadEncryptedError: it is encrypted, and its key is not here.
        """
        return fold_report(_decrypted(session_id, self.read(session_id)))

    def find(self, name: str) -> str:
        """The id of the session that is meant: by its id, any unique prefix of it, or ``last``.

        Raises:
            SessionNotFoundError: none is.
            AmbiguousSessionError: more than one could be.
        """
        ids = sorted(self.streams())
        if name in ids:
            return name
        if name == LAST and ids:
            return max(ids, key=self._opened_at)
        candidates = [session_id for session_id in ids if name and session_id.startswith(name)]
        if len(candidates) == 1:
            return candidates[0]
        if not candidates:
            raise not_found(name)
        raise AmbiguousSessionError(
            "More than one session begins like that.",
            where=f"session {name!r}",
            expected="a prefix of one session's id",
            got=f"{len(candidates)} sessions: {', '.join(candidates[:_SHOWN_CANDIDATES])}",
            hint="Give more of the id.",
        )

    def _session_or_damaged(self, session_id: str) -> SessionInfo:
        try:
            return self.session(session_id)
        except LogError:
            return SessionInfo(session_id, "damaged", self._opened_at(session_id), 0, None)

    def _opened_at(self, session_id: str) -> int:
        try:
            return next((event.recorded_at for event in self.read(session_id)), 0)
        except LogError:  # of all sessions, one that is damaged is not the one that was meant
            return 0


def _decrypted(session_id: str, events: Iterable[Event]) -> Iterator[Event]:
    for event in events:
        if event.encrypted is not None:
            raise PayloadEncryptedError(
                "The session is encrypted, and its key is not here.",
                where=f"session {session_id!r}",
                hint=f"${KEYRING_VARIABLE} says where the keys are.",
            )
        yield event


def not_found(name: str) -> SessionNotFoundError:
    """The error for a session that is not there."""
    return SessionNotFoundError(
        "The store holds no such session.",
        where=f"session {name[:80]!r}",
        hint="`earwitness ls` lists the sessions; is --store the right one?",
    )
