"""Logs, honest and forked, that are brought to a witness."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.cosignature import CosignerKey, verify_cosignatures
from earwitness.integrity.merkle import consistency_proof, leaf_hash, tree_root
from earwitness.integrity.note import Note, Signature
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.witness import AddCheckpoint
from earwitness.witnessing.witness import LatestSize, Witness

LOG = Ed25519Signer.from_seed("log.example", bytes(32))
STRANGER = Ed25519Signer.from_seed("stranger.example", bytes([1]) * 32)
WITNESS = Ed25519Signer.from_seed("witness.example/w1", bytes([2]) * 32)
OTHER_WITNESS = Ed25519Signer.from_seed("witness.example/w2", bytes([3]) * 32)

WITNESS_KEY = CosignerKey.of(WITNESS)
NOW = 1_795_000_000


@dataclass
class Log:
    """A log that is what its branch says from the event on where it was forked."""

    branch: str = "main"
    forked_at: int = 0
    origin: str = "log.example/call"
    signer: Ed25519Signer = LOG
    leaves: int = 64
    hashes: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        branches = ("main" if n < self.forked_at else self.branch for n in range(self.leaves))
        self.hashes = [leaf_hash(f"{name} {n}".encode()) for n, name in enumerate(branches)]

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, tree_root(self.hashes, 0, size))

    def note(self, size: int) -> bytes:
        return sign_checkpoint(self.head(size), self.signer)

    def request(self, old_size: int, size: int) -> AddCheckpoint:
        proof = consistency_proof(self.hashes, old_size, size) if old_size <= size else []
        return AddCheckpoint(old_size, tuple(proof), self.note(size))


def new_witness(folder: Path, *log_keys: Ed25519Signer) -> Witness:
    """A witness of these logs, or of log.example, whose clock stands still."""
    keys = [signer.verifier for signer in log_keys or (LOG,)]
    return Witness(folder, WITNESS, keys, clock=lambda: NOW + 0.9)


def cosigned(witness: Witness, request: AddCheckpoint) -> tuple[Signature, ...]:
    """The countersignatures of a request that the witness takes."""
    answer = witness.add_checkpoint(request)
    assert not isinstance(answer, LatestSize), answer
    return answer


def times(log: Log, size: int, signatures: tuple[Signature, ...]) -> dict[CosignerKey, int]:
    """When the witness countersigned the log's checkpoint, by its verified signatures."""
    return verify_cosignatures(Note(log.head(size).text, signatures), [WITNESS_KEY])
