"""What a recording lacks, gathered until it can be told as one fact."""

from __future__ import annotations

from typing import Final

from ...events import AudioLost

NEGLIGIBLE: Final = 0.02
"""Seconds of loss that are rounding, and no fact."""
QUIET: Final = 1.0
"""Seconds without a further loss, after which one is over."""


class Losses:
    """Losses by channel and reason."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], float] = {}
        self._growing: set[tuple[str, str]] = set()
        self._grew_at: dict[tuple[str, str], float] = {}

    def add(self, channel: str, reason: str, seconds: float) -> None:
        """Count a loss."""
        if seconds > 0.0:
            kind = (channel, reason)
            self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds
            self._growing.add(kind)

    def over(self, at: float, *, all: bool = False) -> list[AudioLost]:
        """The losses that have not grown for :data:`QUIET` seconds.

        Args:
            at: the end of the recording at this moment, in seconds.
            all: nothing more will come.
        """
        self._grew_at |= dict.fromkeys(self._growing, at)
        self._growing.clear()
        done = [kind for kind in self._seconds if all or at - self._grew_at[kind] >= QUIET]
        return [
            AudioLost(channel=kind[0], at=at, seconds=seconds, reason=kind[1])
            for kind in done
            if (seconds := self._seconds.pop(kind)) > NEGLIGIBLE
        ]
