"""The list of sessions, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from .facts import Damaged, Listed
from .formats import UNKNOWN, counted, duration, local_time
from .terminal import new_table, print_table, state_of, styled

_UNBOUNDED: Final = 10_000


def print_overview(console: Console, sessions: Sequence[Listed]) -> None:
    """Print a line of a table for each session, or two lines where the table is too wide."""
    table = _wide(sessions)
    anywhere = console.options.update(width=_UNBOUNDED)
    if Measurement.get(console, anywhere, table).minimum > console.width:
        table = _narrow(sessions)
    print_table(console, table, indent=0)
    if any(isinstance(facts, Damaged) for facts in sessions):
        console.print("\n`earwitness show SESSION` says what is wrong with a damaged one.")


def _wide(sessions: Sequence[Listed]) -> Table:
    table = new_table("session", "when", "length", "turns", "tools", "errors", "state")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[2:-1]:
        column.justify = "right"
    for facts in sessions:
        table.add_row(_id(facts), local_time(facts.opened_at), *_amounts(facts), _state(facts))
    # No id may be broken, not even one with spaces in it: it is there to be copied.
    table.columns[0].min_width = max(_id(facts).cell_len for facts in sessions)
    return table


def _amounts(facts: Listed) -> list[Text]:
    if isinstance(facts, Damaged):
        return [styled(UNKNOWN)] * 4
    return [
        styled(duration(facts.seconds)),
        styled(len(facts.turns)),
        styled(len(facts.tools)),
        styled(len(facts.failures), "red" if facts.failures else ""),
    ]


def _narrow(sessions: Sequence[Listed]) -> Table:
    table = Table.grid()
    for facts in sessions:
        details = [local_time(facts.opened_at)]
        if not isinstance(facts, Damaged):
            details += [
                duration(facts.seconds),
                counted(len(facts.turns), "turn"),
                counted(len(facts.tools), "tool"),
                counted(len(facts.failures), "error"),
            ]
        table.add_row(_id(facts) + Text("  ") + _state(facts))
        table.add_row(styled("  " + ", ".join(details), "dim"))
    return table


def _id(facts: Listed) -> Text:
    return styled(facts.session_id, "bold")


def _state(facts: Listed) -> Text:
    return state_of(facts.state, facts.close_reason)
