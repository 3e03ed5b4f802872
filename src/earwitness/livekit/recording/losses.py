"""What a recording lacks, gathered until it can be told as one fact."""

from __future__ import annotations

from typing import Final

from ...events import AudioLost

NEGLIGIBLE: Final = 0.02
"""Seconds of loss that are rounding, and no fact."""


class Losses:
    """Losses by channel and reason."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], float] = {}
        self._growing: set[tuple[str, str]] = set()

    def add(self, channel: str, reason: str, seconds: float) -> None:
        """Count a loss."""
        if seconds > 0.0:
            kind = (channel, reason)
            self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds
            self._growing.add(kind)

    def over(self, at: float, *, all: bool = False) -> list[AudioLost]:
        """The losses that have not grown since the last call.

        Args:
            at: the end of the recording at this moment, in seconds.
            all: nothing more will come.
        """
        done = [kind for kind in self._seconds if all or kind not in self._growing]
        self._growing.clear()
        return [
            AudioLost(channel=kind[0], at=at, seconds=seconds, reason=kind[1])
            for kind in done
            if (seconds := self._seconds.pop(kind)) > NEGLIGIBLE
        ]
