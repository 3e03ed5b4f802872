"""Locks that a forked child finds free."""

from __future__ import annotations

import os
import threading
import weakref


class ForkSafeLock:
    """A lock for ``with`` blocks, none of which forks.

    The thread that holds it in the parent does not exist in the child, and would never release it
    there.
    """

    def __init__(self) -> None:
        self.begin_anew()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def begin_anew(self) -> None:
        """For a forked child: nobody holds it."""
        self._lock = threading.Lock()


_locks: weakref.WeakSet[ForkSafeLock] = weakref.WeakSet()


def _begin_anew() -> None:
    for lock in list(_locks):
        lock.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)
