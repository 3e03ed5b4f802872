"""Where the time before each answer went, as a bar of letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..events import Event
from ..projections.exchanges import Stage
from ..projections.latency import Waterfall, fold_latency
from .formats import duration
from .terminal import new_table, print_table, styled

LETTERS: Final[dict[Stage, tuple[str, str]]] = {
    "transcription": ("t", "cyan"),
    "end_of_turn": ("e", "blue"),
    "callback": ("c", "magenta"),
    "model": ("m", "green"),
    "sentence": ("s", "yellow"),
    "tools": ("x", "red"),
    "voice": ("v", "bright_cyan"),
    "playout": ("p", "bright_blue"),
    "unmeasured": ("·", "dim"),
}
_WIDTH: Final = 42
"""Letters of the longest bar."""


def print_waterfalls(console: Console, events: Iterable[Event]) -> None:
    """Print a session's gaps, each from the end of a question to the first sound of its answer."""
    found = fold_latency(events).waterfalls
    if not found:
        return
    longest = max(each.gap for each in found)
    bars = [_bar(each, longest) for each in found]
    table = new_table("turn", "gap", "")
    table.columns[0].justify = table.columns[1].justify = "right"
    for each, bar in zip(found, bars, strict=True):
        table.add_row(styled(each.turn), duration(each.gap / 1e6), bar)
    print_table(console, table, "Latency")
    seen = "".join(bar.plain for bar in bars)
    known = [f"{it[0]} {stage.replace('_', ' ')}" for stage, it in LETTERS.items() if it[0] in seen]
    console.print(Padding(", ".join(known), (0, 0, 0, 2)), style="dim")


def _bar(waterfall: Waterfall, longest: int) -> Text:
    bar = Text()
    for segment in waterfall.segments:
        begin, end = (
            round((at - waterfall.start) * _WIDTH / longest)
            for at in (segment.start, segment.start + segment.length)
        )
        letter, style = LETTERS[segment.stage]
        bar.append(letter * (end - begin), style)
    return bar
