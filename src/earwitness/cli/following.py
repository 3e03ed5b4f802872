"""The events of a log, a line each."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from ..events import Event
from ..visible import visible
from .formats import offset
from .headlines import headline, style_of


def print_events(console: Console, events: Iterable[Event], opened_at: int = 0) -> int:
    """Print some events of a session.

    Args:
        console: where to.
        events: the next ones.
        opened_at: what was returned for those before them, 0 if there were none.

    Returns:
        When the session's first event was recorded, microseconds since the Unix epoch.
    """
    for event in events:
        if event.position == 0:
            opened_at = event.recorded_at
        console.print(_line(event, opened_at), no_wrap=True, overflow="ellipsis")
    return opened_at


def _line(event: Event, opened_at: int) -> Text:
    at = offset((event.recorded_at - opened_at) / 1e6)
    return Text.assemble(
        (f"{event.position:>4} {at:>7}  ", "dim"),
        (f"{visible(event.type):<25}", style_of(event)),
        (headline(event), style_of(event)),
    )
