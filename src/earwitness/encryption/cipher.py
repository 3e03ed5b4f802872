"""What a data key does: events and files to bytes that only it can read, and back.

AES-256-GCM-SIV (RFC 8452), whose nonces may repeat without giving the key away. By itself it does
not commit to its key: one ciphertext can be made that two keys decrypt. But an event commits to its
payload in its line, and a file names the commitment to the key that it was encrypted with.
"""

from __future__ import annotations

import base64
import hmac
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from attrs import evolve
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ..codec import withheld_line
from ..events import Event
from ..exceptions import DecryptionError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
CHUNK_BYTES: Final = 1 << 20
"""The most that one chunk of an encrypted file holds of the file."""

_MAGIC: Final = b"earwitness/encrypted-file@v1"
_SALT_CHARACTERS: Final = 32
_LENGTH_BYTES: Final = 4
_MAX_CIPHERTEXT: Final = CHUNK_BYTES + 64


def seal(aead: AESGCMSIV, data: bytes, context: bytes) -> bytes:
    """A fresh nonce, and behind it what :func:`unseal` gives back in the same context."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + aead.encrypt(nonce, data, context)


def unseal(aead: AESGCMSIV, sealed: bytes, context: bytes, *, where: str) -> bytes:
    """What :func:`seal` was given.

    Raises:
        DecryptionError: these bytes were not sealed by this key, or not in this context.
    """
    try:
        return aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise DecryptionError(
            "Encrypted bytes do not open with their session's key.",
            where=where,
            expected="what was encrypted, unchanged and in its place",
            got=f"{len(sealed)} other bytes",
            hint="They were damaged or moved. `earwitness verify` says more; nothing was changed.",
        ) from None


class DataKey:
    """The key of one session.

    Args:
        secret: 32 random bytes.

    Attributes:
        secret: the same.
        commitment: lower-case hex that tells nothing of the key and fits no other.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes")
        self.secret = secret
        self.commitment = self._derive(b"earwitness key commitment v1").hex()
        self._aead = AESGCMSIV(self._derive(b"earwitness encryption v1"))
        self._names = self._derive(b"earwitness file names v1")

    @classmethod
    def generate(cls) -> DataKey:
        """A new one."""
        return cls(os.urandom(KEY_BYTES))

    def __repr__(self) -> str:
        return f"<DataKey {self.commitment[:8]}>"

    def _derive(self, purpose: bytes) -> bytes:
        return HKDFExpand(hashes.SHA256(), KEY_BYTES, purpose).derive(self.secret)

    # -- events --------------------------------------------------------------------------------

    def encrypt(self, event: Event) -> Event:
        """The event with its salt and payload encrypted, bound to everything else in its line.

        An event without a payload is given back as it is.
        """
        if event.salt is None or event.data is None:
            return event
        sealed = seal(self._aead, event.salt.encode("ascii") + event.data, withheld_line(event))
        return evolve(event, salt=None, data=None, encrypted=base64.b64encode(sealed))

    def decrypt(self, event: Event) -> Event:
        """The event that :meth:`encrypt` was given; one that is not encrypted as it is.

        Raises:
            DecryptionError: another key encrypted it, or its line was changed.
        """
        if event.encrypted is None:
            return event
        sealed = base64.b64decode(event.encrypted)
        where = f"event {event.position} ({event.type})"
        opened = unseal(self._aead, sealed, withheld_line(event), where=where)
        salt = opened[:_SALT_CHARACTERS].decode("ascii", "replace")
        return evolve(event, salt=salt, data=opened[_SALT_CHARACTERS:], encrypted=None)

    # -- files ---------------------------------------------------------------------------------

    def blob_name(self, digest: str) -> str:
        """What the file of a blob is called: its digest could be compared with that of a guess."""
        return hmac.digest(self._names, digest.encode("ascii"), "sha256").hex()

    def encrypt_file(self, name: str, data: bytes) -> bytes:
        """A whole file's content, encrypted. It opens under this name only."""
        return b"".join(self.encrypted_parts(name, io.BytesIO(data)))

    def encrypted_parts(self, name: str, file: BinaryIO) -> Iterator[bytes]:
        """As :meth:`encrypt_file`, of an open file, part by part."""
        yield self.file_head()
        part, index = file.read(CHUNK_BYTES), 0
        while True:
            following = file.read(CHUNK_BYTES)
            yield self.chunk(name, index, part, last=not following)
            if not following:
                return
            part, index = following, index + 1

    def file_head(self) -> bytes:
        """What an encrypted file begins with: its format, and the commitment to its key."""
        return b"%b\n%b\n" % (_MAGIC, self.commitment.encode("ascii"))

    def chunk(self, name: str, index: int, data: bytes, *, last: bool) -> bytes:
        """The next part of a file that is written as it grows.

        Args:
            name: the file's plain name.
            index: how many parts there are before it.
            data: at most :data:`CHUNK_BYTES`.
            last: nothing comes after it.
        """
        sealed = seal(self._aead, data, _place(name, index, last=last))
        return len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed

    def decrypt_file(self, name: str, file: BinaryIO) -> Iterator[bytes]:
        """The content of an encrypted file, part by part.

        A file whose writer died ends with the last part that was written whole.

        Raises:
            DecryptionError: another key encrypted it, under another name, or it was changed.
        """
        head = self.file_head()
        if (got := file.read(len(head))) != head:
            raise _not_ours(name, head, got)
        for index, sealed in enumerate(_chunks(file, name)):
            try:
                yield self._open_chunk(name, index, sealed, last=False)
            except DecryptionError:
                yield self._open_chunk(name, index, sealed, last=True)
                if file.read(1):
                    raise _behind_the_end(name) from None
                return

    def whole_size(self, name: str, path: Path) -> int:
        """How many bytes of an encrypted file are parts that open; behind them it was torn.

        Raises:
            DecryptionError: another key encrypted it.
            OSError: it cannot be read.
        """
        size = 0
        with path.open("rb") as file:
            try:
                for _ in self.decrypt_file(name, file):
                    size = file.tell()
            except DecryptionError:
                if file.tell() <= len(self.file_head()):
                    raise
        return size

    def _open_chunk(self, name: str, index: int, sealed: bytes, *, last: bool) -> bytes:
        where = f"{name}, part {index}"
        return unseal(self._aead, sealed, _place(name, index, last=last), where=where)


def _place(name: str, index: int, *, last: bool) -> bytes:
    return b"%b\n%d\n%d" % (name.encode("utf-8"), index, last)


def _chunks(file: BinaryIO, name: str) -> Iterable[bytes]:
    while len(length := file.read(_LENGTH_BYTES)) == _LENGTH_BYTES:
        size = int.from_bytes(length, "big")
        if size > _MAX_CIPHERTEXT:
            raise DecryptionError(
                "A part of an encrypted file is larger than any can be.",
                where=name,
                expected=f"at most {_MAX_CIPHERTEXT} bytes",
                got=f"{size} bytes",
            )
        sealed = file.read(size)
        if len(sealed) < size:
            return
        yield sealed


def _not_ours(name: str, expected: bytes, got: bytes) -> DecryptionError:
    told = "another key's" if got.startswith(_MAGIC) else f"{len(got)} other bytes"
    return DecryptionError(
        "A file was not encrypted with its session's key.",
        where=name,
        expected=expected.replace(b"\n", b" ").decode("ascii").strip(),
        got=told,
    )


def _behind_the_end(name: str) -> DecryptionError:
    return DecryptionError("Something stands behind the last part of a file.", where=name)
