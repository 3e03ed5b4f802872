"""A witness as in C2SP tlog-witness (https://c2sp.org/tlog-witness), its HTTP left out.

It countersigns a checkpoint only if the tree is the one it countersigned before, or begins with
it, and it remembers that durably before anybody gets the signature. So two checkpoints of one log
that contradict each other never bear the signature of the same witness, whatever happens to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from attrs import frozen

from ..disk import Disk
from ..exceptions import IntegrityError, SealFormatError, SigningKeyError, WrongOriginError
from ..integrity.checkpoint import Checkpoint
from ..integrity.cosignature import CosignerKey, cosign
from ..integrity.merkle import verify_consistency
from ..integrity.note import Note, Signature, parse_note, verify_note
from ..integrity.signer import Signer
from ..integrity.vkey import VerifierKey
from ..integrity.witness import AddCheckpoint
from .memory import Memory


@frozen
class LatestSize:
    """A witness's answer to a request that begins at another size than it remembers.

    Attributes:
        size: that of the last tree of the log that it countersigned, 0 for none.
    """

    size: int


Cosignatures = tuple[Signature, ...]


class CheckpointWitness(Protocol):
    """A witness, wherever it may be."""

    def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
        """Ask for countersignatures.

        Returns:
            The countersignatures, which the caller has yet to verify; or, if the request does
            not begin at the witness's latest size, what that is.

        Raises:
            SealFormatError: the request or its checkpoint is not well formed.
            WrongOriginError: the witness knows no key for the checkpoint's origin.
            SignatureError: no key that it knows signed the checkpoint.
            ProofError: the tree is not consistent with what the witness countersigned before.
            EarwitnessError: the witness failed for a reason of its own.
            OSError: likewise, or it could not be reached.
        """
        ...


class Witness:
    """A witness whose key and memory are here.

    Threads and processes may share a folder: one lineage of each log is countersigned.

    Args:
        folder: its memory; made if it is not there. It is as precious as the key: a witness that
            has forgotten will countersign anything.
        signer: the witness's key. It must sign nothing else.
        log_keys: the keys of the logs that it countersigns. A key speaks for the origin that is
            its name, and for those that are its name, a slash and more.
        clock: tells the POSIX time.
        disk: the system calls; tests replace it.

    Raises:
        SigningKeyError: the key is one of the logs' too.
        StoreError: the folder belongs to another key.
        OSError: the folder could not be made.
    """

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        log_keys: Iterable[VerifierKey],
        *,
        clock: Callable[[], float] = time.time,
        disk: Disk | None = None,
    ) -> None:
        self.key = CosignerKey.of(signer)
        self._signer = signer
        self._log_keys = tuple(log_keys)
        self._clock = clock
        if self.key.public_key in {key.public_key for key in self._log_keys}:
            raise SigningKeyError(
                "A log cannot be its own witness.",
                where=f"witness {self.key.name}",
                expected="a key that signs nothing but countersignatures",
                got="a key that signs a log's checkpoints",
            )
        self._memory = Memory(folder, self.key, disk or Disk())

    def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
        new, log_signatures = self._open(request)
        with self._memory.locked():
            latest, latest_time = self._memory.latest(new.origin)
            if request.old_size != latest.size:
                return LatestSize(latest.size)
            verify_consistency(latest.size, latest.root, new.size, new.root, request.proof)
            # A clock that was set back must not make a larger tree the older one.
            cosignature = self._cosign(new, max(int(self._clock()), latest_time))
            self._memory.renew(new.origin, Note(new.text, (*log_signatures, cosignature)))
        return (cosignature,)

    def latest_note(self, origin_hash: str) -> bytes | None:
        """The last checkpoint of a log, with the log's signature and the witness's own.

        Args:
            origin_hash: see :func:`~earwitness.witnessing.memory.origin_hash`.

        Returns:
            The bytes of the note; None if nothing was countersigned.

        Raises:
            OSError: it could not be read.
        """
        return self._memory.note(origin_hash)

    def _open(self, request: AddCheckpoint) -> tuple[Checkpoint, Cosignatures]:
        """The request's checkpoint, and the signatures of the keys that may speak for it."""
        note = parse_note(request.checkpoint)
        checkpoint = Checkpoint.parse(note.text)
        keys = [key for key in self._log_keys if speaks_for(key, checkpoint.origin)]
        if not keys:
            raise WrongOriginError(
                "The witness knows no key that speaks for this log.",
                where="checkpoint, origin",
                got=checkpoint.origin,
            )
        signatures = verify_note(note, keys)
        if request.old_size > checkpoint.size:
            raise SealFormatError(
                "The old size is larger than the checkpoint's.",
                where="add-checkpoint request",
                expected=f"at most {checkpoint.size}",
                got=str(request.old_size),
            )
        return checkpoint, tuple(signatures.values())

    def _cosign(self, checkpoint: Checkpoint, time: int) -> Signature:
        try:
            return cosign(checkpoint, self._signer, time)
        except IntegrityError as error:  # the request is not to blame
            raise SigningKeyError(
                "The witness could not sign.", where=self.key.name, got=error.what
            ) from error


def speaks_for(key: VerifierKey, origin: str) -> bool:
    """Whether a log with this origin may be signed by the key."""
    return origin == key.name or origin.startswith(f"{key.name}/")
