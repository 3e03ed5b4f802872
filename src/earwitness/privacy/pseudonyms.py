"""Names by which a thing that was taken out of a record can be recognised, as ``[phone:7f3a91c2]``.

The store's key makes the names. Whoever has it can try all telephone numbers there are and find
the one behind a pseudonym in minutes, so the records stay personal data while it exists; without
it a pseudonym tells nothing but that two things are the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

from attrs import field, frozen
from attrs.validators import in_

from ..disk import Disk, create_durably, make_folders, sync_folder
from ..exceptions import PseudonymKeyError

PSEUDONYM_KEY_FILE: Final = "pseudonym.key"

_KEY_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 4096
_PURPOSE: Final = b"earwitness pseudonym v1"


@frozen
class Pseudonyms:
    """Names for what must not be told, the same for the same thing under the same key.

    A name ends with the first characters of HMAC-SHA256 (RFC 2104) over kind and thing. Eight of
    them, 32 bits, mistake two of ten thousand numbers for one in a store out of a hundred; four
    do so in half of all stores with three hundred.

    Attributes:
        key: 32 random bytes.
        length: how many hex characters a name ends with.

    >>> from earwitness.privacy.pseudonyms import Pseudonyms
    >>> names = Pseudonyms(bytes(32))
    >>> names.of("phone", "+12125550123")
    'a16e9902'
    """

    key: bytes = field(repr=False)
    length: int = field(default=8, validator=in_(range(4, 65)))

    @key.validator
    def _check_key(self, _: object, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise _unusable("a pseudonym key", f"{len(key)} bytes")

    def of(self, kind: str, value: str) -> str:
        """The name of a thing: the ``7f3a91c2`` of ``[phone:7f3a91c2]``.

        Args:
            kind: what it is; a thing of another kind has another name.
            value: the thing itself, written in one way.
        """
        message = b"\0".join((_PURPOSE, kind.encode(), value.encode("utf-8", "surrogatepass")))
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()[: self.length]


def find_pseudonyms(folder: Path, *, disk: Disk | None = None) -> Pseudonyms:
    """The names that the key in a folder makes; a key is made if there is none.

    However many processes call this at once, they all get the same key. Where the file is
    destroyed, nothing that was recorded can be recognised any more, and new names begin.

    Raises:
        PseudonymKeyError: there is a file, but no key in it.
        OSError: the file could not be made.
    """
    disk = disk or Disk()
    path = folder / PSEUDONYM_KEY_FILE
    if not path.exists():
        for changed in make_folders(disk, folder):
            sync_folder(disk, changed)
        create_durably(disk, path, f"{secrets.token_hex(_KEY_BYTES)}\n".encode())
    return Pseudonyms(_read_key(path))


def _read_key(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_FILE_BYTES)
    try:
        key = bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        raise _unusable(str(path), "something else") from None
    if len(key) != _KEY_BYTES:
        raise _unusable(str(path), f"{len(key)} bytes")
    return key


def _unusable(where: str, got: str) -> PseudonymKeyError:
    return PseudonymKeyError(
        "This is not a pseudonym key.",
        where=where,
        expected=f"{_KEY_BYTES} bytes, in the file as hex",
        got=got,
        hint="Take it from its backup; without it, records of before can no longer be joined.",
    )
