"""Which sessions are asked for, and a page of the answer."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from .entries import Entry
from .words import match_expression, storable


@frozen(kw_only=True)
class Filter:
    """Which sessions are asked for: those of which all holds that is given.

    Attributes:
        since: seconds since the Unix epoch; they were opened then or later.
        until: seconds since the Unix epoch; they were opened before.
        state: live, closed, interrupted or damaged.
        agent: the name of the job's agent, or the id of an agent that had the floor.
        room: the room's name.
        reason: why they were closed.
        errors: True for those in which a model failed, False for those in which none did.
        tags: all of them are theirs.
        min_seconds: they were at least as long.
        max_seconds: they were at most as long.
        search: words that somebody said, all of them in one line; the last may be a beginning.
            Words between double quotes stand together.
    """

    since: float | None = None
    until: float | None = None
    state: str | None = None
    agent: str | None = None
    room: str | None = None
    reason: str | None = None
    errors: bool | None = None
    tags: tuple[str, ...] = ()
    min_seconds: float | None = None
    max_seconds: float | None = None
    search: str | None = None

    @property
    def expression(self) -> str | None:
        """What FTS5 is asked for; None if nothing is searched for, or no word."""
        return match_expression(self.search) if self.search else None

    @property
    def finds_nothing(self) -> bool:
        """True if what is searched for has no word in it."""
        return bool(self.search) and self.expression is None

    def conditions(self) -> tuple[str, list[Any]]:
        """What holds for the rows of the sessions, as SQL and its values; not the search."""
        clauses, values = ["true"], []
        for clause, value in self._conditions():
            if value is not None:
                clauses.append(clause)
                values += [value] * clause.count("?")
        return " AND ".join(clauses), values

    def _conditions(self) -> Iterator[tuple[str, Any]]:
        yield "opened_at >= ?", _microseconds(self.since)
        yield "opened_at < ?", _microseconds(self.until)
        yield "state = ?", _text(self.state)
        yield (
            "(agent = ? OR ? IN (SELECT value FROM json_each(sessions.agents)))",
            _text(self.agent),
        )
        yield "room = ?", _text(self.room)
        yield "close_reason = ?", _text(self.reason)
        yield "(errors > 0) = ?", self.errors
        yield "seconds >= ?", self.min_seconds
        yield "seconds <= ?", self.max_seconds
        for tag in self.tags:
            yield "? IN (SELECT value FROM json_each(sessions.tags))", _text(tag)


@frozen
class Page:
    """Some of the sessions that were asked for.

    Attributes:
        entries: newest first.
        total: how many there are on all pages.
        next: where the next page begins, for :meth:`Catalogue.page`; None behind the last one.
    """

    entries: list[Entry]
    total: int
    next: str | None


def cursor_of(entry: Entry) -> str:
    """What stands for the place behind an entry."""
    return base64.urlsafe_b64encode(f"{entry.opened_at} {entry.folder}".encode()).decode()


def place_of(cursor: str) -> tuple[int, str]:
    """The place that a cursor stands for.

    Raises:
        ValueError: it is none.
    """
    try:
        opened_at, folder = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return _in_range(int(opened_at)), storable(folder)
    except ValueError:
        raise ValueError("no cursor of a page") from None


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else _in_range(seconds * 1e6)


def _in_range(number: float) -> int:
    """The nearest integer that SQLite knows."""
    return int(max(-(2**62), min(2**62, number)))


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)
