"""The audio file: pages at its end, whatever the disk thinks of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...audio import AUDIO_NAME
from ...disk import Disk, sync_folder, write_all
from ...exceptions import EncryptionError, SessionNotFoundError
from ...stores.contents import path_of
from ...writing import error_name

if TYPE_CHECKING:
    from ...encryption.cipher import DataKey

MAX_WAITING: Final = 4 << 20
"""Bytes of pages that may wait for a disk that fails: some eight minutes of sound."""


class AudioFile:
    """A file that only grows, by one write(2) a page.

    A write that fails leaves the pages waiting, in order, and is tried again with the next one.

    Args:
        disk: the system calls.
        find: finds where the file is to be; nothing may be there yet.
        find_key: finds what the pages are encrypted with, once there is a place for them.

    Attributes:
        size: bytes in the file.
        error: what keeps pages from the disk, empty while nothing does.
    """

    def __init__(
        self,
        disk: Disk,
        find: Callable[[], Path],
        find_key: Callable[[], DataKey | None] = lambda: None,
    ) -> None:
        self.size = 0
        self.error = ""
        self._disk = disk
        self._find = find
        self._find_key = find_key
        self.key: DataKey | None = None
        self._parts = 0
        self._fd: int | None = None
        self._digest = hashlib.sha256()
        self._content_digest = hashlib.sha256()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._torn = False
        self._syncing = threading.Lock()

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of what is in the file."""
        return self._digest.hexdigest()

    @property
    def content_sha256(self) -> str | None:
        """That of what it decrypts to; None if it is not encrypted."""
        return None if self.key is None else self._content_digest.hexdigest()

    @property
    def is_full(self) -> bool:
        """True while no more pages may wait."""
        return self._waiting_bytes > MAX_WAITING

    def append(self, page: bytes) -> None:
        """Write a page, and before it those that wait."""
        self._waiting.append(page)
        self._waiting_bytes += len(page)
        self.retry()

    def retry(self) -> None:
        """Write what waits."""
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting_bytes -= len(self._waiting.popleft())
        except (OSError, SessionNotFoundError, EncryptionError) as error:
            self.error = error_name(error)
        else:
            self.error = ""

    def sync(self) -> None:
        """Bring what was written to the disk."""
        with self._syncing:
            if self._fd is not None:
                with contextlib.suppress(OSError):  # the last sync tells of it
                    self._disk.fdatasync(self._fd)

    def close(self) -> None:
        """Bring the file and its name to the disk, as far as the disk goes along.

        Raises:
            FileNotFoundError: it never took a page.
        """
        self.retry()
        if self.key is not None and self._fd is not None:
            self.append(b"")  # says that the file is whole
        with self._syncing:
            fd, self._fd = self._fd, None
        if fd is None:
            raise FileNotFoundError(self.error)
        with contextlib.suppress(OSError):
            if self._torn:
                self._disk.truncate(fd, self.size)
            self._disk.fsync(fd)
        with contextlib.suppress(OSError):
            self._disk.close(fd)
            sync_folder(self._disk, self._find().parent)

    def _write(self, page: bytes) -> None:
        if self._fd is None:
            path = self._find()  # there once the session is, and its key before it
            self.key = self._find_key()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
            self._fd = self._disk.open(path_of(path, self.key), flags)
        if self._torn:  # what a failed write left is no page
            self._disk.truncate(self._fd, self.size)
        self._torn = True
        written = self._as_written(page)
        write_all(self._disk, self._fd, written)
        self._torn = False
        self._parts += 1
        self.size += len(written)
        self._digest.update(written)
        if self.key is not None:
            self._content_digest.update(page)

    def _as_written(self, page: bytes) -> bytes:
        if (key := self.key) is None:
            return page
        head = b"" if self._parts else key.file_head()
        return head + key.chunk(AUDIO_NAME, self._parts, page, last=not page)
