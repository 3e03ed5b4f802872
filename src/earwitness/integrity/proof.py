"""Proofs as in C2SP tlog-proof (https://c2sp.org/tlog-proof): that a leaf is in a log, on paper.

A proof is text that stands alone: the leaf's index, its inclusion proof and a checkpoint. Only
the leaf itself and the log's key must come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from ..exceptions import SealFormatError
from .checkpoint import SignedCheckpoint, open_checkpoint
from .encoding import (
    decode_base64,
    decode_decimal,
    decode_hashes,
    encode_base64,
    encode_hashes,
)
from .merkle import verify_inclusion
from .vkey import VerifierKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = 4_000_000
_EXTRA: Final = "extra "
_INDEX: Final = "index "


@frozen
class Proof:
    """A proof as it was read, nothing in it verified (section "Format").

    Attributes:
        index: the leaf's place in the log, from 0.
        hashes: its inclusion proof, from the leaf's sibling up.
        checkpoint: the bytes of the checkpoint's note.
        extra: what the writer put beside it; no signature covers it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(
    index: int, hashes: Iterable[bytes], checkpoint: bytes, extra: bytes | None = None
) -> bytes:
    """The bytes of a proof (section "Format").

    Args:
        index: the leaf's place in the log, from 0.
        hashes: its inclusion proof in the checkpoint's tree.
        checkpoint: the bytes of the checkpoint's note.
        extra: anything; left out if empty. No signature will cover it.
    """
    lines = [HEADER, *([_EXTRA + encode_base64(extra)] if extra else []), f"{_INDEX}{index}"]
    head = "".join(f"{line}\n" for line in lines)
    return f"{head}{encode_hashes(hashes)}\n".encode("ascii") + checkpoint


def parse_proof(data: bytes) -> Proof:
    """The proof that the bytes are; its checkpoint is left for :func:`verify_proof` to read.

    Raises:
        SealFormatError: they are not exactly one proof.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise _malformed(f"A proof cannot be larger than {MAX_PROOF_BYTES} bytes.")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        raise _malformed("A proof must have a blank line before its checkpoint.")
    header, *lines = _decode(head).split("\n")
    if header != HEADER:
        raise _malformed(f"A proof must begin with the line {HEADER}.")
    extra = _parse_extra(lines.pop(0)) if lines and lines[0].startswith(_EXTRA) else None
    if not lines or not lines[0].startswith(_INDEX):
        raise _malformed("A proof must have an index line.")
    index = decode_decimal(lines[0].removeprefix(_INDEX), where="proof, index")
    return Proof(index, decode_hashes(lines[1:], where="proof"), checkpoint, extra)


def _decode(head: bytes) -> str:
    try:
        return head.decode("ascii")
    except UnicodeDecodeError:
        raise _malformed("A proof must be ASCII up to its checkpoint.") from None


def _parse_extra(line: str) -> bytes:
    extra = decode_base64(line.removeprefix(_EXTRA), where="proof, extra")
    if not extra:
        raise _malformed("A proof without extra data must have no extra line.")
    return extra


def verify_proof(
    proof: Proof, leaf_hash: bytes, keys: Iterable[VerifierKey], origin: str
) -> SignedCheckpoint:
    """Verify that a log holds a leaf (section "Verifying a tlog proof").

    Args:
        proof: the proof.
        leaf_hash: the leaf's hash, computed from its data by whoever verifies (step 1).
        keys: the keys that the verifier trusts for this log, and for no other.
        origin: the log that must hold it.

    Returns:
        The checkpoint. How many witnesses must have signed it is up to the caller (step 3):
        see :func:`~earwitness.integrity.cosignature.verify_cosignatures`.

    Raises:
        SealFormatError: the checkpoint is none.
        SignatureError: it is not signed, or not as it stands (step 2).
        WrongOriginError: it is another log's (step 2).
        ProofError: the leaf is not at that place in the checkpoint's tree (step 4).
    """
    signed = open_checkpoint(proof.checkpoint, keys, origin)
    tree = signed.checkpoint
    verify_inclusion(leaf_hash, proof.index, tree.size, proof.hashes, tree.root)
    return signed


def _malformed(rule: str) -> SealFormatError:
    return SealFormatError(rule, where="proof")
