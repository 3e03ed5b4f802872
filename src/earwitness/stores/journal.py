"""A folder of logs: one session a folder, one event a line.

::

    <root>/<YYYY-MM-DD>/<session id>/log.jsonl
                                    /blobs/<sha256>     payloads too large for a line
                                    /report.json, audio.ogg

Days are UTC, and are those of a session's first event.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve

from ..codec import blob_digest, check_format, decode_line, encode_line
from ..disk import Disk, make_folders, opened, write_durably
from ..events import NO_EVENTS, Event, RecordingClosed
from ..exceptions import LogFormatError, WrongExpectedVersionError
from .logfile import LOG_NAME, LogFile, last_position
from .names import folder_name, stream_name
from .positions import check_positions
from .sessions import SessionInfo, SessionStore, State, not_found

BLOB_FOLDER: Final = "blobs"
STREAM_FILE: Final = "stream"
"""Holds the id of a session whose folder's name had to be cut."""


class JournalEventStore(SessionStore):
    """Keeps each stream as a log file under an exclusive lock.

    Args:
        root: the store's folder; made at the first append.
        disk: the system calls; tests replace it.
    """

    def __init__(self, root: str | os.PathLike[str], *, disk: Disk | None = None) -> None:
        self.root = Path(root).expanduser().absolute()
        self.disk = disk or Disk()
        self._lock = threading.Lock()
        self._open: dict[str, LogFile] = {}
        self._folders: dict[str, Path] = {}

    def __repr__(self) -> str:
        return f"JournalEventStore({str(self.root)!r})"

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        log = self._open.get(stream)
        if log is None:
            log = self._take(stream, events, expected_version)
        lines = b"".join([encode_line(event) for event in events])
        with log.lock:
            if log.version != expected_version:
                raise WrongExpectedVersionError(
                    stream, expected_version=expected_version, actual_version=log.version
                )
            if events:
                check_positions(events, expected_version)
                self._write_blobs(log.path.parent, events)
                log.append(lines, events[-1].position)
            return log.version

    def read(self, stream: str, after: int = NO_EVENTS) -> Iterator[Event]:
        path = self.folder(stream) / LOG_NAME
        return _read_log(path, after)

    def version(self, stream: str) -> int:
        if (log := self._open.get(stream)) is not None:
            return log.version
        if (folder := self._find(stream)) is None:
            return NO_EVENTS
        path = folder / LOG_NAME
        with opened(self.disk, path, os.O_RDONLY) as fd:
            return last_position(fd, path)

    def streams(self) -> Iterator[str]:
        for log in sorted(self.root.glob(f"*/*/{LOG_NAME}")):
            stream = _stream_of(log.parent)
            if stream is not None:
                self._folders[stream] = log.parent
                yield stream

    def release(self, stream: str) -> None:
        with self._lock:
            log = self._open.pop(stream, None)
        if log is not None:
            log.sync()
            log.close()

    def folder(self, stream: str) -> Path:
        """The folder with everything of the session.

        Raises:
            SessionNotFoundError: there is no such session.
        """
        folder = self._find(stream)
        if folder is None:
            raise not_found(stream)
        return folder

    def session(self, session_id: str) -> SessionInfo:
        folder = self.folder(session_id)
        path = folder / LOG_NAME
        first, events, closed = None, 0, False
        for event in _read_log(path, NO_EVENTS):
            first = first or event
            events += 1
            closed = closed or event.type == RecordingClosed.TAG
        state: State = "closed" if closed else "live" if self._is_held(path) else "interrupted"
        return SessionInfo(session_id, state, first.recorded_at if first else 0, events, folder)

    def _is_held(self, path: Path) -> bool:
        with opened(self.disk, path, os.O_RDONLY) as fd:
            return not self.disk.try_lock(fd, shared=True)

    def _find(self, stream: str) -> Path | None:
        if (known := self._folders.get(stream)) is not None:
            return known
        name = folder_name(stream)
        for log in self.root.glob(f"*/{name}/{LOG_NAME}"):
            self._folders[stream] = log.parent
            return log.parent
        return None

    def _take(self, stream: str, events: Sequence[Event], expected_version: int) -> LogFile:
        with self._lock:
            if stream in self._open:
                return self._open[stream]
            folder = self._find(stream)
            if folder is not None:
                log = LogFile.open(self.disk, folder / LOG_NAME)
            elif expected_version != NO_EVENTS:
                raise WrongExpectedVersionError(
                    stream, expected_version=expected_version, actual_version=NO_EVENTS
                )
            else:
                check_positions(events, NO_EVENTS)
                log = self._create(stream, events)
            self._open[stream] = log
            return log

    def _create(self, stream: str, events: Sequence[Event]) -> LogFile:
        microseconds = events[0].recorded_at if events else 0
        day = dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC).date().isoformat()
        folder = self.root / day / folder_name(stream)
        make_folders(self.disk, folder)
        if stream_name(folder.name) is None:
            raw = stream.encode("utf-8", "surrogatepass")
            write_durably(self.disk, folder / STREAM_FILE, raw)
        log = LogFile.create(self.disk, folder / LOG_NAME)
        self._folders[stream] = folder
        return log

    def _write_blobs(self, folder: Path, events: Sequence[Event]) -> None:
        for event in events:
            if event.blob is not None and (digest := blob_digest(event)) is not None:
                make_folders(self.disk, folder / BLOB_FOLDER)
                write_durably(self.disk, folder / BLOB_FOLDER / digest, event.blob)


def _stream_of(folder: Path) -> str | None:
    stream = stream_name(folder.name)
    if stream is not None:
        return stream
    try:
        stream = (folder / STREAM_FILE).read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError):
        return None
    return stream if folder_name(stream) == folder.name else None


def _read_log(path: Path, after: int) -> Iterator[Event]:
    """Every whole line after a position. A last line without its line feed is still being written,
    or was torn; either way it is no event yet."""
    with path.open("rb") as log:
        for number, line in enumerate(log):
            if not line.endswith(b"\n"):
                return
            where = f"{path}, line {number + 1}"
            event = decode_line(line[:-1], where=where)
            if event.position != number:
                raise LogFormatError(
                    "An event is not at its position.",
                    where=where,
                    expected=f"position {number}",
                    got=f"position {event.position}",
                    hint="Lines were removed, added or moved. Nothing was changed.",
                )
            if number == 0:
                check_format(event, where=str(path))
            if event.position > after:
                yield _with_blob(event, path.parent)


def _with_blob(event: Event, folder: Path) -> Event:
    digest = blob_digest(event)
    if digest is None:
        return event
    try:
        content = (folder / BLOB_FOLDER / digest).read_bytes()
    except FileNotFoundError:
        return evolve(event, data=None, salt=None)
    if hashlib.sha256(content).hexdigest() != digest:
        raise LogFormatError(
            "A blob's bytes are not what the log committed to.",
            where=f"{folder / BLOB_FOLDER / digest}, event {event.position}",
            expected=f"SHA-256 {digest}",
            got="another digest",
        )
    return evolve(event, blob=content)
