"""The system calls that touch a store's files, in one place so that tests can break them.

Everything that must survive goes through here. A :class:`Disk` keeps no state; a test passes a
subclass whose calls fail where and when it says.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


class Disk:
    """The real one. Every method raises ``OSError`` as the call it names does."""

    def open(self, path: Path, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC, FILE_MODE)

    def close(self, fd: int) -> None:
        os.close(fd)

    # The one call that every event waits for: no Python between it and the system.
    write = staticmethod(os.write)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        # macOS has no fdatasync.
        getattr(os, "fdatasync", os.fsync)(fd)

    def rename(self, source: Path, target: Path) -> None:
        os.rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        os.unlink(path)

    def entries(self, fd: int) -> int:
        """How many names an open file has; none if it was deleted."""
        return os.fstat(fd).st_nlink

    def replace_descriptor(self, source: int, target: int) -> None:
        os.dup2(source, target, inheritable=False)

    def rmdir(self, path: Path) -> None:
        os.rmdir(path)

    def mkdir(self, path: Path) -> None:
        os.mkdir(path, FOLDER_MODE)

    def try_lock(self, fd: int, *, shared: bool = False) -> bool:
        """Take the file's lock if nobody is in the way; False if somebody is."""
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write every byte, however many calls that takes."""
    written = disk.write(fd, data)
    while written < len(data):
        written += disk.write(fd, memoryview(data)[written:])


def sync_folder(disk: Disk, folder: Path) -> None:
    """Make the folder's entries survive a power cut."""
    with opened(disk, folder, os.O_RDONLY | os.O_DIRECTORY) as fd:
        disk.fsync(fd)


def make_folders(disk: Disk, folder: Path) -> list[Path]:
    """Make a folder and its missing parents.

    Returns:
        The folders that have a new entry, for :func:`sync_folder`.
    """
    if folder.is_dir():
        return []
    changed = make_folders(disk, folder.parent)
    with contextlib.suppress(FileExistsError):
        disk.mkdir(folder)
    return [*changed, folder.parent]


def write_durably(disk: Disk, path: Path, data: bytes) -> None:
    """Give a file new content, all or nothing, on disk when this returns."""
    with replacing(disk, path) as fd:
        write_all(disk, fd, data)


def create_durably(disk: Disk, path: Path, data: bytes) -> None:
    """Make a file with this content, unless it is there already. Nobody sees half of it."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with opened(disk, hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
            write_all(disk, fd, data)
            disk.fsync(fd)
        with contextlib.suppress(FileExistsError):
            disk.link(hidden, path)
    finally:
        with contextlib.suppress(OSError):
            disk.unlink(hidden)
    # Also where another process was first: what we do with it next must not outlive it.
    sync_file(disk, path)


def write_soon(disk: Disk, path: Path, data: bytes) -> None:
    """Give a file new content, all or nothing; whether it is on disk is left to a later sync."""
    with replacing(disk, path, durably=False) as fd:
        write_all(disk, fd, data)


def sync_file(disk: Disk, path: Path) -> None:
    """Wait until a file and its name would survive a power cut."""
    with opened(disk, path, os.O_RDONLY) as fd:
        disk.fsync(fd)
    sync_folder(disk, path.parent)


@contextlib.contextmanager
def replacing(disk: Disk, path: Path, *, durably: bool = True) -> Iterator[int]:
    """A file descriptor whose content takes the path's place when the block ends well.

    Temporary file, fsync, rename, fsync of the folder; without the two fsyncs if not ``durably``.
    If the block raises, the path is as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with opened(disk, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
            yield fd
            if durably:
                disk.fsync(fd)
        disk.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(temporary)
        raise
    if durably:
        sync_folder(disk, path.parent)


@contextlib.contextmanager
def opened(disk: Disk, path: Path, flags: int) -> Iterator[int]:
    """A file descriptor for the length of a block."""
    fd = disk.open(path, flags)
    try:
        yield fd
    finally:
        disk.close(fd)


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BufferedReader]:
    """A file to read, for the length of a block; what could keep its reader waiting is none.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: it cannot be read, or is no file.
        ValueError: no file can have this name.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        yield file
