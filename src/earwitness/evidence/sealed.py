"""The sealed part of a log: what there is to prove, and that it is what was sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from attrs import evolve, frozen

from ..codec import blob_digest, check_format, commit, withheld_line
from ..events import Event
from ..exceptions import ProofError, StoreError
from ..integrity.checkpoint import Checkpoint
from ..integrity.merkle import EMPTY_ROOT, Tree, leaf_hash
from ..integrity.note import parse_note
from ..sealing import CHECKPOINT_NAME
from ..stores.journal import JournalEventStore


@frozen
class SealedLog:
    """A log up to its checkpoint.

    Attributes:
        note: the bytes of the checkpoint.
        events: those it seals, withheld but for the chosen ones.
        leaf_hashes: one for each event.
    """

    note: bytes
    events: list[Event]
    leaf_hashes: list[bytes]


def read_sealed(store: JournalEventStore, session_id: str, chosen: Collection[int]) -> SealedLog:
    """Read what is sealed of a log, with the payloads of the chosen positions.

    Raises:
        SessionNotFoundError: there is no such session.
        StoreError: it has no such event, or a chosen one is not sealed yet.
        LogError: the log cannot be read.
        IntegrityError: it is not what its checkpoint sealed.
    """
    # The checkpoint first: a log that is being written only grows beyond it.
    note, checkpoint = _read_checkpoint(store.folder(session_id))
    for position in chosen:
        _check_sealed(store, session_id, position, checkpoint.size)
    log, tree = SealedLog(note, [], []), Tree()
    for event in islice(store.read(session_id), checkpoint.size):
        leaf = leaf_hash(withheld_line(event))
        tree.append_hash(leaf)
        log.leaf_hashes.append(leaf)
        if event.position in chosen:
            check_payload(event)
            log.events.append(event)
        else:
            log.events.append(evolve(event, salt=None, data=None, blob=None))
    if tree.size != checkpoint.size or tree.root() != checkpoint.root:
        raise ProofError(
            "The log is not what its checkpoint sealed.",
            where=f"session {session_id!r}",
            expected=f"{checkpoint.size} events, root {checkpoint.root.hex()}",
            got=f"{tree.size} events, root {tree.root().hex()}",
            hint="`earwitness verify` says more.",
        )
    return log


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


def _read_checkpoint(folder: Path) -> tuple[bytes, Checkpoint]:
    # Whether it is signed is left to who verifies, and knows which keys to trust.
    try:
        note = (folder / CHECKPOINT_NAME).read_bytes()
    except FileNotFoundError:
        return b"", Checkpoint("none", 0, EMPTY_ROOT)
    return note, Checkpoint.parse(parse_note(note).text)


def _check_sealed(store: JournalEventStore, session_id: str, position: int, sealed: int) -> None:
    if 0 <= position < sealed:
        return
    where = f"session {session_id!r}, event {position}"
    last = store.version(session_id)
    if not 0 <= position <= last:
        expected = f"one from 0 to {last}"
        raise StoreError("The session has no such event.", where=where, expected=expected)
    raise StoreError(
        "The event is not sealed yet: it came after the last checkpoint.",
        where=where,
        expected=f"one of the first {sealed} events" if sealed else "a checkpoint",
        hint="A checkpoint follows within seconds while a session is recorded; "
        "`earwitness recover` seals one that was interrupted.",
    )
