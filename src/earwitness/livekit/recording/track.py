"""One channel of a recording, as far as it is not encoded yet."""

from __future__ import annotations

import numpy as np

from .sound import NOTHING, Samples


class Track:
    """Sound at its place in time, and silence wherever nothing was placed.

    Places are counted in samples from the recording's start.

    Attributes:
        taken: the place up to which it was taken, and can no longer change.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._waiting: Samples = NOTHING

    def place(self, start: int, sound: Samples) -> int:
        """Put sound at its place, over what stands there already.

        Returns:
            How many of its samples came too late, because that time is encoded.
        """
        late = min(max(0, self.taken - start), len(sound))
        offset, sound = max(0, start - self.taken), sound[late:]
        missing = offset + len(sound) - len(self._waiting)
        if len(sound) and missing > 0:
            self._waiting = np.concatenate([self._waiting, np.zeros(missing, np.int16)])
        self._waiting[offset : offset + len(sound)] = sound
        return late

    def cut(self, start: int) -> None:
        """Take back all sound from here on, as far as it is not encoded."""
        self._waiting = self._waiting[: max(0, start - self.taken)]

    def take(self, end: int) -> Samples:
        """The channel from where the last call ended, up to here; it can no longer change."""
        size = end - self.taken
        taken = np.zeros(size, np.int16)
        there = self._waiting[:size]
        taken[: len(there)] = there
        self._waiting = self._waiting[size:]
        self.taken = end
        return taken
