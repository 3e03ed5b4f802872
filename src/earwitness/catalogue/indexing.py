"""Reads into a catalogue what the logs tell, some of it at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from ..exceptions import LogError
from ..stores.journal import JournalEventStore, stream_of
from .database import POSITION_BITS, POSITIONS, writing
from .logreading import LogReading, seal_of
from .walk import Found, find, is_live

STEP_BYTES: Final = 1 << 20
"""How much of the logs is read in one transaction, about."""


class Indexing:
    """Brings a catalogue up to date with the logs that have changed.

    Args:
        store: the store.
        changed: the folders of the logs that are new or have changed.
    """

    def __init__(self, store: JournalEventStore, changed: Iterable[str]) -> None:
        self._store = store
        self._waiting = sorted(changed)
        self._begun_anew: set[str] = set()
        self._took_out = False

    def step(self, database: sqlite3.Connection) -> int:
        """Read on, in one transaction.

        Returns:
            How many logs have still to be read.
        """
        allowed = STEP_BYTES
        with writing(database):
            while self._waiting and allowed > 0:
                used, done = self._read(database, self._waiting[-1], allowed)
                allowed -= used
                if done:
                    self._waiting.pop()
        if not self._waiting and self._took_out:
            self._took_out = False
            _purge(database)
        return len(self._waiting)

    def _read(self, database: sqlite3.Connection, folder: str, allowed: int) -> tuple[int, bool]:
        """Read on in one log: how many bytes it took, and whether that was all."""
        # Both are looked up now that nobody else writes: others may have read it meanwhile.
        found, row = find(self._store.root, folder), _row(database, folder)
        if found is None or (row is not None and _is_of(row, found)):
            return 0, True
        stream = stream_of(self._store.root / folder)
        if stream is None:  # no session's
            return 0, True
        if row is not None and not _has_only_grown(row, found):
            self._take_out(database, row)
            row = None
        log = LogReading(database, self._store, stream, found, row)
        try:
            return log.read_on(allowed)
        except (LogError, OSError) as error:
            if row is None or folder in self._begun_anew:
                log.damaged(error)
                return 1, True
        # Perhaps another log was written in its place.
        self._begun_anew.add(folder)
        self._take_out(database, row)
        return 1, False

    def _take_out(self, database: sqlite3.Connection, row: sqlite3.Row) -> None:
        _take_out(database, row["id"])
        self._took_out = True


def forget(database: sqlite3.Connection, folders: Iterable[str]) -> None:
    """Take out the sessions whose folders are gone."""
    rows = [row for folder in folders if (row := _row(database, folder)) is not None]
    if not rows:
        return
    with writing(database):
        for row in rows:
            _take_out(database, row["id"])
    _purge(database)


def _take_out(database: sqlite3.Connection, id: int) -> None:
    database.execute("DELETE FROM sessions WHERE id = ?", [id])
    database.execute("DELETE FROM moments WHERE session = ?", [id])
    low = id << POSITION_BITS
    between = [low, low | POSITIONS]
    database.execute("DELETE FROM lines WHERE rowid BETWEEN ? AND ?", between)


def _purge(database: sqlite3.Connection) -> None:
    """Leave nothing of what was taken out in the files.

    The table of lines keeps a deleted line's words until its parts are merged, and the log that
    is written ahead keeps the pages that it has been until it is cut.
    """
    database.execute("INSERT INTO lines (lines) VALUES ('optimize')")
    database.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchall()


def look_again(
    database: sqlite3.Connection, store: JournalEventStore, folders: Sequence[str]
) -> None:
    """See what has changed without the log: that a recorder has died, or that a log was sealed."""
    if not folders:
        return
    with writing(database):
        for folder in folders:
            path = store.root / folder
            columns = seal_of(path)
            database.execute(
                "UPDATE sessions SET seal = ?, sealed = ? WHERE folder = ?",
                [columns["seal"], columns["sealed"], folder],
            )
            database.execute(
                "UPDATE sessions SET state = 'interrupted' WHERE folder = ? AND state = 'live'"
                " AND NOT ?",
                [folder, is_live(store, folder)],
            )


def _row(database: sqlite3.Connection, folder: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = database.execute(
        "SELECT id, size, changed_ns, inode, read, account FROM sessions WHERE folder = ?",
        [folder],
    ).fetchone()
    return row


def _is_of(row: sqlite3.Row, found: Found) -> bool:
    told = (row["size"], row["changed_ns"], row["inode"])
    return told == (found.size, found.changed_ns, found.inode)


def _has_only_grown(row: sqlite3.Row, found: Found) -> bool:
    complete = row["changed_ns"] > 0
    return bool(row["inode"] == found.inode and row["size"] + complete <= found.size)
