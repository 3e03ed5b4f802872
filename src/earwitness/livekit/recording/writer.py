"""From settled sound to pages on the disk, and to the fact that seals them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...audio import ogg_opus_seconds
from ...disk import Disk
from ...events import AudioSealed
from ...stores.contents import path_of
from .encoder import OggOpusEncoder
from .file import AudioFile
from .losses import Losses
from .sound import RATE, Samples

if TYPE_CHECKING:
    from ...encryption.cipher import DataKey


class AudioWriter:
    """Writes one recording.

    Args:
        disk: the system calls.
        find: finds where the file is to be; nothing may be there yet.
        losses: hears what could not be written.
        find_key: finds what the file is encrypted with, if with anything, once it can be made.

    Raises:
        ValueError: this PyAV cannot encode Opus.
    """

    def __init__(
        self,
        disk: Disk,
        find: Callable[[], Path],
        losses: Losses,
        find_key: Callable[[], DataKey | None] = lambda: None,
    ) -> None:
        self._find = find
        self._losses = losses
        self._encoder = OggOpusEncoder()
        self._file = AudioFile(disk, find, find_key)
        self._head = self._encoder.begin()
        self._samples = 0
        self._left_out = 0

    def write(self, sound: Samples) -> None:
        """Add sound, in whole blocks, as soon as the disk takes it."""
        self._samples += len(sound)
        self._file.retry()
        if self._file.is_full:
            self._left_out += len(sound)
            self._losses.add("both", self._file.error, len(sound) / RATE)
            return
        if self._left_out:  # the time has passed all the same
            silence = np.zeros((self._left_out, sound.shape[1]), np.int16)
            self._left_out = 0
            self._append(silence)
        self._append(sound)

    def finish(self, sound: Samples) -> None:
        """Add the last sound, however long it is."""
        self._samples += len(sound)
        self._write(self._encoder.finish(sound))

    def sync(self) -> None:
        """Bring what was written to the disk."""
        self._file.sync()

    def close(self) -> AudioSealed:
        """Bring the file and its name to the disk.

        Raises:
            FileNotFoundError: it never took a page.
        """
        self._file.close()
        key = self._file.key
        path = path_of(self._find(), key)
        seconds = ogg_opus_seconds(path, key) or 0.0
        kept = self._samples - self._left_out
        self._losses.add("both", self._file.error, kept / RATE - seconds)
        return AudioSealed(
            file=path.name,
            sha256=self._file.sha256,
            bytes=self._file.size,
            seconds=seconds,
            content_sha256=self._file.content_sha256,
        )

    def _append(self, sound: Samples) -> None:
        self._write(self._encoder.encode(sound))

    def _write(self, pages: Iterable[bytes]) -> None:
        for page in pages:
            # Together with the first sound: without any, no player would know what to do with it.
            head, self._head = self._head, b""
            self._file.append(head + page)
