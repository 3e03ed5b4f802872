"""Verifier keys, or vkeys, as in C2SP signed-note (https://c2sp.org/signed-note)."""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar, Final, Self

from attrs import Attribute, field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..exceptions import SealFormatError
from .encoding import decode_base64, encode_base64

PUBLIC_KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_NOT_IN_A_NAME: Final = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")


def check_name(name: str, *, where: str) -> None:
    """Refuse what may not be a key's name (section "Format"). The error does not repeat it.

    Raises:
        SealFormatError: it is empty, or has a space, a plus or a control character in it.
    """
    if not name or _NOT_IN_A_NAME.search(name):
        raise SealFormatError(
            "A key cannot have this name.",
            where=where,
            expected="a name without spaces, plus signs and control characters",
            got=f"{len(name)} characters",
            hint="A URL without its scheme is a good name: example.com/calls.",
        )


def key_id(name: str, signature_type: int, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || signature type || public key)[:4] (section "Signatures")."""
    hashed = b"%b\n%c%b" % (name.encode(), signature_type, public_key)
    return hashlib.sha256(hashed).digest()[:KEY_ID_BYTES]


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key made the signature over exactly this message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def valid_name(instance: Any, attribute: Attribute[str], name: str) -> None:
    """:func:`check_name` as an attrs validator."""
    check_name(name, where=type(instance).__name__)


@frozen
class VerifierKey:
    """The public half of a key: what its owner gives to those who verify.

    Attributes:
        name: the key's name, by custom its log's or owner's URL without the scheme.
        public_key: the 32 bytes of the Ed25519 public key (RFC 8032).
    """

    SIGNATURE_TYPE: ClassVar[int] = 0x01

    name: str = field(validator=valid_name)
    public_key: bytes = field()

    @public_key.validator
    def _check_public_key(self, attribute: Attribute[bytes], value: bytes) -> None:
        if len(value) != PUBLIC_KEY_BYTES:
            raise _malformed(f"a public key of {PUBLIC_KEY_BYTES} bytes", f"{len(value)} bytes")

    @property
    def id(self) -> bytes:
        """The four bytes by which, beside the name, a signature says whose it is."""
        return key_id(self.name, self.SIGNATURE_TYPE, self.public_key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a vkey (section "Verifier keys").

        Raises:
            SealFormatError: the text is not the vkey of a key of this type.
        """
        parts = text.split("+", 2)  # base64 may hold a plus of its own
        if len(parts) != 3:
            raise _malformed("<name>+<key id>+<base64>", f"{len(parts)} of its parts")
        name, id_, encoded = parts
        material = decode_base64(encoded, where="verifier key")
        if material[:1] != bytes([cls.SIGNATURE_TYPE]):
            raise _malformed(f"signature type {cls.SIGNATURE_TYPE:02x}", material[:1].hex())
        key = cls(name, material[1:])
        if id_ != key.id.hex():
            got = id_ if _KEY_ID.fullmatch(id_) else f"{len(id_)} characters"
            raise _malformed(f"key id {key.id.hex()}", got)
        return key

    def __str__(self) -> str:
        """The vkey (section "Verifier keys")."""
        material = bytes([self.SIGNATURE_TYPE]) + self.public_key
        return f"{self.name}+{self.id.hex()}+{encode_base64(material)}"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature, given without its key id, is this key's over the note text."""
        return verify_ed25519(self.public_key, text, signature)


def _malformed(expected: str, got: str) -> SealFormatError:
    return SealFormatError(
        "Text is not a verifier key of the type that is wanted here.",
        where="verifier key",
        expected=expected,
        got=got,
    )
