"""Which logs a store holds, and what tells that one has changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..stores.journal import JournalEventStore
from ..stores.logfile import CHECKPOINT_NAME, LOG_NAME, is_held


class Found(NamedTuple):
    """A log, as it lies there now.

    Attributes:
        folder: its session's, relative to the store, as ``2026-11-23/qxxehvkppq48``.
        size: bytes.
        changed_ns: when it was last written to, nanoseconds since the Unix epoch.
        inode: the file's number; another one means another file.
    """

    folder: str
    size: int
    changed_ns: int
    inode: int


class Known(NamedTuple):
    """What a catalogue knows of a log.

    Attributes:
        found: the log as it lay there when it was read.
        is_live: a recorder held it.
        seal: of a closed log that is not sealed to its end, :func:`status` of its checkpoint;
            None for the others.
    """

    found: Found
    is_live: bool
    seal: str | None


def walk(root: Path) -> Iterator[Found]:
    """Every log of a store; no glob, since a store may hold tens of thousands."""
    for day in _folders(root):
        for session in _folders(day.path):
            if (found := find(root, f"{day.name}/{session.name}")) is not None:
                yield found


def find(root: Path, folder: str) -> Found | None:
    """The log of a session's folder, None if there is none."""
    try:
        status = os.stat(f"{root}/{folder}/{LOG_NAME}")
    except OSError:
        return None
    return Found(folder, status.st_size, status.st_mtime_ns, status.st_ino)


def known_logs(database: sqlite3.Connection, folder: str | None = None) -> dict[str, Known]:
    """What a catalogue knows, by folder; of one alone, if it is given."""
    rows = database.cursor()
    rows.row_factory = None
    rows.execute(
        "SELECT folder, size, changed_ns, inode, state = 'live',"
        " iif(state = 'closed' AND sealed < events, seal, NULL) FROM sessions"
        + ("" if folder is None else " WHERE folder = ?"),
        [] if folder is None else [folder],
    )
    return {row[0]: Known(Found._make(row[:4]), bool(row[4]), row[5]) for row in rows}


def has_changed_otherwise(store: JournalEventStore, known: Known) -> bool:
    """True if a log that is as it was has lost its recorder, or has another checkpoint."""
    if known.is_live:
        return not is_live(store, known.found.folder)
    if known.seal is not None:
        return known.seal != status(store.root / known.found.folder / CHECKPOINT_NAME)
    return False


def is_live(store: JournalEventStore, folder: str) -> bool:
    """True if a recorder holds the log of a session's folder."""
    try:
        return is_held(store.disk, store.root / folder / LOG_NAME)
    except OSError:
        return False


def status(path: Path) -> str:
    """What tells that a file has changed; empty if there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"


def _folders(path: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return [each for each in entries if each.name[0] != "." and each.is_dir()]
    except OSError:  # deleted meanwhile
        return []
