"""The audio file that the SDK leaves behind, kept beside the log before it is deleted."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .disk import Disk, replacing
from .events import AudioSealed
from .stores.contents import path_of

if TYPE_CHECKING:
    from .encryption.cipher import DataKey

_OPUS_RATE: Final = 48_000  # RFC 7845, section 4: granule positions count 48 kHz samples
_OPUS_HEAD: Final = re.compile(rb"OpusHead..(..)", re.DOTALL)  # version, channels, pre-skip
_PAGE: Final = re.compile(rb"OggS\x00[\x00-\x07](.{8})", re.DOTALL)  # its granule position
_PAGE_LOOKBACK: Final = 1 << 17  # an Ogg page has at most 65,307 bytes
_COPY_STEP: Final = 1 << 20


def seal_audio(disk: Disk, source: Path, folder: Path, key: DataKey | None = None) -> AudioSealed:
    """Copy an audio file into a session's folder and take its digest.

    Args:
        disk: what it is written through.
        source: the file.
        folder: the session's.
        key: what the copy is encrypted with, if anything; the digest is that of what lies there.

    Raises:
        OSError: the file is not there, or could not be kept.
    """
    name = f"audio{source.suffix or '.ogg'}"
    target = path_of(folder / name, key)
    if not target.exists():  # else a finalize that was killed had come this far
        # No hard link: a session started again in its job writes to the same file once more.
        _copy(disk, source, target, name, key)
    return AudioSealed(
        file=target.name,
        sha256=_digest(target),
        bytes=target.stat().st_size,
        seconds=ogg_opus_seconds(source if key is not None else target),
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
    return max(0, granule - pre_skip) / _OPUS_RATE


def _copy(disk: Disk, source: Path, target: Path, name: str, key: DataKey | None) -> None:
    with (
        source.open("rb") as original,
        replacing(disk, target) as fd,
        open(fd, "wb", closefd=False) as copy,
    ):
        if key is None:
            shutil.copyfileobj(original, copy, _COPY_STEP)
        else:
            copy.writelines(key.encrypted_parts(name, original))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
