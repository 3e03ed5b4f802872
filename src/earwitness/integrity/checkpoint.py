"""Checkpoints as in C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint).

A checkpoint is the signed note of a tree head: this log, at this size, has this root.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from attrs import Attribute, field, frozen

from ..exceptions import SealFormatError, WrongOriginError
from .encoding import MAX_DECIMAL, decode_decimal, decode_hash, encode_base64
from .merkle import HASH_BYTES
from .note import Note, parse_note, verify_note
from .signer import Signer, sign_note
from .vkey import VerifierKey


@frozen
class Checkpoint:
    """What a checkpoint's note says (section "Note text").

    Attributes:
        origin: the log's name, by custom a URL without its scheme.
        size: the number of leaves.
        root: the root of the tree of that many leaves, 32 bytes.
        extensions: further lines, which the specification advises against.
    """

    origin: str = field()
    size: int = field()
    root: bytes = field(repr=lambda root: root.hex())
    extensions: tuple[str, ...] = field(default=())

    @origin.validator
    def _check_origin(self, attribute: Attribute[str], origin: str) -> None:
        if not origin or "\n" in origin:
            raise _malformed("An origin must be one line that is not empty.")

    @size.validator
    def _check_size(self, attribute: Attribute[int], size: int) -> None:
        if not 0 <= size <= MAX_DECIMAL:
            raise _malformed("A tree's size must be from 0 to below 2^63.")

    @root.validator
    def _check_root(self, attribute: Attribute[bytes], root: bytes) -> None:
        if len(root) != HASH_BYTES:
            raise _malformed(f"A root must be {HASH_BYTES} bytes.")

    @extensions.validator
    def _check_extensions(
        self, attribute: Attribute[tuple[str, ...]], extensions: tuple[str, ...]
    ) -> None:
        if any(not line or "\n" in line for line in extensions):
            raise _malformed("An extension must be one line that is not empty.")

    @property
    def text(self) -> str:
        """The text of its note."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint of a note's text.

        Raises:
            SealFormatError: the text is not exactly one checkpoint's.
        """
        *lines, rest = text.split("\n")
        if rest or len(lines) < 3:
            raise _malformed("A checkpoint must have three lines: origin, size and root.")
        origin, size, root, *extensions = lines
        return cls(
            origin,
            decode_decimal(size, where="checkpoint, tree size"),
            decode_hash(root, where="checkpoint, root"),
            tuple(extensions),
        )


@frozen
class SignedCheckpoint:
    """A checkpoint whose signature was verified.

    Attributes:
        checkpoint: what it says.
        note: the note that says it, with all its signatures.
        signers: which of the known keys signed it; never empty.
    """

    checkpoint: Checkpoint
    note: Note
    signers: tuple[VerifierKey, ...]


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The bytes of the checkpoint's note, signed.

    Whoever calls it answers for never signing two checkpoints of one log that contradict each
    other (section "Signatures").

    Raises:
        SealFormatError: a note cannot say its origin or its extensions.
        SignatureError: the signer gave no signature that its own verifier key accepts.
    """
    return sign_note(checkpoint.text, signer).format()


def open_checkpoint(
    data: bytes, keys: Iterable[VerifierKey], origin: str | None = None
) -> SignedCheckpoint:
    """Verify a checkpoint and read it, in this order.

    Args:
        data: the bytes of its note.
        keys: the log's keys. Witnesses' keys must not be among them: each of these keys alone
            may speak for the log.
        origin: the log it must be of; None for any.

    Raises:
        SealFormatError: the bytes are no note, or the note no checkpoint.
        SignatureError: a signature that claims to be of one of the keys is not.
        UnknownSignerError: none of the keys signed it.
        WrongOriginError: it is another log's.
    """
    note = parse_note(data)
    signers = tuple(verify_note(note, keys))
    checkpoint = Checkpoint.parse(note.text)
    if origin is not None and checkpoint.origin != origin:
        raise WrongOriginError(
            "The checkpoint is another log's.",
            where="checkpoint, origin",
            expected=origin,
            got=checkpoint.origin,
        )
    return SignedCheckpoint(checkpoint, note, signers)


def _malformed(rule: str) -> SealFormatError:
    return SealFormatError(rule, where="checkpoint")
