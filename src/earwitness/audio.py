"""The audio beside a log: the SDK's file, kept before it is deleted, or a recording of our own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from .disk import Disk, opened, opened_file, replacing
from .encryption import ENCRYPTED_SUFFIX
from .events import AudioSealed
from .ogg import GRANULE_RATE, end_of_whole_pages
from .stores.contents import path_of

if TYPE_CHECKING:
    from .encryption.cipher import DataKey

AUDIO_NAME: Final = "audio.ogg"
"""The file of Earwitness's own recording, in the session's folder."""

_OPUS_HEAD: Final = re.compile(rb"OpusHead..(..)", re.DOTALL)  # version, channels, pre-skip
_PAGE: Final = re.compile(rb"OggS\x00[\x00-\x07](.{8})", re.DOTALL)  # its granule position
_PAGE_LOOKBACK: Final = 1 << 17  # an Ogg page has at most 65,307 bytes
_COPY_STEP: Final = 1 << 20
_MENDABLE: Final = 1 << 22  # more than a disk holds back between two syncs


def decrypted_name(sealed: AudioSealed) -> str | None:
    """What a disclosed copy calls the sound of an encrypted session; None of any other.

    Nor has it a name if the digest was not sealed by which whoever has no key could check it.
    """
    if sealed.content_sha256 is None:
        return None
    return Path(sealed.file).name.removesuffix(ENCRYPTED_SUFFIX)


class Sound(Protocol):
    """A recording of the call's sound that goes on beside the log."""

    @property
    def has_begun(self) -> bool:
        """True once there was a sound to record."""
        ...

    def silence(self, on: bool) -> None:
        """Put silence in the place of all sound from now on, or no more. From any thread."""
        ...

    def end(self) -> None:
        """Take no more sound: the call is over."""
        ...

    def seal(self) -> list[Any]:
        """Wait for the recording's end; the facts that are to be told of it. Blocks.

        Raises:
            OSError: there is no file, or the disk hangs.
        """
        ...


def seal_audio(disk: Disk, source: Path, folder: Path, key: DataKey | None = None) -> AudioSealed:
    """Copy an audio file into a session's folder and take its digest.

    Args:
        disk: what it is written through.
        source: the file.
        folder: the session's.
        key: what the copy is encrypted with, if anything; the digest is that of what lies there.

    Raises:
        OSError: the file is not there, is no regular file, or could not be kept.
    """
    name = f"audio{source.suffix or '.ogg'}"
    target = path_of(folder / name, key)
    if not target.exists():  # else a finalize that was killed had come this far
        # No hard link: a session started again in its job writes to the same file once more.
        _copy(disk, source, target, name, key)
    return _sealed(target, key)


def mend_audio(disk: Disk, folder: Path, key: DataKey | None = None) -> AudioSealed:
    """Make a recording of our own whole whose recorder died, and take its digest.

    What a power cut left of a last page is cut off. Nothing else is changed.

    Args:
        disk: what it is mended through.
        folder: the session's.
        key: what it is encrypted with, if with anything.

    Raises:
        OSError: the file is not there, or the disk fails.
        DecryptionError: it is another session's.
    """
    path = path_of(folder / AUDIO_NAME, key)
    with opened(disk, path, os.O_RDWR) as fd:
        whole = _whole_pages(fd) if key is None else key.whole_size(AUDIO_NAME, path)
        if whole < os.fstat(fd).st_size:
            disk.truncate(fd, whole)
        disk.fsync(fd)
    return _sealed(path, key)


def _whole_pages(fd: int) -> int:
    size = os.fstat(fd).st_size
    start = max(0, size - _MENDABLE)
    end = end_of_whole_pages(os.pread(fd, size - start, start))
    return size if end is None else start + end


def _sealed(path: Path, key: DataKey | None) -> AudioSealed:
    return AudioSealed(
        file=path.name,
        sha256=_digest(path),
        bytes=path.stat().st_size,
        seconds=ogg_opus_seconds(path, key),
        content_sha256=None if key is None else _content_digest(path, key),
    )


def ogg_opus_seconds(path: Path, key: DataKey | None = None) -> float | None:
    """The duration of an Ogg Opus file in seconds, or None if it is no such file (RFC 7845).

    Args:
        path: the file, as it lies there.
        key: what it is encrypted with, if with anything.
    """
    head, tail = _ends(path) if key is None else _decrypted_ends(path, key)
    opus, pages = _OPUS_HEAD.search(head), _PAGE.findall(tail)
    if opus is None or not pages:
        return None
    pre_skip = int.from_bytes(opus[1], "little")
    # -1 on a page where no packet ends; on all others granule positions only grow.
    granule = max(int.from_bytes(page, "little", signed=True) for page in pages)
    return max(0, granule - pre_skip) / GRANULE_RATE


def _ends(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(_PAGE_LOOKBACK)
        file.seek(max(0, path.stat().st_size - _PAGE_LOOKBACK))
        return head, file.read()


def _decrypted_ends(path: Path, key: DataKey) -> tuple[bytes, bytes]:
    head = tail = b""
    for part in _decrypted(path, key):
        head = head or part
        tail = (tail + part)[-_PAGE_LOOKBACK:]
    return head, tail


def _decrypted(path: Path, key: DataKey) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from key.decrypt_file(path.name.removesuffix(ENCRYPTED_SUFFIX), file)


def _copy(disk: Disk, source: Path, target: Path, name: str, key: DataKey | None) -> None:
    with (
        opened_file(source) as original,
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


def _content_digest(path: Path, key: DataKey) -> str:
    digest = hashlib.sha256()
    for part in _decrypted(path, key):
        digest.update(part)
    return digest.hexdigest()
