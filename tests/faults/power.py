"""A disk that knows what would be left of a folder after a power cut."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from pathlib import Path
from typing import Any

from tests.faults.disks import Call, SpyDisk

Change = tuple[int, bytes | None]
"""What was written at a position; None: the file ends there."""


class PowerDisk(SpyDisk):
    """Remembers what was synced: of each file its content, of each folder its entries.

    A sync that fails forgets what it should have brought to the disk, as the kernel does: it can
    still be read, but is taken for clean, so that no later sync brings it to the disk.

    Args:
        folder: everything below it is watched; it is there for good itself.
        zeroes: a file is left as large as it had become, what was not synced being zeroes.

    Attributes:
        cuts: what would be left if the power failed before each call that was made.
        failing: how many of the next syncs of files fail.
    """

    def __init__(self, folder: Path, *, zeroes: bool = False) -> None:
        super().__init__()
        self.cuts: list[dict[str, bytes]] = []
        self.failing = 0
        self._moment = threading.RLock()
        self._folder = folder
        self._zeroes = zeroes
        self._files: dict[int, bytes] = {}
        self._folders: dict[int, dict[str, int]] = {}
        self._unsynced: dict[int, list[Change]] = {}

    def around(self, name: str, call: Call, *args: Any) -> Any:
        # The call's loop and the background thread each write and sync: what is left is a picture
        # of one moment.
        with self._moment:
            return self._make(name, call, *args)

    def _make(self, name: str, call: Call, *args: Any) -> Any:
        self.cuts.append(self.left())
        if name == "write":
            fd, data = args
            start = self._position(fd)
            written = call(fd, data)
            self._changed(fd, (start, bytes(data[:written])))
            return written
        if name == "truncate":
            self._changed(args[0], (args[1], None))
        elif name in ("fsync", "fdatasync"):
            self._sync(args[0])
        done = call(*args)
        if name == "open" and args[1] & os.O_EXCL:  # its number may be that of a file that is gone
            self._forget(os.fstat(done).st_ino)
        return done

    def _forget(self, file: int) -> None:
        self._files.pop(file, None)
        self._unsynced.pop(file, None)

    def left(self) -> dict[str, bytes]:
        """Every file that would be left, by its path in the folder."""
        with self._moment:
            return self._below(os.stat(self._folder).st_ino, "")

    def _below(self, folder: int, path: str) -> dict[str, bytes]:
        files = {}
        for name, number in self._folders.get(folder, {}).items():
            if number in self._folders:
                files |= self._below(number, f"{path}{name}/")
            else:
                files[path + name] = self._content(number)
        return files

    def _content(self, file: int) -> bytes:
        content = self._files.get(file, b"")
        if self._zeroes:
            size = len(_changed(content, self._unsynced.get(file, [])))
            return content[:size].ljust(size, b"\0")
        return content

    def _position(self, fd: int) -> int:
        if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND:
            return os.fstat(fd).st_size
        return os.lseek(fd, 0, os.SEEK_CUR)

    def _changed(self, fd: int, change: Change) -> None:
        self._unsynced.setdefault(os.fstat(fd).st_ino, []).append(change)

    def _sync(self, fd: int) -> None:
        found = os.fstat(fd)
        if stat.S_ISDIR(found.st_mode):
            with os.scandir(fd) as entries:
                self._folders[found.st_ino] = {each.name: each.inode() for each in entries}
            return
        changes = self._unsynced.pop(found.st_ino, [])
        if self.failing:
            self.failing -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._files[found.st_ino] = _changed(self._files.get(found.st_ino, b""), changes)


def _changed(content: bytes, changes: list[Change]) -> bytes:
    for position, data in changes:
        if data is None:
            content = content[:position]
        else:
            start = content[:position].ljust(position, b"\0")
            content = start + data + content[position + len(data) :]
    return content
