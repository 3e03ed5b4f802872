"""One log file under one writer's exclusive lock.

The lock is taken before the file gets its name, so whoever finds ``log.jsonl`` unlocked knows
that no recorder lives. An append is one ``write(2)`` to an ``O_APPEND`` descriptor: done or
undone, never half. What survives a power cut is the business of :meth:`LogFile.sync`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..disk import Disk, make_folders, opened, sync_file, sync_folder, write_all, write_durably
from ..events import NO_EVENTS
from ..exceptions import StreamHeldError
from .tail import last_position, whole_lines

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

LOG_NAME: Final = "log.jsonl"
CHECKPOINT_NAME: Final = "checkpoint"
# What was written since the last sync is kept to be written again if that sync fails.
_MAX_UNSYNCED_BYTES: Final = 4 << 20
_COPY_STEP: Final = 1 << 20


class LogFile:
    """An open log that nobody else writes to.

    Attributes:
        path: the file.
        end: the position of its last event, and the bytes of its whole lines.
        lock: held by whoever compares ``version`` and appends.
        dirty: something was appended since the last sync began.
        data_key: what its payloads are encrypted with, if anything.
    """

    def __init__(self, disk: Disk, path: Path, fd: int, *, version: int, size: int) -> None:
        self.path = path
        # One attribute, so that a signal handler that raises leaves both or neither.
        self.end = (version, size)
        self.lock = threading.Lock()
        self.dirty = False
        self.data_key: DataKey | None = None
        self._disk = disk
        self._fd = fd
        self._torn = False
        self._syncing = threading.Lock()
        self._unsynced: list[bytes] | None = []
        self._unsynced_from = size
        self._unsynced_paths: list[Path] = []
        self._failure: OSError | None = None
        self._failure_told = False
        _open_logs.add(self)

    @property
    def version(self) -> int:
        """Position of its last event, -1 if there is none."""
        return self.end[0]

    @property
    def size(self) -> int:
        """Bytes of whole lines in it."""
        return self.end[1]

    @classmethod
    def create(cls, disk: Disk, path: Path) -> LogFile:
        """Make a new log, locked from the first moment that it can be seen.

        Raises:
            StreamHeldError: somebody else made it first.
            OSError: it cannot be made.
        """
        folders = make_folders(disk, path.parent)
        fd = _new_locked_file(disk, path)
        log = cls(disk, path, fd, version=NO_EVENTS, size=0)
        log._unsynced_paths = [*folders, path.parent]
        return log

    @classmethod
    def open(cls, disk: Disk, path: Path, *, torn: bool = False) -> LogFile:
        """Take over a log that nobody holds.

        Args:
            torn: accept a log whose last line is unfinished; see :meth:`fragment`.

        Raises:
            StreamHeldError: somebody holds it.
            LogFormatError: its last line is not a whole event.
            OSError: it cannot be opened.
        """
        fd = disk.open(path, os.O_RDWR | os.O_APPEND)
        try:
            if not disk.try_lock(fd) or not disk.entries(fd):
                raise held(path)  # without a name it was replaced since it was opened
            size = whole_lines(fd) if torn else os.fstat(fd).st_size
            return cls(disk, path, fd, version=last_position(fd, size, path), size=size)
        except BaseException:
            disk.close(fd)
            raise

    def append(self, lines: bytes, version: int) -> None:
        """Write lines; ``version`` is the position of the last of them. The caller holds ``lock``.

        Raises:
            OSError: they could not be written, and nothing of them is left in the file.
        """
        if self._failure is not None:
            self._face_failure()
        if self._torn:
            self._mend()
        self._torn = True
        try:
            write_all(self._disk, self._fd, lines)
        except BaseException:
            with contextlib.suppress(OSError):
                self._mend()
            raise
        size = self.end[1] + len(lines)
        self.end = (version, size)
        self._torn = False
        if self._unsynced is not None:
            self._unsynced.append(lines)
            if size - self._unsynced_from > _MAX_UNSYNCED_BYTES:
                self._unsynced = None

    def _face_failure(self) -> None:
        if not self._failure_told and self._failure is not None:
            self._failure_told = True
            raise self._failure
        self._overcome_failure()

    def sync_also(self, path: Path) -> None:
        """Have another file of the session synced with the log, and before it."""
        self._unsynced_paths.append(path)

    def sync(self) -> OSError | None:
        """Wait until what was appended would survive a power cut.

        Returns:
            What went wrong. The next append raises it, and the one after that tries to mend it.
        """
        with self._syncing:
            with self.lock:
                if self._fd < 0 or self._failure is not None:
                    return self._failure
                size, unsynced, paths = self.size, self._unsynced, self._unsynced_paths
                self._unsynced, self._unsynced_paths, self.dirty = [], [], False
            try:
                self._sync_paths(paths)
                self._disk.fdatasync(self._fd)
                if self._disk.entries(self._fd) == 0:
                    raise FileNotFoundError(f"{self.path} was deleted while it was written")
            except OSError as error:
                with self.lock:
                    self._failure, self._failure_told = error, False
                    self._unsynced_paths = paths + self._unsynced_paths
                    self._keep_unsynced(unsynced)
                return error
            with self.lock:
                self._unsynced_from = size
            return None

    def overcome_failure(self) -> None:
        """Mend what a failed sync may have left.

        Raises:
            OSError: the disk still fails.
        """
        with self.lock:
            self._overcome_failure()

    @property
    def is_deleted(self) -> bool:
        """True if it has no name any more, so that only this descriptor leads to it."""
        return self._fd >= 0 and os.fstat(self._fd).st_nlink == 0

    def lines(self) -> Iterator[bytes]:
        """Its whole lines, read through the descriptor, line feeds included."""
        start, rest = 0, b""
        while chunk := os.pread(self._fd, min(_COPY_STEP, self.size - start), start):
            start += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)

    def fragment(self) -> bytes:
        """What stands behind the last whole line; empty in a log that was not torn."""
        return os.pread(self._fd, os.fstat(self._fd).st_size - self.size, self.size)

    def cut_fragment(self) -> None:
        """Remove what stands behind the last whole line, durably.

        Raises:
            OSError: it could not be removed.
        """
        self._disk.truncate(self._fd, self.size)
        self._disk.fsync(self._fd)

    def rewrite(self, lines: Iterable[bytes], version: int) -> None:
        """Give the log other lines, all or nothing, durably. It stays locked throughout.

        Args:
            lines: all of its lines, line feeds included.
            version: the position of the last of them.

        Raises:
            OSError: the log is as it was; or, if only its folder could not be synced, as it shall
                be.
        """
        hidden = _hidden(self.path)
        fd = self._disk.open(hidden, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        try:
            self._disk.try_lock(fd)
            size = _write_lines(self._disk, fd, lines)
            self._disk.fsync(fd)
            self._disk.rename(hidden, self.path)
            self._disk.replace_descriptor(fd, self._fd)
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.unlink(hidden)
            raise
        finally:
            self._disk.close(fd)
        self.end = (version, size)
        self._unsynced, self._unsynced_from = [], size
        sync_folder(self._disk, self.path.parent)

    def close(self) -> None:
        """Give up the lock."""
        with self._syncing, self.lock:
            if self._fd >= 0:
                self._disk.close(self._fd)
                self._fd = -1
        _open_logs.discard(self)

    def abandon(self) -> None:
        """In a forked child: let the parent have it for itself."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self.lock, self._syncing = threading.Lock(), threading.Lock()

    def _mend(self) -> None:
        # A write that failed half way must not leave a torn line before the next one.
        if self._torn:
            self._disk.truncate(self._fd, self.size)
            self._torn = False

    def _keep_unsynced(self, unsynced: list[bytes] | None) -> None:
        both = unsynced is not None and self._unsynced is not None
        self._unsynced = [*(unsynced or ()), *(self._unsynced or ())] if both else None

    def _sync_paths(self, paths: list[Path]) -> None:
        for path in dict.fromkeys(paths):
            if path.is_dir():
                sync_folder(self._disk, path)
            else:
                sync_file(self._disk, path)

    def _overcome_failure(self) -> None:
        # After a failed fsync the kernel takes the pages for clean, and a second fsync would
        # succeed over data that never arrived. So everything is written again.
        if self._disk.entries(self._fd) == 0:
            self._write_anew()
        else:
            self._write_again()
        for path in self._unsynced_paths:
            if path.is_file():
                write_durably(self._disk, path, path.read_bytes())
        self._unsynced, self._unsynced_from = [], self.size
        self._unsynced_paths = [path for path in self._unsynced_paths if path.is_dir()]
        self._failure, self.dirty = None, False

    def _write_again(self) -> None:
        data = b"".join(self._unsynced or ())
        if len(data) != self.size - self._unsynced_from:  # it was too much to remember
            data = os.pread(self._fd, self.size - self._unsynced_from, self._unsynced_from)
        # Through another descriptor: O_APPEND knows no positions.
        with opened(self._disk, self.path, os.O_RDWR) as fd:
            os.lseek(fd, self._unsynced_from, os.SEEK_SET)
            write_all(self._disk, fd, data)
            self._disk.fsync(fd)

    def _write_anew(self) -> None:
        """The file was deleted: what our descriptor still holds becomes a new one."""
        folders = make_folders(self._disk, self.path.parent)
        fd = _new_locked_file(self._disk, self.path)
        try:
            for start in range(0, self.size, _COPY_STEP):
                step = min(_COPY_STEP, self.size - start)
                write_all(self._disk, fd, os.pread(self._fd, step, start))
            self._disk.fsync(fd)
            self._disk.replace_descriptor(fd, self._fd)
        finally:
            self._disk.close(fd)
        for folder in [*folders, self.path.parent]:
            sync_folder(self._disk, folder)


def _new_locked_file(disk: Disk, path: Path) -> int:
    hidden = _hidden(path)
    fd = disk.open(hidden, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
    try:
        disk.try_lock(fd)
        disk.link(hidden, path)
    except BaseException as error:
        disk.close(fd)
        raise held(path) if isinstance(error, FileExistsError) else error from None
    finally:
        with contextlib.suppress(OSError):
            disk.unlink(hidden)
    return fd


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")


def _write_lines(disk: Disk, fd: int, lines: Iterable[bytes]) -> int:
    written, waiting = 0, b""
    for line in lines:
        waiting += line
        if len(waiting) >= _COPY_STEP:
            write_all(disk, fd, waiting)
            written, waiting = written + len(waiting), b""
    write_all(disk, fd, waiting)
    return written + len(waiting)


def is_held(disk: Disk, path: Path) -> bool:
    """True if some recorder has the log open to write to it."""
    with opened(disk, path, os.O_RDONLY) as fd:
        return not disk.try_lock(fd, shared=True)


def held(path: Path) -> StreamHeldError:
    """The error for a log that somebody else writes to."""
    return StreamHeldError(
        "Another recorder is writing to this log.",
        where=str(path),
        hint="Give each recording a session id of its own.",
    )


_open_logs: weakref.WeakSet[LogFile] = weakref.WeakSet()


def _abandon_all() -> None:
    for log in list(_open_logs):
        log.abandon()
    _open_logs.clear()


os.register_at_fork(after_in_child=_abandon_all)
