"""Recorded sessions whose checkpoints are brought to a witness."""

from __future__ import annotations

from earwitness import JournalEventStore
from earwitness.audit import AuditTrail
from earwitness.codec import encode_line
from earwitness.sealing import Seal
from earwitness.testing import an_event


def grow(store: JournalEventStore, session_id: str, size: int, seal: bool = True) -> None:
    """Append events to a session until it has so many, and seal them."""
    version = store.version(session_id)
    events = [an_event(position) for position in range(version + 1, size)]
    store.append(session_id, events, version)
    store.release(session_id)
    if seal:
        seal_anew(store, session_id)


def seal_anew(store: JournalEventStore, session_id: str) -> None:
    """Sign a checkpoint over whatever the log holds, as the recorder would."""
    seal = Seal(store, session_id, store.signer, AuditTrail(False))
    seal.add_all(store.read(session_id))
    seal.seal()


def forge(store: JournalEventStore, session_id: str, position: int) -> None:
    """Replace one event of a session by another and sign it all, as who has the key can."""
    path = store.folder(session_id) / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[position] = encode_line(an_event(position, payload="it never happened"))
    path.write_bytes(b"".join(lines))
    seal_anew(store, session_id)


def cut(store: JournalEventStore, session_id: str, size: int) -> None:
    """Remove a session's last events and sign what is left, as who has the key can."""
    path = store.folder(session_id) / "log.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:size]))
    seal_anew(store, session_id)
