"""Who signs: the port that a key management service can fill, and the key in this process."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..exceptions import SignatureError
from .note import Note, Signature
from .vkey import VerifierKey


@runtime_checkable
class Signer(Protocol):
    """Something that signs with one Ed25519 key, wherever that key may be.

    It MUST
      * give the same ``name`` and ``verifier`` all its life, ``name`` being ``verifier.name``;
      * sign exactly the bytes it is given: pure Ed25519 (RFC 8032), no prehash, no envelope;
      * be callable from any thread, from one at a time;
      * raise an exception, of any type, where it cannot sign; nothing is published then.

    It does not promise
      * to be quick: it is called in the background, and may go over a network;
      * to know what it signs, or to refuse two messages that contradict each other;
      * to be right: each signature is verified with ``verifier`` before it is used.
    """

    @property
    def name(self) -> str:
        """The key's name, as it stands in signatures."""

    @property
    def verifier(self) -> VerifierKey:
        """The key's public half."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over the message."""


@frozen(eq=False)
class Ed25519Signer:
    """A signer whose key is in this process."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)
    verifier: VerifierKey = field(init=False)

    @verifier.default
    def _derive_verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.private_key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """The signer of an Ed25519 seed, 32 bytes (RFC 8032, section 5.1.5).

        Raises:
            ValueError: the seed has another length.
            SealFormatError: a key cannot have this name.
        """
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        return self.private_key.sign(message)


def sign_note(text: str, signer: Signer) -> Note:
    """The note that says the text, signed (C2SP signed-note, section "Ed25519 signatures").

    Raises:
        SealFormatError: a note cannot say the text.
        SignatureError: the signer gave no signature that its own verifier key accepts.
    """
    key = signer.verifier
    signature = sign_checked(signer, text.encode())
    return Note(text, (Signature(key.name, key.id, signature),))


def sign_checked(signer: Signer, message: bytes) -> bytes:
    """The signer's signature over the message, verified.

    Raises:
        SignatureError: it is not one that the signer's own verifier key accepts.
    """
    signature = signer.sign(message)
    if not signer.verifier.verify(message, signature):
        raise SignatureError(
            "A signer's own verifier key does not accept its signature.",
            where=f"signer {signer.verifier.name}",
            expected="64 bytes of Ed25519 over the message itself",
            got=f"{len(signature)} bytes",
            hint="It may sign a digest, wrap the signature, or hold another key.",
        )
    return signature
