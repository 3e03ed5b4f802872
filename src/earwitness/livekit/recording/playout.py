"""The agent's channel: what it said, where it was played.

An answer is handed over faster than it is played. It begins when the sink says so, plays on from
there, stands still while it is paused, has a gap where its end was reached before its next frame
came, and ends where the sink says that it ended.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from .sound import NOTHING, RATE, Resampler, Samples
from .track import Track

GAP: Final = 0.005
"""Seconds that a frame may come after the end of the one before it, and still follow it."""
MAX_EARLY: Final = 0.3
"""Seconds that a sink may have played the first frame before it was done with taking it."""
MAX_WAITING: Final = 300.0
"""Seconds that may wait to be played; what is said beyond them is not kept."""


class _Segment:
    """What is said in one go, from its first frame to the sink's word that it ended."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.started: float | None = None
        self.closed = False
        self.full = False
        self.size = 0
        self.read = 0
        self._given = 0.0
        self._sound: deque[Samples] = deque()
        self._pending: list[Samples] = []
        self._resampler: Resampler | None = None

    @property
    def waiting(self) -> float:
        """Seconds that were not played yet."""
        return self._given - self.read / RATE

    def add(self, sound: Samples, rate: int) -> None:
        self._given += len(sound) / rate
        if self._resampler is None or self._resampler.rate != rate:
            self.drain()
            self._resampler = Resampler(rate)
        self._pending.append(sound)

    def join(self) -> None:
        if self._pending and self._resampler is not None:
            self._append(self._resampler.push(np.concatenate(self._pending)))
            self._pending.clear()

    def drain(self) -> None:
        self.join()
        if self._resampler is not None:
            self._append(self._resampler.flush())
            self._resampler = None

    def close(self) -> None:
        self.drain()
        self.closed = True

    def take(self, count: int) -> Samples:
        taken = []
        while count > 0 and self._sound:
            sound = self._sound.popleft()
            if len(sound) > count:
                self._sound.appendleft(sound[count:])
                sound = sound[:count]
            taken.append(sound)
            count -= len(sound)
            self.read += len(sound)
        return np.concatenate(taken) if taken else NOTHING

    def _append(self, sound: Samples) -> None:
        if len(sound):
            self._sound.append(sound)
            self.size += len(sound)


class Playout:
    """Places what the agent says on a track. Times are seconds from the recording's start.

    Args:
        track: the agent's channel.

    Attributes:
        lost: seconds that were not kept, since somebody last looked.
        late: seconds that the sink told of when their place was written already, since then.
    """

    def __init__(self, track: Track) -> None:
        self.lost = 0.0
        self.late = 0.0
        self._track = track
        self._segments: deque[_Segment] = deque()
        self._playhead: float | None = None  # when the next sample is played
        self._paused = False
        self._stopped = False
        self._orphaned = False  # what is still handed over belongs to a segment that ended
        self._sink_tells = False
        self._early: float | None = None  # it told so before it was done with the first frame

    @property
    def busy(self) -> bool:
        """True while something is to be played, or its end is to be told."""
        return bool(self._segments)

    def capture(self, at: float, sound: Samples, rate: int) -> None:
        """A frame was handed to the sink."""
        if self._orphaned:
            return
        if not self._segments or self._segments[-1].closed:
            self._append(_Segment(at))
        segment = self._segments[-1]
        if segment is self._segments[0] and not segment.full and self._ran_dry(segment, at):
            segment.drain()
            self.settle(at)
            self._playhead = at
        if segment.full or sum(each.waiting for each in self._segments) > MAX_WAITING:
            segment.full = True  # what came after a hole would stand in its place
            self.lost += len(sound) / rate
        else:
            segment.add(sound, rate)

    def flush(self, _: float) -> None:
        """All frames of what is being said were handed over."""
        self._orphaned = False
        if self._segments:
            self._segments[-1].close()

    def start(self, at: float) -> None:
        """The sink began to play."""
        self._sink_tells = True
        while len(self._segments) > 1 and (self._stopped or self._is_spent(self._segments[0])):
            self._over()
        if not self._segments or self._is_spent(self._segments[0]):
            self._early = at
        else:
            self._playhead = max(at, self._playhead or 0.0)

    def pause(self, at: float) -> None:
        """The sink was told to pause."""
        self.settle(at)
        self._paused = True

    def resume(self, at: float) -> None:
        """The sink was told to play on."""
        if self._paused and self._playhead is not None:
            self._playhead = max(at, self._playhead)
        self._paused = False

    def stop(self, at: float) -> None:
        """The sink was told to throw away what it has not played."""
        self.settle(at)
        self._stopped = self.busy

    def finish(self, at: float, position: float, interrupted: bool) -> None:
        """The sink tells how much of what was said it has played, all in all.

        Args:
            at: when it says so.
            position: seconds.
            interrupted: it was told to stop before the end.
        """
        if not self._segments:
            return
        segment = self._segments[0]
        self._orphaned = not segment.closed
        if interrupted:
            segment.join()
        else:
            segment.close()
        played = min(round(position * RATE), segment.size) if interrupted else segment.size
        if self._playhead is None:
            self._playhead = at - played / RATE
        if interrupted:
            played = min(played, segment.read + max(0, round((at - self._playhead) * RATE)))
        end = round(self._playhead * RATE)
        if played < segment.read:
            self._track.cut(end - (segment.read - played))
        else:
            self._place(segment.take(played - segment.read))
        self._over()

    def settle(self, until: float) -> None:
        """Place what was played until this moment."""
        if not self._segments or self._paused or self._stopped:
            return
        segment = self._segments[0]
        segment.join()
        if self._playhead is None:
            if self._sink_tells or until < segment.at:
                return
            self._playhead = segment.at  # a sink that never tells when it begins
        self._place(segment.take(round((until - self._playhead) * RATE)))

    def _place(self, sound: Samples) -> None:
        if self._playhead is not None:
            self.late += self._track.place(round(self._playhead * RATE), sound) / RATE
            self._playhead += len(sound) / RATE

    def _ran_dry(self, segment: _Segment, at: float) -> bool:
        if self._playhead is None or self._paused or self._stopped:
            return False
        return at - self._playhead - segment.waiting > GAP

    def _append(self, segment: _Segment) -> None:
        if self._early is not None:
            segment.started = max(self._early, segment.at - MAX_EARLY)
            self._early = None
        self._segments.append(segment)
        if segment is self._segments[0]:
            self._playhead = segment.started

    def _is_spent(self, segment: _Segment) -> bool:
        return segment.closed and segment.read == segment.size

    def _over(self) -> None:
        self._segments.popleft()
        self._playhead = self._segments[0].started if self._segments else None
        self._stopped = False
