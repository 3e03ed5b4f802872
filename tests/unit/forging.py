"""A sealed call, and logs rewritten by who knows the format, and perhaps has the key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from earwitness import Event, JournalEventStore, values
from earwitness.codec import dump, encode_line, new_event, withheld_line
from earwitness.disk import Disk, write_durably
from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import Tree
from earwitness.integrity.signer import Ed25519Signer
from earwitness.sealing import origin_of
from tests.seal.recordings import Recording, record

AT: Final = 1_795_000_000_000_000

_SAID: Final = (
    "Buona sera!",
    "A table for four",
    "No nuts",
    "yes",
    "no",
    "Müller,\u2028mit ü",
    "Ciao",
)


def sealed_call(root: Path, session_id: str = "call", *, audio: Path | None = None) -> Recording:
    """Records a call: 20 events, two of them with a blob; with audio, one more."""
    return record(root, session_id, audio=audio, said=_SAID)


def said(position: int, type: str, payload: Any) -> Event:
    """An event of the session's own."""
    return new_event(position, AT + position, type, values.encode(values.Plain(payload)))


def own(position: int, fact: Any) -> Event:
    """An event of Earwitness's own."""
    return new_event(position, AT + position, *dump(fact))


def head(events: Sequence[Event]) -> Tree:
    """The tree over the events."""
    tree = Tree()
    for event in events:
        tree.append(withheld_line(event))
    return tree


def write_log(store: JournalEventStore, session_id: str, events: Sequence[Event]) -> None:
    """Puts other events into a session's log."""
    log = b"".join(encode_line(event) for event in events)
    write_durably(Disk(), store.folder(session_id) / "log.jsonl", log)


def seal(
    store: JournalEventStore,
    session_id: str,
    events: Sequence[Event],
    signer: Ed25519Signer,
    *,
    origin: str | None = None,
) -> None:
    """Seals the events as if they were the session's log."""
    tree = head(events)
    origin = origin or origin_of(signer.name, session_id)
    note = sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), signer)
    write_durably(Disk(), store.folder(session_id) / "checkpoint", note)
