"""Which sessions' time is over: each is looked at, and nothing is changed."""

from __future__ import annotations

import time
from pathlib import Path

from attrs import frozen

from ..codec import load
from ..events import Event, PayloadErased, RecordingClosed, RecordingOpened
from ..exceptions import EncryptionError, LogError
from ..stores.journal import JournalEventStore
from .closed import refuse_unreadable


@frozen
class Candidate:
    """A session, and whether its time is over.

    Attributes:
        session_id: its id.
        folder: where it is, or was.
        opened_at: when it began, microseconds since the Unix epoch.
        closed_at: when its recording was closed; 0 if it was not.
        retention: how long it is to be kept from then on, in seconds; None if nobody said.
        kept_for: why it is kept; empty if it goes.
        bytes: the size of all of its files.
    """

    session_id: str
    folder: Path
    opened_at: int
    closed_at: int
    retention: float | None
    kept_for: str
    bytes: int

    @property
    def due(self) -> bool:
        """True if its time is over, and nothing keeps it."""
        return not self.kept_for


def look_at(
    store: JournalEventStore,
    session_id: str,
    older_than: float | None,
    *,
    on_hold: bool,
    named: bool,
) -> Candidate:
    """Whether a session's time is over.

    Args:
        store: where it is.
        session_id: its id.
        older_than: seconds that it is kept if it does not say.
        on_hold: it is.
        named: it was asked for by its id.

    Raises:
        SessionNotFoundError: there is no such session.
        FileNotFoundError: somebody removed it meanwhile.
    """
    folder = store.folder(session_id)
    opened_at = closed_at = 0
    own, known = None, True
    try:
        state: str = store.state(session_id)
        for event in store.read(session_id):
            opened_at = opened_at or event.recorded_at
            if event.type == RecordingClosed.TAG:
                closed_at = event.recorded_at
            elif event.type in (RecordingOpened.TAG, PayloadErased.TAG):
                refuse_unreadable(store, session_id, [event])
                own, known = _own_retention(event, own, known)
    except LogError:
        state = "damaged"
    except EncryptionError:
        state = "unreadable: its key is not here"
    retention = older_than if own is None else own
    why = "on hold" if on_hold else _why_kept(state, closed_at, retention)
    if not why and not known and not named:
        why = "retention not known"
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Candidate(session_id, folder, opened_at, closed_at, retention, why, size)


def _own_retention(event: Event, own: float | None, known: bool) -> tuple[float | None, bool]:
    """How long a session is to be kept by its own account, and whether that account is there.

    Its opening tells, or the erasure that took the opening's payload.
    """
    if event.type == RecordingOpened.TAG:
        return (None, False) if event.withheld else (load(event, RecordingOpened).retention, True)
    if known or event.withheld:
        return own, known
    erased = load(event, PayloadErased)
    return (erased.retention, True) if 0 in erased.positions else (own, known)


def _why_kept(state: str, closed_at: int, retention: float | None) -> str:
    if state != "closed":
        return state
    if retention is None:
        return "no retention"
    return "not due" if time.time() < closed_at / 1e6 + retention else ""
