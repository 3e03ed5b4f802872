"""The list of sessions, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from .facts import Damaged, SessionFacts
from .formats import UNKNOWN, counted, duration, local_time
from .terminal import new_table, state_of, styled

Listed = SessionFacts | Damaged


def print_overview(console: Console, sessions: Sequence[Listed]) -> None:
    """Print a line of a table for each session, or two lines where the table is too wide."""
    table = _table(sessions)
    if Measurement.get(console, console.options, table).minimum > console.width:
        table = _narrow(sessions)
    console.print(table)
    if any(isinstance(facts, Damaged) for facts in sessions):
        console.print("\n`earwitness show SESSION` says what is wrong with a damaged one.")


def _table(sessions: Sequence[Listed]) -> Table:
    table = new_table("session", "when", "length", "turns", "tools", "errors", "state")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[2:-1]:
        column.justify = "right"
    for facts in sessions:
        if isinstance(facts, Damaged):
            unknown = [UNKNOWN] * 4
            when = local_time(facts.opened_at)
            table.add_row(styled(facts.session_id, "bold"), when, *unknown, _state(facts))
        else:
            table.add_row(
                styled(facts.info.session_id, "bold"),
                local_time(facts.info.opened_at),
                duration(facts.seconds),
                str(len(facts.turns)),
                str(len(facts.tools)),
                styled(len(facts.failures), "red" if facts.failures else ""),
                _state(facts),
            )
    return table


def _narrow(sessions: Sequence[Listed]) -> Table:
    table = Table.grid()
    for facts in sessions:
        if isinstance(facts, Damaged):
            session_id, details = facts.session_id, [local_time(facts.opened_at)]
        else:
            session_id = facts.info.session_id
            details = [
                local_time(facts.info.opened_at),
                duration(facts.seconds),
                counted(len(facts.turns), "turn"),
                counted(len(facts.tools), "tool"),
                counted(len(facts.failures), "error"),
            ]
        table.add_row(styled(session_id, "bold") + Text("  ") + _state(facts))
        table.add_row(styled("  " + ", ".join(details), "dim"))
    return table


def _state(facts: Listed) -> Text:
    if isinstance(facts, Damaged):
        return state_of("damaged")
    return state_of(facts.info.state, facts.close_reason)
