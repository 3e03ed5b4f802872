"""The user's channel: where on the timeline belongs what was heard.

Frames carry no time of their own, only that of their arrival, and no frame arrives before it was
spoken. So a frame follows the one before it without a gap, and the least delay of the last seconds
tells how far the stream's clock, or a pause in it, has come apart from ours.

What was held up for so long that its place is written follows what stands there, and silence after
it is left out until all is in its place again: a word that stands late is better than a lost one.
"""

from __future__ import annotations

from collections.abc import Callable
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
AWAKE: Final = 0.2
"""Seconds between two looks; who looks later was held up, and cannot know that a stream stalls."""
DRIFT: Final = 0.02
"""Seconds by which clocks come apart at most until that is seen; so much is cut off for it."""
MAX_BEHIND: Final = 5.0
"""Seconds that sound may stand behind its place; what would stand further behind is not kept."""
QUIET: Final = 0.02
"""Of the full scale: what is never louder may be left out."""
_PIECE: Final = RATE // 100


class Hearing:
    """Places what was heard on a track. Times are seconds from the recording's start.

    Args:
        track: the user's channel.
        mute: gives back sound that was spoken from some place on, without what must be silent.

    Attributes:
        lost: seconds that came too late to be placed, since somebody last looked.
        end: the place up to which sound was placed.
    """

    def __init__(self, track: Track, mute: Callable[[int, Samples], Samples]) -> None:
        self.lost = 0.0
        self.end = 0
        self._track = track
        self._mute = mute
        self._resampler: Resampler | None = None
        self._pending: list[Samples] = []
        self._placed = 0
        self._start = 0.0  # of the first sample, had all come without a gap
        self._heard = 0.0
        self._arrived = 0.0
        self._looked = 0.0
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
        held_up = max(0.0, now - self._looked - AWAKE)
        self._looked = now
        stalls = now - self._arrived - held_up > patience
        if self._doubted_since is not None and stalls:
            self._decide()
        self._emit()
        if not self._heard or stalls:
            return now
        if self._doubted_since is not None and not self._placed:
            return 0.0  # nobody knows yet how late the first frame was
        return max(self._start + self._placed / RATE, self.end / RATE)

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
            if -DRIFT < self._least < 0.0:
                self.end += round(self._least * RATE)
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
        place = round(self._start * RATE) + self._placed
        self._placed += len(sound)
        behind = max(self.end, self._track.taken) - place
        if behind > 0:
            sound = self._mute(place, sound)
            place += behind
            sound = self._shortened(sound, behind)
        self.lost += self._track.place(place, sound) / RATE
        self.end = max(self.end, place + len(sound))

    def _shortened(self, sound: Samples, behind: int) -> Samples:
        kept = without_silence(sound, behind)
        behind -= len(sound) - len(kept)
        too_late = min(len(kept), max(0, behind - round(MAX_BEHIND * RATE)))
        self.lost += too_late / RATE
        return kept[too_late:]


def without_silence(sound: Samples, most: int) -> Samples:
    """Sound without its quiet hundredths of a second, but for what exceeds so many samples."""
    whole = len(sound) // _PIECE
    pieces = sound[: whole * _PIECE].reshape(whole, _PIECE)
    quiet = np.flatnonzero(np.abs(pieces.astype(np.int32)).max(axis=1) < QUIET * 32768)
    kept = np.delete(pieces, quiet[: most // _PIECE], axis=0).reshape(-1)
    return np.concatenate([kept, sound[whole * _PIECE :]])
