"""Both channels of a recording on one timeline, given out as soon as they can no longer change."""

from __future__ import annotations

from typing import Final

import numpy as np

from .hearing import Hearing
from .playout import Playout
from .sound import RATE, Samples
from .track import Track

BLOCK: Final = RATE // 50
"""Samples that are encoded together: 20 ms, what Opus is best at."""
LAG: Final = 0.3
"""Seconds after which everybody has said what happened at a moment."""
PATIENCE: Final = 0.5
"""Seconds to wait for a user's stream that stalls while the agent is heard."""
LONG_PATIENCE: Final = 5.0
"""And while nothing else is to be written: an event loop that is held up delivers late."""
_LATEST: Final = 60.0  # seconds: LiveKit kills a process whose event loop is held up for longer


class Timeline:
    """The recording, from its first sample to the present. Times are seconds from its start.

    Attributes:
        user: the left channel.
        agent: the right one.
        cursor: samples that were given out.
    """

    def __init__(self) -> None:
        self._tracks = Track(), Track()
        self.user = Hearing(self._tracks[0], self._mute)
        self.agent = Playout(self._tracks[1])
        self.cursor = 0
        self._silences: list[tuple[int, int | None]] = []

    def silence(self, at: float, on: bool) -> None:
        """Put silence in the place of both channels from this moment on, or no more."""
        place = round(at * RATE)
        silent = bool(self._silences) and self._silences[-1][1] is None
        if on and not silent:
            self._silences.append((place, None))
        elif silent and not on:
            self._silences[-1] = (self._silences[-1][0], place)

    def advance(self, now: float) -> Samples:
        """What has been settled since the last call, in whole blocks: samples by channels."""
        patience = PATIENCE if self.agent.busy else LONG_PATIENCE
        until = min(now - LAG, self.user.settle(now, patience))
        self.agent.settle(until)
        return self._take((round(until * RATE) - self.cursor) // BLOCK * BLOCK)

    def finish(self, now: float) -> Samples:
        """All that is left until now, the recording's end."""
        self.user.finish()
        self.agent.settle(now)
        return self._take(max(round(now * RATE), self.user.end) - self.cursor)

    def _take(self, size: int) -> Samples:
        if size <= 0:
            return np.zeros((0, len(self._tracks)), np.int16)
        begin, end = self.cursor, self.cursor + size
        taken = np.stack([self._mute(begin, track.take(end)) for track in self._tracks], axis=1)
        past = end - round(_LATEST * RATE)
        self._silences = [each for each in self._silences if each[1] is None or each[1] > past]
        self.cursor = end
        return taken

    def _mute(self, begin: int, sound: Samples) -> Samples:
        if not self._silences:
            return sound
        muted = sound.copy()
        for start, stop in self._silences:
            muted[max(0, start - begin) : None if stop is None else max(0, stop - begin)] = 0
        return muted
