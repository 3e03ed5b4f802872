"""One log file under one writer's exclusive lock.

The lock is taken before the file gets its name, so whoever finds ``log.jsonl`` unlocked knows
that no recorder lives. An append is one ``write(2)`` to an ``O_APPEND`` descriptor: done or
undone, never half.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import Final

from ..codec import decode_line
from ..disk import Disk, make_folders, sync_folder, write_all
from ..events import NO_EVENTS
from ..exceptions import LogFormatError, StreamHeldError

LOG_NAME: Final = "log.jsonl"
_TAIL_STEP: Final = 1 << 16


class LogFile:
    """An open log that nobody else writes to.

    Attributes:
        path: the file.
        version: position of its last event, -1 if there is none.
        size: bytes of whole lines in it.
        lock: held by whoever compares ``version`` and appends.
    """

    def __init__(self, disk: Disk, path: Path, fd: int, *, version: int, size: int) -> None:
        self.path = path
        self.version = version
        self.size = size
        self._disk = disk
        self._fd = fd
        self.lock = threading.Lock()
        self._torn = False

    @classmethod
    def create(cls, disk: Disk, path: Path) -> LogFile:
        """Make a new log, locked from the first moment that it can be seen.

        Raises:
            StreamHeldError: somebody else made it first.
            OSError: it cannot be made.
        """
        make_folders(disk, path.parent)
        hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        fd = disk.open(hidden, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        try:
            disk.try_lock(fd)
            disk.link(hidden, path)
        except FileExistsError:
            disk.close(fd)
            raise _held(path) from None
        except BaseException:
            disk.close(fd)
            raise
        finally:
            with contextlib.suppress(OSError):
                disk.unlink(hidden)
        sync_folder(disk, path.parent)
        return cls(disk, path, fd, version=NO_EVENTS, size=0)

    @classmethod
    def open(cls, disk: Disk, path: Path) -> LogFile:
        """Take over a log that nobody holds.

        Raises:
            StreamHeldError: somebody does.
            LogFormatError: its last line is not a whole event.
            OSError: it cannot be opened.
        """
        fd = disk.open(path, os.O_RDWR | os.O_APPEND)
        try:
            if not disk.try_lock(fd):
                raise _held(path)
            size = os.fstat(fd).st_size
            return cls(disk, path, fd, version=last_position(fd, path), size=size)
        except BaseException:
            disk.close(fd)
            raise

    def append(self, lines: bytes, version: int) -> None:
        """Write lines; ``version`` is the position of the last of them. The caller holds ``lock``.

        Raises:
            OSError: they could not be written, and nothing of them is left in the file.
        """
        self._mend()
        try:
            write_all(self._disk, self._fd, lines)
        except BaseException:
            self._torn = True
            with contextlib.suppress(OSError):
                self._mend()
            raise
        self.size += len(lines)
        self.version = version

    def sync(self) -> None:
        """Wait until what was appended would survive a power cut."""
        self._disk.fdatasync(self._fd)

    def close(self) -> None:
        """Give up the lock."""
        with self.lock:
            if self._fd >= 0:
                self._disk.close(self._fd)
                self._fd = -1

    def _mend(self) -> None:
        # A write that failed half way must not leave a torn line before the next one.
        if self._torn:
            self._disk.truncate(self._fd, self.size)
            self._torn = False


def last_position(fd: int, path: Path) -> int:
    """The position of a log's last event.

    Raises:
        LogFormatError: the last line is torn, or is not an event.
    """
    size = os.fstat(fd).st_size
    if size == 0:
        return NO_EVENTS
    tail, start = b"", size
    while start > 0 and b"\n" not in tail[:-1]:
        step = min(_TAIL_STEP, start)
        start -= step
        tail = os.pread(fd, step, start) + tail
    fragment = tail.rpartition(b"\n")[2]
    if fragment:
        raise LogFormatError(
            "The log's last line is unfinished: its recorder died while writing it.",
            where=f"{path}, byte {size - len(fragment)}",
            expected="a line feed at the end",
            got=f"{len(fragment)} bytes without one",
            hint="`earwitness recover` keeps the fragment beside the log and closes the session.",
        )
    line = tail[:-1].rpartition(b"\n")[2]
    return decode_line(line, where=f"{path}, byte {size - len(line) - 1}").position


def _held(path: Path) -> StreamHeldError:
    return StreamHeldError(
        "Another recorder is writing to this log.",
        where=str(path),
        hint="Give each recording a session id of its own.",
    )
