"""A log that is read on from where it was left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..events import Event
from .reading import read_events

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey


class Follower:
    """Reads a log's events once each, however often it is asked.

    Args:
        path: the log.
        key: opens what is encrypted; without it such events stay so.
        end: the byte at which to begin, behind a line feed.
        events: how many events stand before it.

    Attributes:
        end: how many bytes have been read.
        events: how many events.
    """

    def __init__(
        self, path: Path, key: DataKey | None = None, *, end: int = 0, events: int = 0
    ) -> None:
        self.end = end
        self.events = events
        self._path = path
        self._key = key

    def read_on(self) -> Iterator[Event]:
        """The events that were not read yet. Whoever stops in between goes on behind the last.

        Raises:
            LogError: the log cannot be read, or is another one by now.
            OSError: its file cannot be.
        """
        begun = {"first": self.events, "start": self.end}
        for event in read_events(self._path, self._lines(), key=self._key, **begun):
            self.events = event.position + 1
            yield event

    def _lines(self) -> Iterator[bytes]:
        with self._path.open("rb") as log:
            log.seek(self.end)
            for line in log:
                # Counted before it is told: whoever stops behind an event has read its line.
                self.end += len(line) if line.endswith(b"\n") else 0
                yield line
