"""Opus packets out of samples, and Ogg pages out of packets."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Final

import av
import numpy as np

from ... import ogg
from .sound import RATE, Samples
from .timeline import BLOCK

BIT_RATE: Final = 64_000
_PRE_SKIP: Final = slice(10, 12)  # RFC 7845, section 5.1
_GRANULES: Final = ogg.GRANULE_RATE // RATE


class OggOpusEncoder:
    """A stereo stream, page by page.

    Raises:
        ValueError: this PyAV cannot encode Opus.
    """

    def __init__(self) -> None:
        self._codec: av.AudioCodecContext = av.CodecContext.create("libopus", "w")
        self._codec.sample_rate = RATE
        self._codec.layout = "stereo"
        self._codec.format = "s16"
        self._codec.bit_rate = BIT_RATE
        self._codec.open()
        self._head = bytes(self._codec.extradata or b"")
        self._pre_skip = int.from_bytes(self._head[_PRE_SKIP], "little")
        self._serial = secrets.randbits(32)
        self._sequence = 0
        self._packets = 0
        self._samples = 0

    def begin(self) -> bytes:
        """The pages that come before the sound."""
        head = self._page([self._head], 0, ogg.BEGIN)
        return head + self._page([ogg.opus_tags("earwitness")], 0)

    def encode(self, sound: Samples) -> Iterator[bytes]:
        """The pages that sound gives: samples by channels, in whole blocks."""
        packets: list[bytes] = []
        for start in range(0, len(sound), BLOCK):
            packets += self._encode(sound[start : start + BLOCK])
        return self._pages(packets)

    def finish(self, sound: Samples) -> Iterator[bytes]:
        """The last pages, with the last sound, however long it is."""
        whole = len(sound) // BLOCK * BLOCK
        yield from self.encode(sound[:whole])
        last = self._encode(sound[whole:]) if len(sound) > whole else []
        last += [bytes(packet) for packet in self._codec.encode(None)]
        yield from self._pages(last[:-1])
        # A granule position short of the last packet's end trims it (RFC 7845, section 4.5).
        end = self._pre_skip + self._samples * _GRANULES
        yield self._page(last[-1:], end, ogg.END)

    def _encode(self, block: Samples) -> list[bytes]:
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate = RATE
        frame.pts = self._samples
        self._samples += len(block)
        return [bytes(packet) for packet in self._codec.encode(frame)]

    def _pages(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        batch: list[bytes] = []
        room = ogg.MAX_SEGMENTS
        for packet in packets:
            if (room := room - ogg.segments(packet)) < 0:
                yield self._page(batch, self._granule(batch))
                batch, room = [], ogg.MAX_SEGMENTS - ogg.segments(packet)
            batch.append(packet)
        if batch:
            yield self._page(batch, self._granule(batch))

    def _granule(self, batch: list[bytes]) -> int:
        self._packets += len(batch)
        return self._packets * BLOCK * _GRANULES

    def _page(self, packets: list[bytes], granule: int, flags: int = 0) -> bytes:
        page = ogg.page(
            packets, granule=granule, serial=self._serial, sequence=self._sequence, flags=flags
        )
        self._sequence += 1
        return page
