"""The catalogue of a store: asked for sessions, it looks first whether they have changed."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from attrs import frozen

from ..stores.journal import JournalEventStore
from . import queries
from .database import is_broken, open_database, remove_database
from .entries import Entry, entry_of
from .filters import Filter, Page, place_of
from .walk import find, has_changed_otherwise, known_logs, walk

T = TypeVar("T")

EVERYTHING: Final = Filter()


@frozen
class Progress:
    """How far a catalogue is behind.

    Attributes:
        read: how many logs were read by now.
        waiting: how many have still to be read.
    """

    read: int
    waiting: int


class Catalogue:
    """The sessions of a store, and the lines that were said in them.

    It may be used by several threads and several processes at once.

    Args:
        store: the store.
    """

    def __init__(self, store: JournalEventStore) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._database = open_database(store.root)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it could not be opened
            self._database.close()

    def close(self) -> None:
        """Let go of the file; by itself that happens when nobody needs the catalogue any more."""
        with self._lock:
            self._database.close()

    def refresh(
        self, *, seconds: float | None = None, progress: Callable[[Progress], None] | None = None
    ) -> Progress:
        """Read what has changed in the logs.

        Args:
            seconds: when to leave off, after a step at least; what is still to be read then is
                read another time. By default all of it is read.
            progress: called after each step.
        """
        began = time.monotonic()
        changed = self._asked(self._changed)
        read, waiting, indexing = 0, len(changed), None
        while waiting:
            from .indexing import Indexing

            indexing = indexing or Indexing(self._store, changed)
            left = self._asked(indexing.step)
            read, waiting = read + waiting - left, left
            if progress is not None:
                progress(Progress(read, waiting))
            if seconds is not None and time.monotonic() - began >= seconds:
                break
        return Progress(read, waiting)

    def read(self, session_id: str) -> None:
        """Read what has changed in one log, all of it.

        Raises:
            SessionNotFoundError: there is no such session.
        """
        folder = self._store.folder(session_id).relative_to(self._store.root).as_posix()
        changed = self._asked(lambda database: self._changed(database, folder))
        if changed:
            from .indexing import Indexing

            indexing = Indexing(self._store, changed)
            while self._asked(indexing.step):
                pass

    def version(self) -> tuple[int, int]:
        """A value that is another one whenever something in the catalogue has changed."""
        query = "SELECT total_changes(), data_version FROM pragma_data_version"
        version: tuple[int, int] = tuple(self._asked(lambda file: file.execute(query).fetchone()))
        return version

    def medians(self, asked: Filter) -> dict[str, float | None]:
        """The medians of what can be counted, over the sessions that are asked for.

        Each is a value that was measured, the lower one of two in the middle; None where no
        session has one.
        """
        return self._asked(lambda database: queries.medians(database, asked))

    def encrypted(self, asked: Filter) -> int:
        """How many sessions of that time and state are encrypted, of which nothing else is known.

        So none of them is ever found by what happened in it.
        """
        return self._asked(lambda database: queries.encrypted(database, asked))

    def page(self, asked: Filter = EVERYTHING, *, limit: int = 100, after: str = "") -> Page:
        """The sessions that were asked for, newest first, by what was read of them.

        Args:
            asked: which.
            limit: how many at most.
            after: a page's ``next``, for the one behind it.

        Raises:
            ValueError: ``after`` is not of a page.
        """
        place = place_of(after) if after else None
        return self._asked(lambda database: queries.page(database, asked, limit, place))

    def entry(self, session_id: str) -> Entry | None:
        """One session, by what was read of it; None if nothing was."""
        raw = session_id.encode("utf-8", "surrogatepass")
        query = "SELECT * FROM sessions WHERE session_id = ?"
        row = self._asked(lambda database: database.execute(query, [raw]).fetchone())
        return None if row is None else entry_of(row)

    def note_verification(self, session_id: str, events: int, *, sound: bool) -> None:
        """Keep what came of a verification, until the log changes.

        Args:
            session_id: which session was verified.
            events: how many it held then.
            sound: whether it was what was sealed.
        """
        values = ["sound" if sound else "not sound", session_id.encode("utf-8", "surrogatepass")]
        query = "UPDATE sessions SET verified = ? WHERE session_id = ? AND events = ?"
        self._asked(lambda database: database.execute(query, [*values, events]))

    def _asked(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """What the file tells, or the one that is made in its place if it is broken."""
        with self._lock:
            try:
                return ask(self._database)
            except sqlite3.Error as error:
                if not is_broken(error):
                    raise
            self._make_anew()
            return ask(self._database)

    def _make_anew(self) -> None:
        from .indexing import Indexing

        remove_database(self._database)
        self._database = open_database(self._store.root)
        indexing = Indexing(self._store, self._changed(self._database))
        while indexing.step(self._database):
            pass

    def _changed(self, database: sqlite3.Connection, folder: str | None = None) -> list[str]:
        """The folders of the logs that have to be read; what else has changed is seen to.

        Args:
            database: the file.
            folder: look at this one alone.
        """
        root = self._store.root
        known = known_logs(database, folder)
        changed, otherwise = [], []
        for found in walk(root) if folder is None else filter(None, [find(root, folder)]):
            before = known.pop(found.folder, None)
            if before is None or before.found != found:
                changed.append(found.folder)
            elif has_changed_otherwise(self._store, before):
                otherwise.append(found.folder)
        if known or otherwise:
            from .indexing import forget, look_again

            look_again(database, self._store, otherwise)
            forget(database, known)
        return changed
