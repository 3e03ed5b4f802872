"""Disks that count, kill, fail, lie and dawdle: the real one, with something between."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from earwitness.disk import Disk

Call = Callable[..., Any]
Moment = Literal["before", "within"]
"""Before a call is made; or of a write, when half of its bytes have arrived."""

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
    """Remembers the names of the calls."""

    def __init__(self, below: Disk | None = None) -> None:
        super().__init__(below)
        self.calls: list[str] = []

    def around(self, name: str, call: Call, *args: Any) -> Any:
        self.calls.append(name)
        return call(*args)


class FarDisk(Disk):
    """LiveKit's temporary folder is on another file system."""

    def link(self, source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


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
