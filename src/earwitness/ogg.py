"""Opus audio in an Ogg file, page by page: RFC 3533 (Ogg) and RFC 7845 (Opus in it).

A page is written whole or not at all and carries its own checksum, so a file is playable up to
its last whole page at every moment, whatever became of its writer.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final

GRANULE_RATE: Final = 48_000
"""Granule positions count samples at this rate, whatever the audio's own (RFC 7845, section 4)."""

BEGIN: Final = 0x02
END: Final = 0x04
MAX_SEGMENTS: Final = 255
"""How many lacing values a page has room for (RFC 3533, section 6)."""

_CAPTURE: Final = b"OggS"
_HEADER: Final = struct.Struct("<4sBBqIIIB")
_CHECKSUM: Final = slice(22, 26)
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def page(
    packets: Sequence[bytes], *, granule: int, serial: int, sequence: int, flags: int = 0
) -> bytes:
    """A page of whole packets (RFC 3533, section 6).

    Args:
        packets: :func:`segments` of all of them come to at most :data:`MAX_SEGMENTS`.
        granule: samples from the stream's start to the end of the last packet.
        serial: the stream's number.
        sequence: the page's number in the stream, from 0.
        flags: :data:`BEGIN` for the stream's first page, :data:`END` for its last.
    """
    lacing = b"".join(
        b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets
    )
    head = _HEADER.pack(_CAPTURE, 0, flags, granule, serial, sequence, 0, len(lacing))
    blank = b"".join([head, lacing, *packets])
    return blank[: _CHECKSUM.start] + _checksum(blank) + blank[_CHECKSUM.stop :]


def segments(packet: bytes) -> int:
    """How many lacing values a packet takes."""
    return len(packet) // 255 + 1


def opus_tags(vendor: str) -> bytes:
    """A comment header without comments (RFC 7845, section 5.2)."""
    name = vendor.encode()
    return struct.pack("<8sI", b"OpusTags", len(name)) + name + struct.pack("<I", 0)


def end_of_whole_pages(data: bytes) -> int | None:
    """Where the last page ends that is whole and has its checksum; None if there is none."""
    start = len(data)
    while (start := data.rfind(_CAPTURE, 0, start)) != -1:
        if (size := _page_size(data, start)) and _is_whole(data[start : start + size]):
            return start + size
    return None


def _page_size(data: bytes, start: int) -> int:
    if len(data) - start < _HEADER.size:
        return 0
    count = data[start + _HEADER.size - 1]
    lacing = data[start + _HEADER.size : start + _HEADER.size + count]
    size = _HEADER.size + count + sum(lacing)
    return size if len(lacing) == count and len(data) - start >= size else 0


def _is_whole(candidate: bytes) -> bool:
    blank = candidate[: _CHECKSUM.start] + bytes(4) + candidate[_CHECKSUM.stop :]
    return candidate[_CHECKSUM] == _checksum(blank)


def _checksum(blank: bytes) -> bytes:
    # Ogg's CRC is zlib's with the bits in the other order, and no inversion before and after.
    mirrored = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2).to_bytes(4, "little")
