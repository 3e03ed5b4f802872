"""What a catalogue's file is asked: pages of sessions, the lines that were found, medians."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from .database import POSITION_BITS, POSITIONS
from .entries import Match, entry_of, parts_of
from .filters import Filter, Page, cursor_of
from .words import MATCH_BEGINS, MATCH_ENDS

# What medians are taken of, and how it is told from a row.
_COUNTED: Final = {
    "seconds": "seconds",
    "turns": "iif(encrypted, NULL, turns)",
    "latency_median": "latency_median",
    "latency_worst": "latency_worst",
    "errors": "iif(encrypted, NULL, errors)",
    "tools": (
        "iif(encrypted, NULL, (SELECT coalesce(sum(value), 0) FROM json_each(sessions.tools)))"
    ),
    "events": "events",
}
_SHOWN_WORDS: Final = 24
_FOUND: Final = (
    f"SELECT rowid >> {POSITION_BITS} AS session, min(rowid) AS line, count(*) AS found"
    " FROM lines WHERE lines MATCH ? GROUP BY session"
)


def medians(database: sqlite3.Connection, asked: Filter) -> dict[str, float | None]:
    """See :meth:`Catalogue.medians`."""
    if asked.finds_nothing:
        return dict.fromkeys(_COUNTED)
    source, where, values = _source(asked)
    found = {}
    for name, column in _COUNTED.items():
        known = f"FROM {source} WHERE {where} AND {column} IS NOT NULL"
        row = database.execute(
            f"SELECT {column} AS counted {known} ORDER BY counted LIMIT 1"
            f" OFFSET (SELECT max(0, (count(*) - 1) / 2) {known})",
            [*values, *values],
        ).fetchone()
        found[name] = None if row is None else row["counted"]
    return found


def _source(asked: Filter) -> tuple[str, str, list[Any]]:
    """Where the rows come from that are asked for, on what condition, and the values of both."""
    where, values = asked.conditions()
    if asked.expression is None:
        return "sessions", where, values
    return f"({_FOUND}) JOIN sessions ON id = session", where, [asked.expression, *values]


def encrypted(database: sqlite3.Connection, asked: Filter) -> int:
    """See :meth:`Catalogue.encrypted`."""
    where, values = Filter(since=asked.since, until=asked.until, state=asked.state).conditions()
    query = f"SELECT count(*) FROM sessions WHERE encrypted AND {where}"
    [amount] = database.execute(query, values).fetchone()
    return int(amount)


def page(
    database: sqlite3.Connection, asked: Filter, limit: int, place: tuple[int, str] | None
) -> Page:
    """See :meth:`Catalogue.page`; ``place`` is that behind which it begins."""
    if asked.finds_nothing:
        return Page([], 0, None)
    source, where, values = _source(asked)
    [total] = database.execute(f"SELECT count(*) FROM {source} WHERE {where}", values).fetchone()
    if place is not None:
        where, values = f"{where} AND (opened_at, folder) < (?, ?)", [*values, *place]
    rows = database.execute(
        f"SELECT * FROM {source} WHERE {where} ORDER BY opened_at DESC, folder DESC LIMIT ?",
        [*values, limit + 1],
    ).fetchall()
    shown = rows[:limit]
    if asked.expression is None:
        entries = [entry_of(row) for row in shown]
    else:
        matches = _matches(database, shown, asked.expression)
        entries = [entry_of(row, matches[row["line"]]) for row in shown]
    return Page(entries, total, cursor_of(entries[-1]) if len(rows) > limit else None)


def _matches(
    database: sqlite3.Connection, rows: list[sqlite3.Row], expression: str
) -> dict[int, Match]:
    """The lines in which the sessions of some rows were found first, by their numbers."""
    found = {row["line"]: row["found"] for row in rows}
    # The plus keeps SQLite from looking up the words anew for each of the lines.
    lines = database.execute(
        "SELECT rowid, (SELECT kind FROM moments WHERE session = lines.rowid >> ? AND"
        " position = lines.rowid & ?), snippet(lines, 0, ?, ?, '…', ?) FROM lines"
        f" WHERE lines MATCH ? AND +rowid IN ({', '.join('?' * len(found))})",
        [POSITION_BITS, POSITIONS, MATCH_BEGINS, MATCH_ENDS, _SHOWN_WORDS, expression, *found],
    )
    return {
        line: Match(line & POSITIONS, speaker, parts_of(marked), found[line])
        for line, speaker, marked in lines
    }
