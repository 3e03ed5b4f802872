"""The user's channel: where on the timeline belongs what was heard.

Frames carry no time of their own, only that of their arrival, and no frame arrives before it was
spoken. So a frame follows the one before it without a gap, and the least delay of the last seconds
tells how far the stream's clock, or a pause in it, has come apart from ours.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .sound import RATE, Resampler, Samples
from .track import Track

EARLY: Final = 0.01
"""Seconds that a frame may arrive before its place until that is moved."""
LATE: Final = 0.01
"""Seconds that all frames of a window may be late until their place is moved."""
WINDOW: Final = 2.0
STALL: Final = 0.06
"""A frame so many seconds late is either late itself, or what follows a pause."""
DOUBT: Final = 0.15
"""Seconds of arrivals, the next no faster than it was spoken, by which that is decided."""


class Hearing:
    """Places what was heard on a track. Times are seconds from the recording's start.

    Args:
        track: the user's channel.

    Attributes:
        lost: seconds that came too late to be placed, since somebody last looked.
    """

    def __init__(self, track: Track) -> None:
        self.lost = 0.0
        self._track = track
        self._resampler: Resampler | None = None
        self._pending: list[Samples] = []
        self._placed = 0
        self._start = 0.0  # of the first sample, had all come without a gap
        self._heard = 0.0
        self._arrived = 0.0
        self._least = 0.0
        self._window_end = 0.0
        self._doubtful: list[tuple[Samples, int]] = []
        self._doubted_since: float | None = None

    def hear(self, at: float, sound: Samples, rate: int) -> None:
        """A frame arrived.

        Args:
            at: when its last sample was there.
            sound: one channel.
            rate: its samples a second.
        """
        seconds = len(sound) / rate
        if not self._heard:
            self._start = at - seconds
            self._doubt(at, 0.0)
        elif at - self._arrived > seconds / 2 and self._doubts():
            self._decide()
        late = at - seconds - self._start - self._heard
        self._arrived = at
        self._heard += seconds
        if self._doubted_since is None and not -EARLY < late < STALL:
            self._doubt(at, late)
        self._least = min(self._least, late)
        if self._doubted_since is not None:
            self._doubtful.append((sound, rate))
            return
        if at >= self._window_end:
            self._correct()
        self._add(sound, rate)

    def settle(self, now: float, patience: float) -> float:
        """Place all that arrived.

        Args:
            now: the present.
            patience: seconds to wait for a stream that stalls.

        Returns:
            Up to where the channel will not change.
        """
        stalls = now - self._arrived > patience
        if self._doubted_since is not None and stalls:
            self._decide()
        self._emit()
        if not self._heard or stalls:
            return now
        if self._doubted_since is not None and not self._placed:
            return 0.0  # nobody knows yet how late the first frame was
        return self._start + self._placed / RATE

    def finish(self) -> None:
        """Place what a resampler still holds back."""
        if self._doubted_since is not None:
            self._decide()
        self._emit()
        if self._resampler is not None:
            self._place(self._resampler.flush())
            self._resampler = None

    def _doubts(self) -> bool:
        since = self._doubted_since
        return since is not None and self._arrived - since >= DOUBT

    def _doubt(self, at: float, late: float) -> None:
        self._doubted_since, self._least = at, late

    def _decide(self) -> None:
        self._doubted_since = None
        self._correct()
        for sound, rate in self._doubtful:
            self._add(sound, rate)
        self._doubtful.clear()

    def _correct(self) -> None:
        if not -EARLY < self._least < LATE:
            self._emit()
            self._start += self._least
        self._least, self._window_end = STALL, self._arrived + WINDOW

    def _add(self, sound: Samples, rate: int) -> None:
        if self._resampler is None or self._resampler.rate != rate:
            self._emit()
            if self._resampler is not None:
                self._place(self._resampler.flush())
            self._resampler = Resampler(rate)
        self._pending.append(sound)

    def _emit(self) -> None:
        if self._pending and self._resampler is not None:
            self._place(self._resampler.push(np.concatenate(self._pending)))
            self._pending.clear()

    def _place(self, sound: Samples) -> None:
        self.lost += self._track.place(round(self._start * RATE) + self._placed, sound) / RATE
        self._placed += len(sound)
