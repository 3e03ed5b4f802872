"""What the C2SP formats are written in: base64, SHA-256 hashes and decimals, one spelling each.

A value that could be spelled in two ways could be changed without a signature noticing, so each
reader takes exactly what the writer beside it makes. Errors tell sizes and never the content.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Final

from ..exceptions import SealFormatError
from .merkle import HASH_BYTES

MAX_DECIMAL: Final = (1 << 63) - 1
"""The largest size, index or time: the largest signed 64-bit integer."""
MAX_PROOF_HASHES: Final = 63
"""The levels of the largest tree there is (C2SP tlog-witness, add-checkpoint)."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, *, where: str) -> bytes:
    """The bytes of standard base64 with padding, with no bit in it that means nothing.

    Raises:
        SealFormatError: it is no such base64.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or encode_base64(data) != text:
        raise SealFormatError(
            "Text is not base64 as it must be.",
            where=where,
            expected="standard base64, padded, its unused bits zero (RFC 4648, section 4)",
            got=f"{len(text)} other characters",
        ) from None
    return data


def decode_hash(text: str, *, where: str) -> bytes:
    """The SHA-256 that stands there in base64.

    Raises:
        SealFormatError: it is none.
    """
    data = decode_base64(text, where=where)
    if len(data) != HASH_BYTES:
        raise SealFormatError(
            "A hash is not 32 bytes long.",
            where=where,
            expected=f"{HASH_BYTES} bytes",
            got=f"{len(data)} bytes",
        )
    return data


def encode_hashes(hashes: Iterable[bytes]) -> str:
    """The lines of a proof: one hash a line, in base64."""
    return "".join(f"{encode_base64(hash_)}\n" for hash_ in hashes)


def decode_hashes(lines: list[str], *, where: str) -> tuple[bytes, ...]:
    """The hashes of a proof's lines.

    Raises:
        SealFormatError: there are more than any tree has levels, or one is no hash.
    """
    if len(lines) > MAX_PROOF_HASHES:
        raise SealFormatError(
            "A proof has more hashes than any tree has levels.",
            where=where,
            expected=f"at most {MAX_PROOF_HASHES} hashes",
            got=f"{len(lines)} hashes",
        )
    return tuple(
        decode_hash(line, where=f"{where}, hash {number}") for number, line in enumerate(lines)
    )


def decode_decimal(text: str, *, where: str) -> int:
    """The number that stands there in ASCII decimal, without leading zeroes.

    Raises:
        SealFormatError: it is none, or larger than :data:`MAX_DECIMAL`.
    """
    number = int(text) if _DECIMAL.fullmatch(text) else -1
    if not 0 <= number <= MAX_DECIMAL:
        raise SealFormatError(
            "Text is not a decimal as it must be.",
            where=where,
            expected="ASCII digits, no leading zeroes, below 2^63",
            got=f"{len(text)} other characters",
        )
    return number
