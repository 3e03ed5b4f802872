"""The sealed events of a log, with the payloads that somebody is to see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from itertools import islice

from ..codec import blob_digest, check_format, commit
from ..events import Event
from ..exceptions import ProofError, StoreError
from ..sealed import SealedLog, read_sealed
from ..stores.journal import JournalEventStore


def read_sealing(
    store: JournalEventStore, session_id: str, positions: Collection[int]
) -> SealedLog:
    """A log up to its checkpoint, these positions included.

    Raises:
        SessionNotFoundError: there is no such session.
        StoreError: it has no such event, or an event is not sealed yet.
        LogError: the log cannot be read.
        IntegrityError: it is not what its checkpoint sealed.
    """
    log = read_sealed(store, session_id)
    sealed = 0 if log is None else log.tree.size
    for position in positions:
        if not 0 <= position < sealed:
            raise _not_sealed(store, session_id, position, sealed)
    if log is None:
        raise _not_sealed(store, session_id, 0, sealed)
    return log


def sealed_events(
    store: JournalEventStore, session_id: str, size: int, disclosed: Collection[int]
) -> Iterator[Event]:
    """A log's first events, all withheld but the ones that are to be disclosed.

    Raises:
        LogError: the log cannot be read.
        ProofError: a payload that is to be disclosed is not what its event committed to.
    """
    for event in islice(store.read(session_id), size):
        if event.position in disclosed:
            check_payload(event)
            yield event
        else:
            yield event.without_payload()


def check_payload(event: Event) -> None:
    """Refuse a payload that is not the one its event committed to, or is no payload at all.

    Raises:
        ProofError: it is another one.
        LogError: it is not JSON, or it opens a log of a newer format.
    """
    if event.data is None or event.salt is None:
        return
    _check_digest("payload", event, event.commitment, commit(event.salt, event.data))
    if event.blob is not None:
        digest = hashlib.sha256(event.blob).hexdigest()
        _check_digest("blob", event, blob_digest(event) or "", digest)
    if event.position == 0:
        check_format(event, where="event 0")
    _ = event.plain_payload


def _check_digest(what: str, event: Event, expected: str, got: str) -> None:
    if expected != got:
        raise ProofError(
            f"The {what} is not the one that the event committed to.",
            where=f"event {event.position} ({event.type})",
            expected=f"SHA-256 {expected}",
            got=f"SHA-256 {got}",
        )


def _not_sealed(
    store: JournalEventStore, session_id: str, position: int, sealed: int
) -> StoreError:
    where = f"session {session_id!r}, event {position}"
    last = store.version(session_id)
    if not 0 <= position <= last:
        expected = f"one from 0 to {last}" if last >= 0 else ""
        return StoreError("The session has no such event.", where=where, expected=expected)
    return StoreError(
        "The event is not sealed yet: it came after the last checkpoint.",
        where=where,
        expected=f"one of the first {sealed} events" if sealed else "a checkpoint",
        hint="A checkpoint follows within seconds while a session is recorded; "
        "`earwitness recover` seals one that was interrupted.",
    )
