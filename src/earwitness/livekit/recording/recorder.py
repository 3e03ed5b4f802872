"""Records a call's sound: takes frames from the event loop, and does all else on a thread."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...audio import AUDIO_NAME
from ...background import keeper
from ...disk import Disk
from ...events import AudioOpened
from ...writing import error_name
from .losses import Losses
from .playout import Playout
from .sound import RATE, samples_of
from .timeline import LONG_PATIENCE, Timeline
from .writer import AudioWriter

if TYPE_CHECKING:
    from ...encryption.cipher import DataKey

CHANNELS: Final = ("user", "agent")
TICK: Final = 0.1
"""Seconds between two looks at what came in."""
SYNC_SECONDS: Final = 1.0
MAX_QUEUED: Final = 32 << 20
"""Bytes of sound that may wait for the thread."""
_END_PATIENCE_SECONDS: Final = 5.0

_log = logging.getLogger("earwitness")


class AudioRecorder:
    """One recording. It begins with the first frame; a session without sound has none.

    What :meth:`hear` and its like do on the event loop is to add to a queue.

    Args:
        disk: the system calls.
        folder: finds the session's folder.
        record: takes the facts, from any thread.
        find_key: finds what the sound is encrypted with, if with anything.
        now: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        disk: Disk,
        folder: Callable[[], Path],
        record: Callable[[Any], object],
        *,
        find_key: Callable[[], DataKey | None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disk = disk
        self._folder = folder
        self._record = record
        self._find_key = find_key
        self._now = now
        self._timeline = Timeline()
        self._losses = Losses()
        self._steps: deque[tuple[Callable[..., None], tuple[Any, ...], int]] = deque()
        self._bytes_in = 0  # written by the event loop only
        self._bytes_out = 0  # and this by the thread only
        self._left_out = [0.0] * len(CHANNELS)
        self._origin: float | None = None
        self._listening_since: float | None = None
        self._ended: float | None = None
        self._silent = False
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._writer: AudioWriter | None = None
        _recorders.add(self)

    @property
    def has_begun(self) -> bool:
        """True once there was a sound to record."""
        return self._origin is not None

    @property
    def playout(self) -> Playout:
        """What :meth:`playback` is told in terms of."""
        return self._timeline.agent

    def listen(self) -> None:
        """A frame of the user's is waited for."""
        if self._listening_since is None:
            self._listening_since = self._now()

    def hear(self, data: bytes, rate: int, channels: int) -> None:
        """A frame of the user's arrived: 16 bit samples, interleaved."""
        now = self._now()
        if self._origin is None:
            self._begin(self._first_sound(now - len(data) / (2 * channels * rate)))
        self._put_sound(0, now, data, rate, channels)

    def capture(self, data: bytes, rate: int, channels: int) -> None:
        """A frame of the agent's was handed to the sink."""
        now = self._now()
        if self._origin is None:
            self._begin(now)
        self._put_sound(1, now, data, rate, channels)

    def playback(self, step: Callable[..., None], *how: Any, ago: float = 0.0) -> None:
        """The sink did something, or was told to.

        Args:
            step: a method of :attr:`playout`.
            how: its arguments after the time.
            ago: seconds since then.
        """
        self._put(step, self._now() - ago, *how)

    def tell(self, fact: Any) -> None:
        """Record a fact, as long as there is something to hear."""
        if self._ended is None:
            self._record(fact)

    def silence(self, on: bool) -> None:
        """Put silence in the place of both channels from now on, or no more."""
        self._silent = on
        self._put(self._timeline.silence, self._now(), on)

    def end(self) -> None:
        """Take no more sound: the call is over."""
        if self._ended is None:
            self._ended = self._now()

    def seal(self) -> list[Any]:
        """Wait for the recording's end; the facts that are to be told of it. Blocks.

        Raises:
            OSError: there is no file, or the disk hangs.
        """
        self.end()
        self._end.set()
        if self._thread is not None:
            self._thread.join(_END_PATIENCE_SECONDS)
            if self._thread.is_alive():
                raise TimeoutError(AUDIO_NAME)
        if self._writer is None:
            raise FileNotFoundError(AUDIO_NAME)
        sealed = self._writer.close()
        return [*self._losses.over(self._seconds, all=True), sealed]

    def abandon(self) -> None:
        """In a forked child: the recording is the parent's, and this copy writes nothing."""
        self.end()
        self._steps.clear()
        # Not freed: the encoder would wait for threads of its own that are not in this process.
        _abandoned.append((self._timeline, self._writer))
        self._thread = self._writer = None

    # -- on the event loop -----------------------------------------------------------------------

    def _first_sound(self, at: float) -> float:
        # An event loop that was held up delivers the first frames late, and all at once.
        since = at if self._listening_since is None else self._listening_since
        return min(at, max(since, at - LONG_PATIENCE))

    def _begin(self, origin: float) -> None:
        if self._ended is not None:
            return
        clock = {"wall_ns": time.time_ns(), "monotonic_ns": time.monotonic_ns()}
        opened = AudioOpened(
            file=AUDIO_NAME,
            started_at=clock["wall_ns"] / 1e9 - (self._now() - origin),
            clock=clock,
            channels=list(CHANNELS),
            sample_rate=RATE,
        )
        self._record(opened)
        self._origin = origin
        if self._silent:
            self._put(self._timeline.silence, origin, True)
        thread = threading.Thread(target=self._work, name="earwitness-audio", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # none can be started any more: what is missing is told at the close
            self.end()
        else:
            self._thread = thread

    def _put(self, step: Callable[..., None], at: float, *how: Any, size: int = 0) -> None:
        if self._origin is not None and self._ended is None:
            self._steps.append((step, (at - self._origin, *how), size))

    def _put_sound(self, channel: int, at: float, data: bytes, rate: int, channels: int) -> None:
        if self._bytes_in - self._bytes_out > MAX_QUEUED:
            self._left_out[channel] += len(data) / (2 * channels * rate)
            return
        if self._left_out[channel]:
            self._put(self._overloaded, at, channel, self._left_out[channel], rate)
            self._left_out[channel] = 0.0
        self._bytes_in += len(data)
        self._put(self._take, at, channel, data, rate, channels, size=len(data))

    # -- on the thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._writer = AudioWriter(self._disk, self._where, self._losses, self._find_key)
            self._sync_later()
            while not self._end.wait(TICK):
                now = self._elapsed()  # before the steps, or some of its past would be unknown
                self._follow()
                self._writer.write(self._timeline.advance(now))
                self._tell_losses()
            self._follow()
            self._writer.finish(self._timeline.finish(self._elapsed()))
            self._count_losses()
        except Exception as error:
            self._losses.add("both", error_name(error), self._elapsed() - self._seconds)
            self.end()
            self._steps.clear()
            _log.error("Earwitness could not record the sound: %s", error_name(error))

    def _where(self) -> Path:
        return self._folder() / AUDIO_NAME

    def _follow(self) -> None:
        for _ in range(len(self._steps)):
            step, arguments, size = self._steps.popleft()
            step(*arguments)
            self._bytes_out += size

    def _take(self, at: float, channel: int, data: bytes, rate: int, channels: int) -> None:
        sound = samples_of(data, channels)
        (self._timeline.agent.capture if channel else self._timeline.user.hear)(at, sound, rate)

    def _overloaded(self, at: float, channel: int, seconds: float, rate: int) -> None:
        self._losses.add(CHANNELS[channel], "overload", seconds)
        if channel:  # what follows must not be played in its place
            self._timeline.agent.capture(at, np.zeros(round(seconds * rate), np.int16), rate)

    def _tell_losses(self) -> None:
        self._count_losses()
        for lost in self._losses.over(self._seconds):
            self._record(lost)

    def _count_losses(self) -> None:
        user, agent = self._timeline.user, self._timeline.agent
        self._losses.add("user", "late", user.lost)
        self._losses.add("agent", "late", agent.late)
        self._losses.add("agent", "overload", agent.lost)
        user.lost = agent.lost = agent.late = 0.0

    def _elapsed(self) -> float:
        return (self._now() if self._ended is None else self._ended) - (self._origin or 0.0)

    @property
    def _seconds(self) -> float:
        return self._timeline.cursor / RATE

    # -- on the keeper's -------------------------------------------------------------------------

    def _sync_later(self) -> None:
        keeper.submit(self._sync, delay=SYNC_SECONDS)

    def _sync(self) -> None:
        if self._writer is not None and self._ended is None:
            self._writer.sync()
            self._sync_later()


_abandoned: list[object] = []
_recorders: weakref.WeakSet[AudioRecorder] = weakref.WeakSet()


def _abandon_all() -> None:
    for recorder in list(_recorders):
        recorder.abandon()
    _recorders.clear()


os.register_at_fork(after_in_child=_abandon_all)
