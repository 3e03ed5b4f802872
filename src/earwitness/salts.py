"""Salts: 128 random bits each, as 32 hex digits.

Asking the system for random bytes takes longer than anything else that is done for one salt, so
they are drawn many at a time. No salt is given out twice, neither to two threads nor to a process
and the one that is forked from it.
"""

from __future__ import annotations

import os
from typing import Final

_SALT_BYTES: Final = 16
_BLOCK: Final = 128

_drawn: Final[list[bytes]] = []


def new_salt() -> bytes:
    """32 lower-case hex digits that nobody has had before."""
    while True:
        try:
            return _drawn.pop()  # one step, whatever other threads and signal handlers do
        except IndexError:
            block = os.urandom(_SALT_BYTES * _BLOCK).hex().encode("ascii")
            step = 2 * _SALT_BYTES
            _drawn.extend([block[start : start + step] for start in range(0, len(block), step)])


# What is left of the block is the parent's.
os.register_at_fork(after_in_child=_drawn.clear)
