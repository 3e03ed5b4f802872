"""The file of a catalogue: where it lies, and that it is one of this version, made anew if not.

What is taken out of it is overwritten (``secure_delete``). It is written ahead of (WAL), so those
who read it wait for nobody, and those who write it wait for each other.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..disk import FILE_MODE, FOLDER_MODE
from ..stores.journal import INDEX_FOLDER

DATABASE_NAME: Final = "catalogue.sqlite"

VERSION: Final = 3
"""Of the tables, and of how they are filled: with another one, a catalogue is made anew."""

POSITION_BITS: Final = 32
"""A line's row in the table of lines is its session's id, this many bits up, and its position."""

POSITIONS: Final = (1 << POSITION_BITS) - 1

_PATIENCE_SECONDS: Final = 10.0

_BROKEN: Final = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # a table is missing, or is another one
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
}

_TABLES: Final = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE,
    session_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    read INTEGER NOT NULL,
    account TEXT NOT NULL,
    damage TEXT,
    state TEXT NOT NULL,
    seal TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    verified TEXT,
    events INTEGER NOT NULL,
    encrypted INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    seconds REAL NOT NULL,
    close_reason TEXT NOT NULL,
    agent TEXT NOT NULL,
    room TEXT NOT NULL,
    tags TEXT NOT NULL,
    turns INTEGER NOT NULL,
    latency_median REAL,
    latency_worst REAL,
    tools TEXT NOT NULL,
    errors INTEGER NOT NULL,
    agents TEXT NOT NULL
);
CREATE INDEX newest ON sessions (opened_at DESC, folder DESC);
CREATE INDEX by_session_id ON sessions (session_id);
CREATE TABLE moments (
    session INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    seconds REAL
);
CREATE INDEX in_order ON moments (session, position);
CREATE VIRTUAL TABLE lines USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
"""


def open_database(root: Path) -> sqlite3.Connection:
    """The catalogue's file of a store, made if it is missing, and anew if it is of no use.

    Args:
        root: the store's folder.
    """
    for folder in (root / INDEX_FOLDER, _cache_folder(root)):
        with contextlib.suppress(OSError, sqlite3.Error):
            folder.mkdir(mode=FOLDER_MODE, parents=folder.parent != root, exist_ok=True)
            return _opened(folder / DATABASE_NAME)
    return _connected(":memory:")


def is_broken(error: sqlite3.Error) -> bool:
    """True if the file is at fault, and not that others hold it or that the disk is full."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in _BROKEN


def remove_database(database: sqlite3.Connection) -> None:
    """Close a catalogue's file and delete it, and what SQLite keeps beside it."""
    [(_, _, path)] = database.execute("PRAGMA database_list").fetchall()
    database.close()
    if path:
        _remove(Path(path))


@contextlib.contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """A transaction that nobody else writes beside: all of what it does is done, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _cache_folder(root: Path) -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return caches / "earwitness" / name


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path)
    except sqlite3.Error as error:
        if not is_broken(error):
            raise
    _remove(path)
    return _connected(path)


def _connected(path: Path | str) -> sqlite3.Connection:
    if isinstance(path, Path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    database = sqlite3.connect(
        path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA synchronous = NORMAL")
        _make(database)
    except BaseException:
        database.close()
        raise
    return database


def _make(database: sqlite3.Connection) -> None:
    """Make the tables, unless they are there.

    Raises:
        sqlite3.DatabaseError: they are those of another version.
    """
    if _version(database) == VERSION:
        return
    database.execute("PRAGMA journal_mode = WAL")
    with writing(database):
        if (found := _version(database)) == 0:
            for statement in _TABLES.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {VERSION}")
        elif found != VERSION:
            raise sqlite3.DatabaseError(f"version {found}")


def _version(database: sqlite3.Connection) -> int:
    [version] = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
