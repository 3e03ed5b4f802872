"""Signed notes as in C2SP signed-note (https://c2sp.org/signed-note).

A note is text, a blank line, and signature lines. Nothing it says counts before
:func:`verify_note` has found the signature of a key that the reader already trusts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from attrs import Attribute, evolve, field, frozen

from ..exceptions import SealFormatError, SignatureError, UnknownSignerError
from .encoding import decode_base64, encode_base64
from .vkey import KEY_ID_BYTES, VerifierKey, valid_name

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
"""The specification wants at least 16 to be accepted."""

_DASH: Final = "\u2014 "
_NOT_IN_A_NOTE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")

K = TypeVar("K", bound=VerifierKey)


@frozen
class Signature:
    """One signature of a note, verified or not.

    Attributes:
        name: the name of the key that is said to have made it.
        key_id: that key's id, 4 bytes.
        signature: the signature itself, as the key's type has it.
    """

    name: str = field(validator=valid_name)
    key_id: bytes
    signature: bytes = field(repr=False)

    def __str__(self) -> str:
        """Its line, without the newline (section "Signatures")."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}"


@frozen
class Note:
    """A text and the signatures under it.

    Attributes:
        text: what is signed, its last newline included.
        signatures: at least one, verified or not.
    """

    text: str = field()
    signatures: tuple[Signature, ...] = field()

    @text.validator
    def _check_text(self, attribute: Attribute[str], text: str) -> None:
        if not text.endswith("\n"):
            raise _malformed("A note's text must end in a newline.")
        if _NOT_IN_A_NOTE.search(text):
            raise _malformed("A note must be text without control characters.")

    @signatures.validator
    def _check_signatures(
        self, attribute: Attribute[tuple[Signature, ...]], signatures: tuple[Signature, ...]
    ) -> None:
        if not signatures:
            raise _malformed("A note must have a signature.")
        if len(signatures) > MAX_SIGNATURES:
            raise _malformed(f"A note cannot have more than {MAX_SIGNATURES} signatures.")

    def format(self) -> bytes:
        """The note's bytes (section "Format")."""
        lines = "".join(f"{signature}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    def signed_also(self, *signatures: Signature) -> Note:
        """The note with more signatures under it."""
        return evolve(self, signatures=(*self.signatures, *signatures))


def parse_note(data: bytes) -> Note:
    """The note that the bytes are, none of its signatures verified (section "Format").

    Raises:
        SealFormatError: they are not exactly one note.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed(f"A note cannot be larger than {MAX_NOTE_BYTES} bytes.")
    # What ends in two newlines has an empty line last, and no signature after it.
    head, blank, block = _decode(data).rpartition("\n\n")
    if not blank:
        raise _malformed("A note must have a blank line between its text and its signatures.")
    return Note(f"{head}\n", parse_signatures(block) if block else ())


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("A note must be UTF-8.") from None


def parse_signatures(block: str) -> tuple[Signature, ...]:
    """The signatures of a note's last lines, or of a witness's answer.

    Raises:
        SealFormatError: they are not exactly such lines.
    """
    *lines, rest = block.split("\n")
    if rest:
        raise _malformed("A note's last line must end in a newline.")
    return tuple(_parse_signature(line, number) for number, line in enumerate(lines, 1))


def _parse_signature(line: str, number: int) -> Signature:
    where = f"note, signature line {number}"
    if not line.startswith(_DASH):
        raise _malformed("A signature's line must begin with a dash and a space.", where)
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = decode_base64(encoded, where=where)
    if len(data) <= KEY_ID_BYTES:
        raise _malformed("A signature must be a key id and bytes after it.", where)
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def verify_note(note: Note, keys: Iterable[K]) -> dict[K, Signature]:
    """Verify the note by the keys that its reader trusts (section "Signatures").

    Returns:
        The keys that signed, each with its first signature.

    Raises:
        SignatureError: a signature that claims to be of one of the keys is not.
        UnknownSignerError: none of the keys signed.
    """
    known = list(keys)
    verified = verified_signatures(note, known)
    if not verified:
        raise UnknownSignerError(
            "No known key signed the note.",
            where="note",
            expected=" or ".join(_who(key.name, key.id) for key in known) or "no key at all",
            got=", ".join(_who(each.name, each.key_id) for each in note.signatures)[:300],
            hint="Verify with the key that was in use when the note was signed.",
        )
    return verified


def verified_signatures(note: Note, keys: Iterable[K]) -> dict[K, Signature]:
    """As :func:`verify_note`, for a reader who can do without any of the keys.

    Raises:
        SignatureError: a signature that claims to be of one of the keys is not.
    """
    known = _by_claim(keys)
    verified: dict[K, Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.verify(note.text.encode(), signature.signature):
            raise SignatureError(
                "The key did not make this signature over this text.",
                where=f"note, signature of {_who(key.name, key.id)}",
                hint="The text, the signature or the key is not what it was.",
            )
        verified.setdefault(key, signature)
    return verified


def _by_claim(keys: Iterable[K]) -> dict[tuple[str, bytes], K]:
    known: dict[tuple[str, bytes], K] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise SignatureError(
                "Two known keys have one name and one id.", where=_who(key.name, key.id)
            )
    return known


def _who(name: str, key_id: bytes) -> str:
    return f"{name}+{key_id.hex()}"


def _malformed(rule: str, where: str = "note") -> SealFormatError:
    return SealFormatError(rule, where=where)
