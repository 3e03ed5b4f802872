"""Cosignatures as in C2SP tlog-cosignature (https://c2sp.org/tlog-cosignature), Ed25519 only.

A cosignature is a second party's word that, when it signed, this was the largest tree it had
seen of the log, and that every one it had seen before is the beginning of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from attrs import frozen

from ..exceptions import SealFormatError
from .checkpoint import Checkpoint
from .encoding import MAX_DECIMAL
from .note import Note, Signature, verified_signatures
from .signer import Signer, sign_checked
from .vkey import VerifierKey, verify_ed25519

_TIMESTAMP_BYTES: Final = 8


@frozen
class CosignerKey(VerifierKey):
    """The public half of a cosigner's key; as a vkey its signature type is 0x04.

    It should not be a key that signs anything else (section "Format").
    """

    SIGNATURE_TYPE: ClassVar[int] = 0x04

    @classmethod
    def of(cls, signer: Signer) -> CosignerKey:
        """The key by which the signer's cosignatures are verified."""
        return cls(signer.verifier.name, signer.verifier.public_key)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the timestamped signature is this cosigner's over the checkpoint's text."""
        time = _timestamp(signature)
        message = cosigned_message(text, time)
        return time <= MAX_DECIMAL and verify_ed25519(
            self.public_key, message, signature[_TIMESTAMP_BYTES:]
        )


def cosigned_message(text: bytes, time: int) -> bytes:
    """What a cosigner signs (section "Ed25519 signed message").

    Args:
        text: the text of the checkpoint's note.
        time: the POSIX time of signing, in seconds.
    """
    return b"cosignature/v1\ntime %d\n%b" % (time, text)


def cosign(checkpoint: Checkpoint, signer: Signer, time: int) -> Signature:
    """The signer's cosignature, to be added to the checkpoint's note.

    Whoever calls it has verified that the checkpoint is consistent with all that the signer
    cosigned of this log before.

    Args:
        checkpoint: what is cosigned.
        signer: the cosigner.
        time: the POSIX time, in whole seconds.

    Raises:
        SealFormatError: the time cannot stand in a cosignature.
        SignatureError: the signer gave no signature that its own verifier key accepts.
    """
    if not 0 < time <= MAX_DECIMAL:
        raise SealFormatError(
            "A cosignature cannot have this time.",
            where="cosignature",
            expected="whole seconds since the Unix epoch, from 1 to below 2^63",
            got=str(time),
        )
    signature = sign_checked(signer, cosigned_message(checkpoint.text.encode(), time))
    key = CosignerKey.of(signer)
    return Signature(key.name, key.id, time.to_bytes(_TIMESTAMP_BYTES, "big") + signature)


def verify_cosignatures(note: Note, keys: Iterable[CosignerKey]) -> dict[CosignerKey, int]:
    """Which of the known cosigners cosigned the note, and when each did first.

    That none did is no error: how many are enough is up to the caller.

    Returns:
        The POSIX times in seconds. They are the cosigners' word, and may lie in the future.

    Raises:
        SignatureError: a cosignature that claims to be of one of the keys is not.
    """
    verified = verified_signatures(note, keys)
    return {key: _timestamp(signature.signature) for key, signature in verified.items()}


def _timestamp(signature: bytes) -> int:
    return int.from_bytes(signature[:_TIMESTAMP_BYTES], "big")
