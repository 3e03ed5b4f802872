"""A log up to its checkpoint: what other parties vouch for, be it a witness or a timestamp."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from attrs import frozen

from .codec import commit, withheld_line
from .events import Event
from .exceptions import LogFormatError, ProofError, WrongOriginError
from .integrity.checkpoint import Checkpoint
from .integrity.merkle import leaf_hash, tree_root
from .integrity.note import Note, parse_note
from .sealing import CHECKPOINT_NAME, origin_of
from .stores import FolderStore


@frozen
class SealedLog:
    """A log up to its checkpoint, which was found to be right for it.

    Attributes:
        folder: the session's.
        data: the bytes of the checkpoint.
        note: the note they are. Whose signatures it bears was not looked at.
        tree: what the checkpoint says.
        leaf_hashes: one for each event that is sealed.
    """

    folder: Path
    data: bytes
    note: Note
    tree: Checkpoint
    leaf_hashes: Sequence[bytes]

    def check_begins_with(self, tree: Checkpoint, *, where: str) -> None:
        """Check that a tree head, written down at some time, is one of this log.

        Raises:
            ProofError: it is not.
        """
        events = len(self.leaf_hashes)
        if tree.size > events:
            expected, got = f"{tree.size} events", f"{events} events"
        else:
            root = tree_root(self.leaf_hashes, 0, tree.size)
            expected, got = f"root {tree.root.hex()}", f"root {root.hex()}"
        if expected != got:
            raise ProofError(
                "The log is not what was sealed.",
                where=f"{where}, of {tree.size} events",
                expected=expected,
                got=got,
                hint="`earwitness verify` says more.",
            )


def check_commitment(event: Event, path: Path) -> None:
    """Refuse a payload that is not what its event committed to.

    What zeroes or a flipped bit made of a payload may still have the form of a line.

    Args:
        event: one of a log's.
        path: the log, for the error.

    Raises:
        LogFormatError: it is another one.
    """
    if event.salt is None or event.data is None:
        return
    if (got := commit(event.salt, event.data)) != event.commitment:
        raise LogFormatError(
            "A payload is not what its event committed to.",
            where=f"{path}, line {event.position + 1}",
            expected=f"commitment {event.commitment}",
            got=f"commitment {got}",
            hint="`earwitness verify` says more. Nothing was changed.",
        )


def read_sealed(store: FolderStore, session_id: str) -> SealedLog | None:
    """A session's log up to its checkpoint; None if there is no checkpoint.

    Raises:
        SessionNotFoundError: there is no such session.
        LogError: the log cannot be read.
        SealFormatError: the checkpoint is none.
        WrongOriginError: the checkpoint is another session's.
        ProofError: the log is not what the checkpoint sealed.
        OSError: a file cannot be read.
    """
    folder = store.folder(session_id)
    path = folder / CHECKPOINT_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    note = parse_note(data)
    tree = Checkpoint.parse(note.text)
    if not tree.origin.endswith(origin_of("", session_id)):
        raise WrongOriginError(
            "The checkpoint is another session's.",
            where=str(path),
            expected=f"an origin that ends in {origin_of('', session_id)}",
            got=tree.origin,
        )
    events = islice(store.read(session_id), tree.size)
    hashes = [leaf_hash(withheld_line(event)) for event in events]
    log = SealedLog(folder, data, note, tree, hashes)
    log.check_begins_with(tree, where=str(path))
    return log
