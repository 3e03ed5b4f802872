"""The keys that a verification trusts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..exceptions import SealFormatError, SigningKeyError, StoreError
from ..integrity.vkey import VerifierKey
from ..keys import VERIFIER_KEY_FILE, read_verifier_keys
from ..opening import open_store
from ..stores.journal import KEY_FOLDER

_SIGNING_KEY: Final = "PRIVATE+KEY+"


def trusted_keys(given: Sequence[str], store: Path) -> list[VerifierKey]:
    """The verifier keys that were given, or else those of the store; never both.

    Raises:
        SealFormatError: what was given is no verifier key.
        SigningKeyError: it is a key that signs.
        StoreError: nothing was given, and the store has none.
        OSError: a file of keys could not be read.
    """
    if not given:
        return _keys_of(store)
    keys = [key for text in given for key in _parse(text.strip())]
    return list(dict.fromkeys(keys))


def _parse(text: str) -> list[VerifierKey]:
    if text.startswith(_SIGNING_KEY):
        raise SigningKeyError(
            "That is a key that signs, and must be shown to nobody.",
            where="--key",
            expected="<name>+<key id>+<base64>, or a file with such lines",
            hint="The verifier key stands beside it in verifier.key.",
        )
    try:
        return [VerifierKey.parse(text)]
    except SealFormatError as error:
        path = os.path.expanduser(text)
        if not os.path.exists(path):
            error.where, error.hint = "--key", "There is no file of that name either."
            raise
    return _read(Path(path))


def _read(path: Path) -> list[VerifierKey]:
    try:
        keys = read_verifier_keys(path)
    except SealFormatError as error:
        error.where = str(path)
        raise
    if not keys:
        raise SealFormatError("The file holds no verifier key.", where=str(path))
    return keys


def _keys_of(store: Path) -> list[VerifierKey]:
    path = open_store(store).root / KEY_FOLDER / VERIFIER_KEY_FILE
    if not path.exists():
        raise StoreError(
            "There is no verifier key to verify with.",
            where=str(path),
            expected="the keys that the store was sealed with",
            got="no such file",
            hint="--key takes the key, or a file with it.",
        )
    return _read(path)
