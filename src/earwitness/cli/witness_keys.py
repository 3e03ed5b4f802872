"""Witnesses' keys, as they are given on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..exceptions import SealFormatError
from ..integrity.cosignature import CosignerKey


def witness_keys(given: Sequence[str]) -> list[CosignerKey]:
    """The keys that are meant, each of them once, in order.

    Args:
        given: vkeys of cosigners, and names of files with one a line.

    Raises:
        SealFormatError: what is given, or a line of a file, is no such vkey.
        OSError: a file could not be read.
    """
    return list(dict.fromkeys(key for text in given for key in _keys_of(text.strip())))


def _keys_of(text: str) -> list[CosignerKey]:
    path = Path(text).expanduser()
    if "+" in text and not path.exists():
        return [_parse(text, "--witness")]
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    keys = [_parse(line.strip(), text) for line in lines if line.strip()]
    if not keys:
        raise SealFormatError("The file holds no witness's key.", where=text)
    return keys


def _parse(text: str, where: str) -> CosignerKey:
    try:
        return CosignerKey.parse(text)
    except SealFormatError as error:
        error.where = where
        error.hint = "A witness's key is in the cosigner.key of its folder."
        raise
