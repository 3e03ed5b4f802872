"""Two sessions side by side, or one beside the median of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen
from rich.console import Console
from rich.text import Text

from ..catalogue import Catalogue, Entry, Filter
from ..projections.latency import fold_latency
from ..projections.reading import is_number, retold
from ..projections.usage import fold_usage
from ..stores.journal import JournalEventStore
from .formats import UNKNOWN, counted, duration
from .looking import tell_unread
from .terminal import new_table, print_table, styled

Values = dict[str, float | None]

_TITLES: Final = {
    "seconds": "length",
    "latency_median": "answer median",
    "latency_worst": "answer worst",
}
_TIMES: Final = ("seconds", "_duration", "latency_median", "latency_worst")


@frozen
class Side:
    """One side of a comparison.

    Attributes:
        title: the session's id, or of how many sessions it is the median.
        values: what is compared, by its name; None where nothing is known.
    """

    title: str
    values: Values


def compare_sessions(store: JournalEventStore, ids: Sequence[str], asked: Filter) -> list[Side]:
    """Both sides: the sessions, or the one session and the median of those that are asked for.

    Raises:
        SessionNotFoundError: there is no such session.
        LogError: its log cannot be read.
    """
    catalogue = Catalogue(store)
    sides = [_side(store, catalogue, session_id) for session_id in ids]
    if len(sides) == 1:
        catalogue.refresh()
        total = catalogue.page(asked, limit=1).total
        sides.append(Side(f"median of {counted(total, 'session')}", catalogue.medians(asked)))
    return sides


def compared(sides: Sequence[Side]) -> dict[str, Any]:
    """The comparison as JSON; durations in seconds."""
    return {"sides": [{"title": side.title} | side.values for side in sides]}


def print_comparison(console: Console, sides: Sequence[Side]) -> None:
    """Print a line for each thing that is known of one side at least."""
    table = new_table("", *(side.title for side in sides), "")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in dict.fromkeys(name for side in sides for name in side.values):
        known = [side.values.get(name) for side in sides]
        if any(known):
            title = _TITLES.get(name) or name.removesuffix("_seconds").replace("_", " ")
            cells = [styled(_shown(value, is_time=_is_time(name))) for value in known]
            table.add_row(styled(title, "dim"), *cells, _difference(known))
    print_table(console, table, indent=0)


def _side(store: JournalEventStore, catalogue: Catalogue, session_id: str) -> Side:
    catalogue.read(session_id)
    entry = catalogue.entry(session_id)
    events = retold(store.read(session_id))
    tell_unread(store, session_id, events.events)
    values = {} if entry is None else _counts(entry)
    for stage, spread in fold_latency(events).stages.items():
        values[f"{stage}_median_seconds"] = spread.median / 1e6
    for model in fold_usage(events):
        for name, amount in model.items():
            if is_number(amount):
                values[name] = (values.get(name) or 0) + amount
    return Side(session_id, values)


def _counts(entry: Entry) -> Values:
    latency = entry.latency
    return {
        "seconds": entry.seconds,
        "turns": None if entry.encrypted else entry.turns,
        "latency_median": None if latency is None else latency.median,
        "latency_worst": None if latency is None else latency.worst,
        "errors": None if entry.encrypted else entry.errors,
        "tools": None if entry.encrypted else sum(entry.tools.values()),
        "events": entry.events,
    }


def _is_time(name: str) -> bool:
    return name.endswith(_TIMES)


def _shown(value: float | None, *, is_time: bool) -> str:
    if value is None:
        return UNKNOWN
    return duration(value) if is_time else f"{round(value, 1):,}"


def _difference(known: Sequence[float | None]) -> Text:
    """By how much the first is more, or less, than the second."""
    first, second = known
    if first is None or not second:
        return Text()
    percent = round((first - second) / second * 100)
    return styled(f"{percent:+}%" if percent else "same", "" if percent else "dim")
