"""A recorded session's checkpoint, brought to a witness, and what comes of it.

The recorder writes a session's ``checkpoint`` anew at each seal, so countersignatures are kept in
a file of their own: the note of the newest tree that anybody countersigned, with the log's
signature and all countersignatures of that tree. When a larger one is countersigned, it takes the
place of the smaller, after that has been found to be its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import evolve

from ..disk import write_durably
from ..exceptions import EarwitnessError, ProofError, SignatureError
from ..integrity.checkpoint import Checkpoint
from ..integrity.cosignature import CosignerKey, verify_cosignatures
from ..integrity.merkle import consistency_proof
from ..integrity.note import Note, parse_note, verify_note
from ..integrity.witness import AddCheckpoint
from ..sealed import SealedLog, read_sealed
from ..stores import FolderStore
from .memory import locked
from .witness import CheckpointWitness, Cosignatures, LatestSize

COSIGNED_NAME: Final = "checkpoint.cosigned"
_LOCK_NAME: Final = ".checkpoint.cosigned.lock"
_ATTEMPTS: Final = 5


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
    opened = _open(store, session_id)
    if opened is None:
        return None
    log, before = opened
    known_size = 0
    if before is not None and _cosigned(before, keys):
        if before.text == log.note.text:
            return before
        known_size = Checkpoint.parse(before.text).size
    return _keep(store, log, _ask(witness, keys, log, known_size))


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


def _open(store: FolderStore, session_id: str) -> tuple[SealedLog, Note | None] | None:
    """A session's log, and its countersigned checkpoint; None if nothing is sealed yet."""
    # First the older of the two: while a session is recorded, its checkpoint moves on.
    before = read_cosigned(store.folder(session_id))
    log = read_sealed(store, session_id)
    if log is not None and before is not None:
        _check_continued(log, before)
    elif before is not None:
        raise ProofError("A log that was countersigned has no checkpoint.", where=session_id)
    return None if log is None else (log, before)


def _ask(
    witness: CheckpointWitness, keys: Sequence[CosignerKey], log: SealedLog, known_size: int
) -> Cosignatures:
    """The witness's countersignatures of the log's checkpoint, verified; at least one."""
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
        answer = witness.add_checkpoint(AddCheckpoint(old_size, proof, log.data))
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


def _check_continued(log: SealedLog, before: Note) -> None:
    """Check that what was countersigned before is the log's beginning.

    If it is not, it is left as it is, since it shows that somebody lied.
    """
    tree = Checkpoint.parse(before.text)
    log.check_begins_with(tree, where=str(log.folder / COSIGNED_NAME))


def _keep(store: FolderStore, log: SealedLog, cosignatures: Cosignatures) -> Note:
    """Write countersignatures of the log's checkpoint beside it.

    Returns:
        What is kept now, which may be of a larger tree that somebody else brought meanwhile.
    """
    path = log.folder / COSIGNED_NAME
    with locked(store.disk, log.folder / _LOCK_NAME):
        note, before = log.note, read_cosigned(log.folder)
        if before is not None:
            if Checkpoint.parse(before.text).size > log.tree.size:
                return before
            _check_continued(log, before)
            note = before if before.text == note.text else note
        note = _with_signatures(note, cosignatures)
        write_durably(store.disk, path, note.format())
        return note


def _with_signatures(note: Note, new: Cosignatures) -> Note:
    claims = {(each.name, each.key_id) for each in new}
    others = [each for each in note.signatures if (each.name, each.key_id) not in claims]
    return evolve(note, signatures=(*others, *new))
