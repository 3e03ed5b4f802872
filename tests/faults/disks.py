"""Disks that count, kill, fail, lie and dawdle: the real one, with something between."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from typing import Any, Literal

from earwitness.disk import Disk

Call = Callable[..., Any]
Moment = Literal["before", "after", "half"]
"""Of a write, ``half`` means that half of its bytes arrive; of any other call, ``after``."""

CALLS = [name for name in vars(Disk) if not name.startswith("_")]


class SpyDisk(Disk):
    """Shows each call to :meth:`around` before it is made."""

    def around(self, name: str, call: Call, *args: Any) -> Any:
        return call(*args)


def _spied(name: str) -> Call:
    def method(self: SpyDisk, *args: Any, **kwargs: Any) -> Any:
        def call(*args: Any) -> Any:
            return getattr(Disk, name)(self, *args, **kwargs)

        return self.around(name, call, *args)

    return method


for _name in CALLS:
    setattr(SpyDisk, _name, _spied(_name))


class CountingDisk(SpyDisk):
    """Remembers the names of the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def around(self, name: str, call: Call, *args: Any) -> Any:
        self.calls.append(name)
        return call(*args)


class KillingDisk(SpyDisk):
    """Kills its own process at one of its calls, the first of which is number 0."""

    def __init__(self, at: int, moment: Moment) -> None:
        self._at = at
        self._moment = moment
        self._made = 0

    def around(self, name: str, call: Call, *args: Any) -> Any:
        number, self._made = self._made, self._made + 1
        if number != self._at:
            return call(*args)
        if self._moment == "half" and name == "write":
            fd, data = args
            call(fd, data[: len(data) // 2])
        elif self._moment != "before":
            call(*args)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives this")
