"""Disks that count, kill, fail, lie and dawdle: the real one, with something between."""

from __future__ import annotations

import errno
import os
import signal
import stat
import threading
from collections.abc import Callable
from typing import Any, Literal

from earwitness.disk import Disk

Call = Callable[..., Any]
Moment = Literal["before", "within"]
"""Before a call is made; or of a write, when half of its bytes have arrived."""

PATIENCE = 5.0
"""Seconds to wait for a test that should go on within milliseconds."""

CALLS = [name for name in vars(Disk) if not name.startswith("_")]


class SpyDisk(Disk):
    """Shows each call to :meth:`around` before it is made on the disk below."""

    def __init__(self, below: Disk | None = None) -> None:
        self.below = below or Disk()

    def around(self, name: str, call: Call, *args: Any) -> Any:
        return call(*args)


def _spied(name: str) -> Call:
    def method(self: SpyDisk, *args: Any, **kwargs: Any) -> Any:
        def call(*args: Any) -> Any:
            return getattr(self.below, name)(*args, **kwargs)

        return self.around(name, call, *args)

    return method


for _name in CALLS:
    setattr(SpyDisk, _name, _spied(_name))


class CountingDisk(SpyDisk):
    """Remembers the names of the calls, and the file that a rename makes."""

    def __init__(self, below: Disk | None = None) -> None:
        super().__init__(below)
        self.calls: list[str] = []

    def around(self, name: str, call: Call, *args: Any) -> Any:
        self.calls.append(f"rename:{args[1].name}" if name == "rename" else name)
        return call(*args)


class CallersDisk(CountingDisk):
    """Counts the calls that the call's own thread has to wait for."""

    def around(self, name: str, call: Call, *args: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            self.calls.append(name)
        return call(*args)


class HastyDisk(Disk):
    """Waits for nothing, where nobody pulls the plug."""

    def fsync(self, fd: int) -> None:
        return

    fdatasync = fsync


def moments(calls: list[str]) -> list[tuple[int, Moment]]:
    """Every moment at which a process can be killed that makes these calls."""
    before: list[tuple[int, Moment]] = [(number, "before") for number in range(len(calls))]
    return before + [(number, "within") for number, name in enumerate(calls) if name == "write"]


class KillingDisk(SpyDisk):
    """Kills its own process at one of its calls, the first of which is number 0."""

    def __init__(self, at: int, moment: Moment, disk: Disk | None = None) -> None:
        super().__init__(disk)
        self._at = at
        self._moment = moment
        self._made = 0

    def around(self, name: str, call: Call, *args: Any) -> Any:
        number, self._made = self._made, self._made + 1
        if number != self._at:
            return call(*args)
        if self._moment == "within" and name == "write":
            fd, data = args
            call(fd, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives this")


class FailingDisk(SpyDisk):
    """While it is broken, some of its calls fail.

    Args:
        code: the error, as in :mod:`errno`.
        calls: which calls fail.
        room: bytes that can still be written before ``write`` fails, in short writes.
    """

    def __init__(self, code: int, *calls: str, room: int = 0) -> None:
        super().__init__()
        self.broken = False
        self.failures = 0
        self._code = code
        self._failing = calls
        self.room = room

    def around(self, name: str, call: Call, *args: Any) -> Any:
        if not self.broken or name not in self._failing:
            return call(*args)
        if name == "write" and self.room:
            fd, data = args
            written: int = call(fd, data[: self.room])
            self.room -= written
            return written
        self.failures += 1
        raise OSError(self._code, os.strerror(self._code))


class LyingDisk(SpyDisk):
    """When a sync fails, what it should have brought to the disk is gone: cut off, or zeroes.

    So do real ones: the kernel drops the pages that it could not write, and takes them for clean.
    """

    def __init__(self, *, cuts: bool) -> None:
        super().__init__()
        self.failing = 0
        self._cuts = cuts
        self._durable: dict[int, int] = {}

    def around(self, name: str, call: Call, *args: Any) -> Any:
        if name not in ("fsync", "fdatasync") or not stat.S_ISREG(os.fstat(args[0]).st_mode):
            return call(*args)
        found = os.fstat(args[0])
        if self.failing:
            self.failing -= 1
            self._forget(args[0], self._durable.get(found.st_ino, 0), found.st_size)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._durable[found.st_ino] = found.st_size
        return call(*args)

    def _forget(self, fd: int, durable: int, size: int) -> None:
        # Through a descriptor of its own: O_APPEND would write at the end, whatever the position.
        own = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY)
        try:
            if self._cuts:
                os.ftruncate(own, durable)
            else:
                os.pwrite(own, bytes(size - durable), durable)
        finally:
            os.close(own)


class SlowDisk(SpyDisk):
    """A sync begins and does not end before the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def around(self, name: str, call: Call, *args: Any) -> Any:
        if name in ("fsync", "fdatasync"):
            self.begun.set()
            assert self.go_on.wait(PATIENCE)
        return call(*args)
