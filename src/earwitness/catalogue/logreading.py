"""One log, read into a catalogue from where it was left."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Final

from attrs import asdict, evolve

from ..exceptions import EarwitnessError
from ..stores.following import Follower
from ..stores.journal import JournalEventStore
from ..stores.logfile import CHECKPOINT_NAME, LOG_NAME, is_held
from .account import Account, Moment, tally
from .database import POSITION_BITS
from .walk import Found, status
from .words import searchable, storable

_LARGEST: Final = (1 << 63) - 1  # that SQLite knows; a log may claim any time at all


class LogReading:
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
        """Read about so many bytes: how many it were, and whether that was all.

        Raises:
            LogError: the log cannot be read.
            OSError: its file cannot be.
        """
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
        """Keep what is wrong with the log, and what was read of it before that."""
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
            "encrypted": account.encrypted,
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
        } | seal_of(self._folder)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._database.execute(
            f"INSERT OR REPLACE INTO sessions ({names}) VALUES ({marks})", [*columns.values()]
        )

    def _state(self) -> str:
        if self._account.closed and self._log.end >= self._found.size:
            return "closed"
        return "live" if is_held(self._disk, self._folder / LOG_NAME) else "interrupted"


def seal_of(folder: Path) -> dict[str, Any]:
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
