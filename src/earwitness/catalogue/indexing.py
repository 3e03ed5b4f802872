"""Reads into a catalogue what the logs tell, some of it at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import asdict, evolve

from ..exceptions import EarwitnessError, LogError
from ..stores.following import Follower
from ..stores.journal import JournalEventStore, stream_of
from ..stores.logfile import CHECKPOINT_NAME, LOG_NAME, is_held
from .account import Account, Moment, tally
from .database import POSITION_BITS, POSITIONS, writing
from .walk import Found, find, is_live, status
from .words import searchable, storable

STEP_BYTES: Final = 1 << 20
"""How much of the logs is read in one transaction, about."""

_LARGEST: Final = (1 << 63) - 1  # that SQLite knows; a log may claim any time at all


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
        log = _Log(database, self._store, stream, found, row)
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


class _Log:
    """One log that is being read, from where it was left."""

    def __init__(
        self,
        database: sqlite3.Connection,
        store: JournalEventStore,
        stream: str,
        found: Found,
        row: sqlite3.Row | None,
    ) -> None:
        self._database = database
        self._disk = store.disk
        self._folder = store.root / found.folder
        self._stream, self._found = stream, found
        self._account = Account() if row is None else Account(**json.loads(row["account"]))
        end = 0 if row is None else row["read"]
        self._log = Follower(self._folder / LOG_NAME, end=end, events=self._account.events)
        self._id = self._begun() if row is None else row["id"]

    def read_on(self, allowed: int) -> tuple[int, bool]:
        begin = self._log.end
        # Without a key: what is encrypted in its log must not lie here in the clear.
        for event in self._log.read_on():
            self._account.take(event)
            position, moments = self._account.moments(event)
            if position == event.position:
                self._add(moments)
            elif (withdrawn := self._withdraw(position)) is not None:
                # What an amendment leaves as it was.
                self._add([evolve(each, seconds=withdrawn[0]) for each in moments])
            if self._log.end - begin >= allowed:
                self._save(complete=False)
                return self._log.end - begin, False
        self._save(complete=True)
        return self._log.end - begin, True

    def damaged(self, error: Exception) -> None:
        told = str(error) if isinstance(error, EarwitnessError) else type(error).__name__
        self._save(complete=True, damage=told)

    def _begun(self) -> int:
        [id] = self._database.execute("SELECT coalesce(max(id), 0) + 1 FROM sessions").fetchone()
        return int(id)

    def _add(self, moments: list[Moment]) -> None:
        for each in moments:
            said = each.kind in ("user", "agent")
            kept = "" if said else storable(each.text)
            self._database.execute(
                "INSERT INTO moments VALUES (?, ?, ?, ?, ?)",
                [self._id, each.position, each.kind, kept, each.seconds],
            )
            if said:
                self._database.execute(
                    "INSERT INTO lines (rowid, text) VALUES (?, ?)",
                    [self._id << POSITION_BITS | each.position, searchable(each.text)],
                )

    def _withdraw(self, position: int) -> tuple[float | None] | None:
        """Take back what an event told that was amended, and give back how long an answer took.

        None if it told nothing.
        """
        if not 0 <= position < self._account.events:
            return None
        where = "FROM moments WHERE session = ? AND position = ?"
        told = self._database.execute(f"SELECT seconds {where}", [self._id, position]).fetchone()
        self._database.execute(f"DELETE {where}", [self._id, position])
        rowid = self._id << POSITION_BITS | position
        self._database.execute("DELETE FROM lines WHERE rowid = ?", [rowid])
        return None if told is None else (told["seconds"],)

    def _save(self, *, complete: bool, damage: str | None = None) -> None:
        account = self._account
        told = tally(
            self._database.execute(
                "SELECT kind, text, seconds FROM moments WHERE session = ? ORDER BY position",
                [self._id],
            )
        )
        state = "damaged" if damage else self._state()
        ended_at = account.ended_at or account.last_at
        found = self._found
        columns: dict[str, Any] = {
            "id": self._id,
            "folder": found.folder,
            "session_id": self._stream.encode("utf-8", "surrogatepass"),
            # One that is not complete is read on: to the next look it is a log that has changed.
            "size": found.size if complete else self._log.end,
            "changed_ns": found.changed_ns if complete else 0,
            "inode": found.inode,
            "read": self._log.end,
            "account": json.dumps(asdict(account)),
            "damage": damage and storable(damage),
            "state": state,
            "verified": None,
            "events": account.events,
            "opened_at": min(account.opened_at, _LARGEST),
            "seconds": (ended_at - account.opened_at) / 1e6,
            "close_reason": storable(account.close_reason),
            "agent": storable(account.agent),
            "room": storable(account.room),
            "tags": json.dumps([storable(tag) for tag in account.tags]),
            "turns": told.turns,
            "latency_median": told.latency and told.latency.median,
            "latency_worst": told.latency and told.latency.worst,
            "tools": json.dumps(told.tools),
            "errors": told.errors,
            "agents": json.dumps(told.agents),
        } | _seal(self._folder)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._database.execute(
            f"INSERT OR REPLACE INTO sessions ({names}) VALUES ({marks})", [*columns.values()]
        )

    def _state(self) -> str:
        if self._account.closed and self._log.end >= self._found.size:
            return "closed"
        return "live" if is_held(self._disk, self._folder / LOG_NAME) else "interrupted"


def look_again(
    database: sqlite3.Connection, store: JournalEventStore, folders: Sequence[str]
) -> None:
    """See what has changed without the log: that a recorder has died, or that a log was sealed."""
    if not folders:
        return
    with writing(database):
        for folder in folders:
            path = store.root / folder
            columns = _seal(path)
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


def _seal(folder: Path) -> dict[str, Any]:
    """How many events are sealed, by the checkpoint alone, and what tells that it has changed."""
    path = folder / CHECKPOINT_NAME
    seal = status(path)
    try:
        # Its second line says it (https://c2sp.org/tlog-checkpoint, "Note text"). Whether that
        # is so, a verification says.
        [_, size, *_] = path.read_bytes().split(b"\n")
        sealed = min(int(size), _LARGEST)
    except (OSError, ValueError):
        sealed = 0
    return {"seal": seal, "sealed": sealed}
