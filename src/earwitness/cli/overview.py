"""The list of sessions, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..catalogue import Entry, Match, Page
from .formats import UNKNOWN, counted, duration, local_time
from .terminal import named, new_table, one_line, print_table, state_of, styled

_UNBOUNDED: Final = 10_000
# What is said of a closed session's integrity; of one that is sealed there is nothing to say.
_SEAL_STYLES: Final = {"unsealed": "yellow", "sound": "green", "not sound": "bold red"}


def print_overview(console: Console, page: Page) -> None:
    """Print a line of a table for each session, or two lines where the table is too wide, even
    without its latencies.

    Where something was searched for, its first line stands below each session.
    """
    entries = page.entries
    table = _narrow(entries)
    if not any(entry.match for entry in entries):
        measured = [True, False] if any(entry.latency for entry in entries) else [False]
        wide = (_wide(entries, latencies=latencies) for latencies in measured)
        table = next((each for each in wide if _fits(console, each)), table)
    print_table(console, table, indent=0)
    if any(entry.damage for entry in entries):
        console.print("\n`earwitness show SESSION` says what is wrong with a damaged one.")
    if page.total > len(entries):
        shown = f"{len(entries):,} of {page.total:,} sessions; --limit shows more."
        console.print(f"\n{shown}", style="dim")


def _fits(console: Console, table: Table) -> bool:
    anywhere = console.options.update(width=_UNBOUNDED)
    return Measurement.get(console, anywhere, table).maximum <= console.width


def _wide(entries: Sequence[Entry], *, latencies: bool) -> Table:
    measured = ["median", "worst"] if latencies else []
    table = new_table("session", "when", "length", "turns", *measured, "tools", "errors", "state")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[2:-1]:
        column.justify = "right"
    for entry in entries:
        amounts = _amounts(entry, latencies=latencies)
        table.add_row(_id(entry), local_time(entry.opened_at), *amounts, _state(entry))
    return table


def _amounts(entry: Entry, *, latencies: bool) -> list[Text]:
    if entry.damage is not None:
        return [styled(UNKNOWN)] * (6 if latencies else 4)
    length = styled(duration(entry.seconds))
    if entry.encrypted:
        return [length, *[styled(UNKNOWN)] * (5 if latencies else 3)]
    median, worst = _latency(entry)
    return [
        length,
        styled(entry.turns),
        *([styled(median), styled(worst)] if latencies else []),
        styled(sum(entry.tools.values())),
        styled(entry.errors, "red" if entry.errors else ""),
    ]


def _narrow(entries: Sequence[Entry]) -> Table:
    table = Table.grid()
    for entry in entries:
        table.add_row(_id(entry) + Text("  ") + _state(entry))
        table.add_row(_indented(styled(", ".join(_details(entry)), "dim")))
        if entry.match is not None:
            table.add_row(_indented(_line(entry.match)))
    return table


def _details(entry: Entry) -> list[str]:
    details = [local_time(entry.opened_at)]
    if entry.damage is not None:
        return details
    details.append(duration(entry.seconds))
    if entry.encrypted:
        return details
    details.append(counted(entry.turns, "turn"))
    if entry.latency is not None:
        median, worst = _latency(entry)
        details.append(f"median {median}, worst {worst}")
    tools = counted(sum(entry.tools.values()), "tool")
    return [*details, tools, counted(entry.errors, "error")]


def _line(match: Match) -> Text:
    line = styled(f"{match.speaker}: ", "cyan" if match.speaker == "user" else "")
    # A space at the end of a piece stands between it and the next.
    pieces = [styled(one_line(f"|{part.text}|")[1:-1], "bold" * part.found) for part in match.parts]
    more = f" (and {counted(match.lines - 1, 'line')} more)" if match.lines > 1 else ""
    return line + Text().join(pieces) + styled(more, "dim")


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2))


def _latency(entry: Entry) -> tuple[str, str]:
    known = entry.latency
    return (UNKNOWN, UNKNOWN) if known is None else (duration(known.median), duration(known.worst))


def _id(entry: Entry) -> Text:
    return named(entry.session_id)


def _state(entry: Entry) -> Text:
    state = state_of(entry.state, entry.close_reason)
    if entry.encrypted:
        state += styled(", encrypted")
    if entry.integrity in _SEAL_STYLES:
        state += styled(f", {entry.integrity}", _SEAL_STYLES[entry.integrity])
    return state
