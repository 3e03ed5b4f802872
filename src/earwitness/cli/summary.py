"""A report, for people who want to know what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ..projections.reading import array, mapping, mappings, text
from ..projections.report import SessionReport
from .facts import SessionFacts
from .page import heading, usage
from .terminal import new_table, print_table, styled

# Members that get a part of their own.
_PARTS: Final = frozenset({"events", "chat_history", "usage", "options"})


def print_summary(console: Console, facts: SessionFacts, report: SessionReport) -> None:
    """Print what a report says, by LiveKit's own names, its events and its history counted."""
    data = report.data
    members = {name: value for name, value in data.items() if name not in _PARTS}
    history = mapping(data.get("chat_history")).get("items")
    print_table(console, heading(facts), indent=0)
    print_table(console, _members(members), "Report")
    print_table(console, _counts(data.get("events")), "Events")
    print_table(console, _counts(history), "Chat history")
    print_table(console, usage(mappings(data.get("usage")) or facts.usage), "Usage")
    print_table(console, _members(mapping(data.get("options"))), "Options")
    console.print("\n--json prints all of it.", style="dim")


def _members(value: dict[str, Any]) -> Table:
    table = new_table()
    for name, said in _flat(value):
        table.add_row(styled(name, "dim"), str(said))
    return table


def _flat(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The members that say something, those of members too, by their path."""
    for name, member in value.items():
        if isinstance(member, dict):
            yield from _flat(member, f"{path}{name}.")
        elif isinstance(member, list):
            yield from [(path + name, ", ".join(map(str, member)))] if member else ()
        elif member is not None and member != "":
            yield path + name, member


def _counts(items: Any) -> Table:
    kinds = Counter(text(mapping(item).get("type")) or "?" for item in array(items))
    table = new_table()
    for kind, amount in kinds.most_common():
        table.add_row(f"{amount:,}", kind)
    for column in table.columns[:1]:
        column.justify = "right"
    return table
