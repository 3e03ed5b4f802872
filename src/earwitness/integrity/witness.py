"""The add-checkpoint request of C2SP tlog-witness (https://c2sp.org/tlog-witness).

It asks a witness to cosign a checkpoint, and proves that the log only grew since the last one.
"""

from __future__ import annotations

from typing import Final, Self

from attrs import frozen

from ..exceptions import SealFormatError
from .encoding import decode_decimal, decode_hashes, encode_hashes
from .note import MAX_NOTE_BYTES

MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 4096
_OLD: Final = "old "


@frozen
class AddCheckpoint:
    """The request's body (section "add-checkpoint"), nothing in it verified.

    Attributes:
        old_size: the size of the tree that the witness cosigned last, 0 for none.
        proof: the consistency proof from that tree to the checkpoint's.
        checkpoint: the bytes of the checkpoint's note.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def format(self) -> bytes:
        """The bytes of the body."""
        head = f"{_OLD}{self.old_size}\n{encode_hashes(self.proof)}\n"
        return head.encode("ascii") + self.checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """The request that the bytes are; its checkpoint is left for the witness to open.

        Raises:
            SealFormatError: they are not exactly one request.
        """
        if len(body) > MAX_REQUEST_BYTES:
            raise _malformed(f"A request cannot be larger than {MAX_REQUEST_BYTES} bytes.")
        head, blank, checkpoint = body.partition(b"\n\n")
        if not blank:
            raise _malformed("A request must have a blank line before its checkpoint.")
        old, *lines = _decode(head).split("\n")
        if not old.startswith(_OLD):
            raise _malformed("A request must begin with the old size.")
        old_size = decode_decimal(old.removeprefix(_OLD), where="request, old size")
        return cls(old_size, decode_hashes(lines, where="request"), checkpoint)


def _decode(head: bytes) -> str:
    try:
        return head.decode("ascii")
    except UnicodeDecodeError:
        raise _malformed("A request must be ASCII up to its checkpoint.") from None


def _malformed(rule: str) -> SealFormatError:
    return SealFormatError(rule, where="add-checkpoint request")
