"""Closed sessions: read whole and found to be what was sealed, or held against everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..encryption import KEY_FOLDER_VARIABLE
from ..events import Event
from ..exceptions import DataKeyError, SessionNotClosedError, StreamHeldError
from ..sealed import check_commitment, read_sealed
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME, LogFile
from .unread import when_destroyed


def read_closed(store: JournalEventStore, session_id: str) -> list[Event]:
    """All events of a closed session.

    Raises:
        SessionNotFoundError: there is no such session.
        SessionNotClosedError: it is live, or was interrupted.
        LogError: its log cannot be read, or a payload is not what its event committed to.
        IntegrityError: it is not what its checkpoint sealed.
    """
    check_closed(store, session_id)
    events = list(store.read(session_id))
    for event in events:
        check_commitment(event, store.folder(session_id) / LOG_NAME)
    read_sealed(store, session_id)
    refuse_unreadable(store, session_id, events)
    return events


def refuse_unreadable(store: JournalEventStore, session_id: str, events: Iterable[Event]) -> None:
    """Refuse to choose among what somebody may read, and nobody here can.

    Raises:
        KeyringError: there is no keyring to read the session with.
        DataKeyError: its key is not here, and was not destroyed as far as the store's log tells.
    """
    if all(event.encrypted is None for event in events):
        return
    keys = store.data_keys
    if keys is not None and keys.exists(session_id):
        keys.needed(session_id)
    elif not when_destroyed(store, session_id):
        raise DataKeyError(
            "The session is encrypted, and its data key is not here.",
            where=f"session {session_id!r}",
            hint=f"${KEY_FOLDER_VARIABLE} says where the data keys are kept.",
        )


@contextmanager
def held(store: JournalEventStore, session_id: str) -> Iterator[LogFile]:
    """A session's log, with nobody else writing to it for the length of a block.

    Raises:
        SessionNotFoundError: there is no such session.
        SessionNotClosedError: it is live, or was interrupted.
    """
    check_closed(store, session_id)
    try:
        log = store.take_over(session_id)
    except StreamHeldError:
        raise _not_closed(session_id, "live") from None
    try:
        yield log
    finally:
        store.release(session_id)


def check_closed(store: JournalEventStore, session_id: str) -> None:
    """Refuse a session that is not closed.

    Raises:
        SessionNotFoundError: there is no such session.
        SessionNotClosedError: it is live, or was interrupted.
    """
    if (state := store.state(session_id)) != "closed":
        raise _not_closed(session_id, state)


def _not_closed(session_id: str, got: str) -> SessionNotClosedError:
    hint = "`earwitness recover` closes it." if got == "interrupted" else "Wait for its end."
    return SessionNotClosedError(
        "Only a closed session can be erased from, or removed.",
        where=f"session {session_id!r}",
        expected="closed",
        got=got,
        hint=hint,
    )
