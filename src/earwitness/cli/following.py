"""The events of a log, a line each, as the log grows."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from ..events import NO_EVENTS, Event
from ..stores import EventStore
from ..visible import visible
from .formats import offset
from .headlines import headline, style_of


class EventLines:
    """Prints the events of a stream that it has not printed yet.

    Args:
        console: where to.
        store: where from.
        session_id: the stream.
    """

    def __init__(self, console: Console, store: EventStore, session_id: str) -> None:
        self._console = console
        self._store = store
        self._session_id = session_id
        self._last = NO_EVENTS
        self._opened_at = 0

    def print_new(self) -> None:
        """Print what the log holds by now.

        Raises:
            LogError: it cannot be read.
        """
        for event in self._store.read(self._session_id, self._last):
            if event.position == 0:
                self._opened_at = event.recorded_at
            self._last = event.position
            line = self._line(event)
            self._console.print(line, no_wrap=True, overflow="ellipsis")

    def _line(self, event: Event) -> Text:
        at = offset((event.recorded_at - self._opened_at) / 1e6)
        return Text.assemble(
            (f"{event.position:>4} {at:>7}  ", "dim"),
            (f"{visible(event.type):<25}", style_of(event)),
            (headline(event), style_of(event)),
        )
