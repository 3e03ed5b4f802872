"""The audio beside a log: the SDK's file, kept before it is deleted, or a recording of our own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Final

from .disk import Disk, opened, replacing
from .events import AudioSealed
from .ogg import GRANULE_RATE, end_of_whole_pages

AUDIO_NAME: Final = "audio.ogg"
"""The file of Earwitness's own recording, in the session's folder."""

_OPUS_HEAD: Final = re.compile(rb"OpusHead..(..)", re.DOTALL)  # version, channels, pre-skip
_PAGE: Final = re.compile(rb"OggS\x00[\x00-\x07](.{8})", re.DOTALL)  # its granule position
_PAGE_LOOKBACK: Final = 1 << 17  # an Ogg page has at most 65,307 bytes
_COPY_STEP: Final = 1 << 20
_MENDABLE: Final = 1 << 22  # more than a disk holds back between two syncs


def seal_audio(disk: Disk, source: Path, folder: Path) -> AudioSealed:
    """Copy an audio file into a session's folder and take its digest.

    Raises:
        OSError: the file is not there, or could not be kept.
    """
    target = folder / f"audio{source.suffix or '.ogg'}"
    if not target.exists():  # else a finalize that was killed had come this far
        # No hard link: a session started again in its job writes to the same file once more.
        _copy(disk, source, target)
    return _sealed(target)


def mend_audio(disk: Disk, path: Path) -> AudioSealed:
    """Make a recording of our own whole whose recorder died, and take its digest.

    What a power cut left of a last page is cut off. Nothing else is changed.

    Raises:
        OSError: the file is not there, or the disk fails.
    """
    with opened(disk, path, os.O_RDWR) as fd:
        size = os.fstat(fd).st_size
        start = max(0, size - _MENDABLE)
        end = end_of_whole_pages(os.pread(fd, size - start, start))
        if end is not None and start + end < size:
            disk.truncate(fd, start + end)
        disk.fsync(fd)
    return _sealed(path)


def _sealed(path: Path) -> AudioSealed:
    return AudioSealed(
        file=path.name,
        sha256=_digest(path),
        bytes=path.stat().st_size,
        seconds=ogg_opus_seconds(path),
    )


def ogg_opus_seconds(path: Path) -> float | None:
    """The duration of an Ogg Opus file in seconds, or None if it is no such file (RFC 7845)."""
    with path.open("rb") as file:
        head = file.read(_PAGE_LOOKBACK)
        file.seek(max(0, path.stat().st_size - _PAGE_LOOKBACK))
        tail = file.read()
    opus, pages = _OPUS_HEAD.search(head), _PAGE.findall(tail)
    if opus is None or not pages:
        return None
    pre_skip = int.from_bytes(opus[1], "little")
    # -1 on a page where no packet ends; on all others granule positions only grow.
    granule = max(int.from_bytes(page, "little", signed=True) for page in pages)
    return max(0, granule - pre_skip) / GRANULE_RATE


def _copy(disk: Disk, source: Path, target: Path) -> None:
    with (
        source.open("rb") as original,
        replacing(disk, target) as fd,
        open(fd, "wb", closefd=False) as copy,
    ):
        shutil.copyfileobj(original, copy, _COPY_STEP)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
