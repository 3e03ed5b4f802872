"""A recorded session's checkpoint, brought to a witness, and what comes of it.

The recorder writes a session's ``checkpoint`` anew at each seal, so countersignatures are kept in
a file of their own: the note of the newest tree that anybody countersigned, with the log's
signature and all countersignatures of that tree. When a larger one is countersigned, it takes the
place of the smaller, after that has been found to be its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from ..codec import withheld_line
from ..disk import write_durably
from ..exceptions import EarwitnessError, ProofError, SignatureError, WrongOriginError
from ..integrity.checkpoint import Checkpoint
from ..integrity.cosignature import CosignerKey, verify_cosignatures
from ..integrity.merkle import consistency_proof, leaf_hash, tree_root
from ..integrity.note import Note, parse_note, verify_note
from ..integrity.witness import AddCheckpoint
from ..sealing import CHECKPOINT_NAME, origin_of
from ..stores import FolderStore
from .witness import CheckpointWitness, Cosignatures, LatestSize, locked

COSIGNED_NAME: Final = "checkpoint.cosigned"
_LOCK_NAME: Final = ".checkpoint.cosigned.lock"
_ATTEMPTS: Final = 5


@frozen
class SealedLog:
    """A log up to its checkpoint, which was found to be right for it.

    Attributes:
        folder: the session's.
        note: the checkpoint. Whose signatures it bears was not looked at.
        tree: what the checkpoint says.
        leaf_hashes: one for each event that is sealed.
    """

    folder: Path
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


def countersign(
    store: FolderStore, session_id: str, witness: CheckpointWitness, keys: Sequence[CosignerKey]
) -> Note | None:
    """Have a witness countersign a session's checkpoint, if it has not, and keep what it says.

    Args:
        store: where the session is.
        session_id: its id.
        witness: who is asked.
        keys: its keys. What they did not sign is passed over.

    Returns:
        The newest countersigned checkpoint of the session; None if nothing is sealed yet.

    Raises:
        SessionNotFoundError: there is no such session.
        LogError: its log cannot be read.
        ProofError: the log is not consistent with its own checkpoint, with what was
            countersigned before, or with what the witness knows of it.
        IntegrityError: the witness does not take the checkpoint, or answers what is none of its
            countersignatures.
        EarwitnessError: the witness failed otherwise.
        OSError: it could not be reached, or a file could not be read or written.
    """
    log = read_sealed(store, session_id)
    if log is None:
        return None
    before, known_size = read_cosigned(log.folder), 0
    if before is not None and _cosigned(before, keys):
        if before.text == log.note.text:
            return before
        known_size = Checkpoint.parse(before.text).size
    return _keep(store, log, ask(witness, keys, log, known_size))


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
        note = parse_note(path.read_bytes())
    except FileNotFoundError:
        return None
    tree = Checkpoint.parse(note.text)
    if not tree.origin.endswith(origin_of("", session_id)):
        raise WrongOriginError(
            "The checkpoint is another session's.",
            where=str(path),
            expected=f"an origin that ends in {origin_of('', session_id)}",
            got=tree.origin,
        )
    events = islice(store.read(session_id), tree.size)
    log = SealedLog(folder, note, tree, [leaf_hash(withheld_line(event)) for event in events])
    log.check_begins_with(tree, where=str(path))
    return log


def read_cosigned(folder: Path) -> Note | None:
    """The countersigned checkpoint in a session's folder, nothing in it verified; or None.

    Raises:
        SealFormatError: it is no note.
        OSError: it cannot be read.
    """
    try:
        return parse_note((folder / COSIGNED_NAME).read_bytes())
    except FileNotFoundError:
        return None


def ask(
    witness: CheckpointWitness, keys: Sequence[CosignerKey], log: SealedLog, known_size: int = 0
) -> Cosignatures:
    """Have a witness countersign a log's checkpoint.

    Args:
        witness: who is asked.
        keys: its keys.
        log: the log.
        known_size: the size that the witness countersigned last, as far as is known.

    Returns:
        Its countersignatures, verified; at least one.

    Raises:
        Exception: as :func:`countersign`.
    """
    new, old_size = log.tree, known_size
    for _ in range(_ATTEMPTS):  # others may be asking it at the same time
        if old_size > new.size:
            raise ProofError(
                "A larger tree of this log was countersigned before.",
                where=new.origin,
                expected=f"at least {old_size} events",
                got=f"{new.size} events",
                hint="The log was cut, or this is an older copy, or it grew while it was read.",
            )
        proof = tuple(consistency_proof(log.leaf_hashes, old_size, new.size))
        answer = witness.add_checkpoint(AddCheckpoint(old_size, proof, log.note.format()))
        if not isinstance(answer, LatestSize):
            return tuple(verify_note(Note(new.text, answer), keys).values())
        old_size = answer.size
    raise EarwitnessError(
        "The witness would not settle on a size.", where=new.origin, got=f"{_ATTEMPTS} answers"
    )


def _cosigned(note: Note, keys: Sequence[CosignerKey]) -> bool:
    try:
        return bool(verify_cosignatures(note, keys))
    except SignatureError:  # a bad one is as good as none, and is replaced by a good one
        return False


def _keep(store: FolderStore, log: SealedLog, cosignatures: Cosignatures) -> Note:
    """Write countersignatures of the log's checkpoint beside it.

    Returns:
        What is kept now, which may be of a larger tree that somebody else brought meanwhile.
    """
    path = log.folder / COSIGNED_NAME
    with locked(store.disk, log.folder / _LOCK_NAME):
        note, before = log.note, read_cosigned(log.folder)
        if before is not None:
            tree = Checkpoint.parse(before.text)
            if tree.size > log.tree.size:
                return before
            # What contradicts the log is left alone, since it proves that somebody lied.
            log.check_begins_with(tree, where=str(path))
            note = before if before.text == note.text else note
        note = _with_signatures(note, cosignatures)
        write_durably(store.disk, path, note.format())
        return note


def _with_signatures(note: Note, new: Cosignatures) -> Note:
    claims = {(each.name, each.key_id) for each in new}
    others = [each for each in note.signatures if (each.name, each.key_id) not in claims]
    return evolve(note, signatures=(*others, *new))
