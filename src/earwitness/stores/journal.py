"""A folder of logs: one session a folder, one event a line.

::

    <root>/<YYYY-MM-DD>/<session id>/log.jsonl
                                    /blobs/<sha256>     payloads too large for a line
                                    /report.json, audio.ogg

Days are UTC, and are those of a session's first event.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ..background import keeper
from ..codec import blob_digest, decode_line, encode_line
from ..disk import Disk, make_folders, opened, write_durably
from ..encryption import KEY_FOLDER_VARIABLE, KEYRING_VARIABLE
from ..events import NO_EVENTS, Event
from ..exceptions import WrongExpectedVersionError
from ..forking import ForkSafeLock
from ..privacy.retention import Period, seconds_of
from .contents import write_content
from .logfile import LOG_NAME, LogFile, held, is_held
from .names import folder_name, stream_name
from .positions import check_positions
from .reading import blob_path, lines_of, read_events
from .sessions import SessionInfo, SessionStore, State, not_found
from .tail import is_closed, last_position, whole_lines

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey
    from ..encryption.datakeys import DataKeys
    from ..encryption.keyring import Keyring
    from ..integrity.signer import Signer

Sync = Literal["interval", "always", "never"]

_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
KEY_FOLDER: Final = "keys"
DATA_KEY_FOLDER: Final = "sessions"
INDEX_FOLDER: Final = ".index"
"""Holds what is derived from the logs to look things up."""
STREAM_FILE: Final = "stream"
"""Holds the id of a session whose folder's name had to be cut."""


class JournalEventStore(SessionStore):
    """Keeps each stream as a log file under an exclusive lock.

    Args:
        root: the store's folder; made at the first append.
        sync: when what was appended is brought from the system's memory to the disk.
            ``interval``: by a background thread; a power cut costs at most ``sync_interval``.
            ``always``: before ``append`` returns. ``never``: when the system likes. No choice
            makes a difference to the death of the process. A sync that fails is raised by the
            next append, and mended by the one after that.
        sync_interval: seconds.
        signer: signs the checkpoints; by default ``$EARWITNESS_SIGNING_KEY``, else a key in the
            store's folder ``keys``, made on first use.
        keyring: wraps the data keys with which new sessions are encrypted, and opens those of the
            sessions that are; by default what ``$EARWITNESS_KEYRING`` describes, else nothing is
            encrypted.
        key_folder: where the wrapped data keys are kept; by default ``$EARWITNESS_KEY_FOLDER``,
            else in the store's folder ``keys/sessions``.
        disk: the system calls; tests replace it.
        retention: how long the sessions that are recorded here are to be kept after their close,
            a timedelta or a text as ``183d``. It is written down with each of them.

    Raises:
        KeyringError: the environment describes a keyring, and it cannot be used.
        EarwitnessError: ``retention`` is no period of time.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        sync: Sync = "interval",
        sync_interval: float = 1.0,
        signer: Signer | None = None,
        keyring: Keyring | None = None,
        key_folder: str | os.PathLike[str] | None = None,
        disk: Disk | None = None,
        retention: Period = None,
    ) -> None:
        self.retention = seconds_of(retention)
        self.root = Path(root).expanduser().absolute()
        self.disk = disk or Disk()
        self._sync: Sync = sync
        self._sync_interval = sync_interval
        self._signer = signer
        self._data_keys = _data_keys(self.root, keyring, key_folder, self.disk)
        self._lock = ForkSafeLock()
        self._signer_lock = ForkSafeLock()
        self._open: dict[str, LogFile] = {}
        self._folders: dict[str, Path] = {}
        self._new_entries: dict[Path, None] = {}

    def signed_by(self, signer: Signer) -> JournalEventStore:
        """The same store, keys and all, with another signer."""
        other = JournalEventStore(self.root, sync=self._sync, signer=signer, disk=self.disk)
        other._data_keys, other.retention = self._data_keys, self.retention
        return other

    def __repr__(self) -> str:
        return f"JournalEventStore({str(self.root)!r})"

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        lines = b"".join([encode_line(event) for event in events])
        log = self._open.get(stream)
        if log is None:
            log = self._take(stream, events, expected_version)
        if log.data_key is not None:
            lines = b"".join([encode_line(log.data_key.encrypt(event)) for event in events])
        with log.lock:
            if log.version != expected_version:
                raise WrongExpectedVersionError(
                    stream, expected_version=expected_version, actual_version=log.version
                )
            if events:
                check_positions(events, expected_version)
                self._write_blobs(log, events)
                log.append(lines, events[-1].position)
            version = log.version
        self._see_to_sync(log)
        return version

    def append_line(self, stream: str, position: int, line: bytes) -> None:
        log = self._open.get(stream)
        if log is None or log.data_key is not None:  # nobody holds it, or its lines are encrypted
            self.append(stream, [decode_line(line[:-1], where=stream)], position - 1)
            return
        with log.lock:
            if log.end[0] != position - 1:
                raise WrongExpectedVersionError(
                    stream, expected_version=position - 1, actual_version=log.version
                )
            log.append(line, position)
        if not log.dirty:
            self._see_to_sync(log)

    def _see_to_sync(self, log: LogFile) -> None:
        if self._sync == "always":
            log.sync()
        elif not log.dirty:
            log.dirty = True
            if self._sync == "interval":
                keeper.submit(log.sync, delay=self._sync_interval)

    def read(self, stream: str, after: int = NO_EVENTS) -> Iterator[Event]:
        path = self.folder(stream) / LOG_NAME
        log = self._open.get(stream)
        lines = log.lines() if log is not None and log.is_deleted else lines_of(path)
        return read_events(path, lines, after, self.data_key(stream))

    def version(self, stream: str) -> int:
        if (log := self._open.get(stream)) is not None:
            return log.version
        if (folder := self._find(stream)) is None:
            return NO_EVENTS
        path = folder / LOG_NAME
        with opened(self.disk, path, os.O_RDONLY) as fd:
            return last_position(fd, whole_lines(fd), path)

    def streams(self) -> Iterator[str]:
        for log in sorted(self.root.glob(f"*/*/{LOG_NAME}")):
            stream = stream_of(log.parent)
            if stream is not None:
                self._folders[stream] = log.parent
                yield stream

    def release(self, stream: str) -> None:
        with self._lock:
            log = self._open.pop(stream, None)
        if log is None:
            return
        try:
            if self._sync != "never" and log.sync() is not None:
                log.overcome_failure()
                if (error := log.sync()) is not None:
                    raise error
        finally:
            log.close()

    def sync(self, stream: str) -> None:
        """Wait until what was appended to the stream would survive a power cut.

        Raises:
            OSError: it might not.
        """
        log = self._open.get(stream)
        if log is not None and self._sync != "never" and (error := log.sync()) is not None:
            raise error

    def signer(self) -> Signer:
        """What signs the checkpoints of the store's sessions.

        Raises:
            EarwitnessError: there is a key, and it cannot be used.
            OSError: there is none, and none could be made.
        """
        from ..keys import find_signer  # cryptography is slow to import, and readers need no key

        with self._signer_lock:
            if self._signer is None:
                name = f"earwitness-{secrets.token_hex(4)}"
                self._signer = find_signer(self.root / KEY_FOLDER, name, disk=self.disk)
            return self._signer

    @property
    def data_keys(self) -> DataKeys | None:
        """The data keys of its sessions; None if none of them was ever encrypted."""
        return self._data_keys

    def data_key(self, stream: str) -> DataKey | None:
        """What encrypts the session; None if nothing does, or its key cannot be unwrapped here.

        Raises:
            KeyringError: the keyring lacks the key that wrapped it.
            DataKeyError: what is kept of it is damaged.
        """
        if self._data_keys is None:
            return None
        return self._data_keys.find(stream)

    @property
    def has_signer(self) -> bool:
        """True if there is a key to sign with, and none would have to be made."""
        from ..keys import has_key

        return self._signer is not None or has_key(self.root / KEY_FOLDER)

    def forget(self, stream: str) -> None:
        """Let go of where a stream is: its folder was moved or removed."""
        self._folders.pop(stream, None)

    def take_over(self, stream: str) -> LogFile:
        """Hold a stream that nobody holds, be its last line whole or torn.

        Raises:
            SessionNotFoundError: there is no such stream.
            StreamHeldError: somebody holds it.
            LogFormatError: its last whole line is not an event.
        """
        path = self.folder(stream) / LOG_NAME
        with self._lock:
            if stream in self._open:
                raise held(path)
            key = self._data_keys.needed(stream) if self._data_keys else None
            self._open[stream] = log = LogFile.open(self.disk, path, torn=True)
            log.data_key = key
            return log

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
        first, events = None, 0
        for event in self.read(session_id):
            first = first or event
            events += 1
        opened_at = first.recorded_at if first else 0
        return SessionInfo(session_id, self.state(session_id), opened_at, events, folder)

    def state(self, session_id: str) -> State:
        """Whether a session is live, closed or interrupted, from its lock and its last events.

        Raises:
            SessionNotFoundError: there is no such session.
            LogFormatError: its last whole line is not an event.
        """
        path = self.folder(session_id) / LOG_NAME
        with opened(self.disk, path, os.O_RDONLY) as fd:
            if is_closed(fd, path):
                return "closed"
            if is_held(self.disk, path):
                return "live"
            # Its recorder may have closed it and left between the two looks.
            return "closed" if is_closed(fd, path) else "interrupted"

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
                key = self._data_keys.needed(stream) if self._data_keys else None
                log = LogFile.open(self.disk, folder / LOG_NAME)
                log.data_key = key
                if log.version != expected_version:
                    log.close()
                    raise WrongExpectedVersionError(
                        stream, expected_version=expected_version, actual_version=log.version
                    )
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
        key = self._data_keys.make(stream) if self._data_keys else None
        microseconds = events[0].recorded_at if events else 0
        folder = self.root / _day(microseconds) / folder_name(stream)
        # Noted before they are made: an attempt that fails leaves some of them behind. The store's
        # own in any case: whoever made them may have died before they were synced.
        missing = [path.parent for path in (folder, *folder.parents) if not path.is_dir()]
        self._new_entries |= dict.fromkeys([self.root, folder.parent, *missing])
        make_folders(self.disk, folder)
        if stream_name(folder.name) is None:
            raw = stream.encode("utf-8", "surrogatepass")
            write_durably(self.disk, folder / STREAM_FILE, raw)
        log = LogFile.create(self.disk, folder / LOG_NAME)
        for changed in self._new_entries:
            log.sync_also(changed)
        self._new_entries.clear()
        self._folders[stream] = folder
        log.data_key = key
        return log

    def _write_blobs(self, log: LogFile, events: Sequence[Event]) -> None:
        for event in events:
            if event.blob is not None and (digest := blob_digest(event)) is not None:
                path, key = blob_path(log.path.parent, digest, log.data_key), log.data_key
                for changed in make_folders(self.disk, path.parent):
                    log.sync_also(changed)
                log.sync_also(write_content(self.disk, path, event.blob, key, durably=False))


def _data_keys(
    root: Path, keyring: Keyring | None, folder: str | os.PathLike[str] | None, disk: Disk
) -> DataKeys | None:
    folder = folder or os.environ.get(KEY_FOLDER_VARIABLE) or root / KEY_FOLDER / DATA_KEY_FOLDER
    keys = Path(folder).expanduser()
    if keyring is None and not os.environ.get(KEYRING_VARIABLE) and not keys.is_dir():
        return None
    # Slow to import, and most stores are not encrypted.
    from ..encryption.datakeys import DataKeys
    from ..encryption.keyring import open_keyring

    keyring = keyring or open_keyring()
    return DataKeys(keys.absolute(), keyring, name_of=folder_name, disk=disk)


def _day(microseconds: int) -> str:
    # A clock may be wrong beyond the calendar, and the session is recorded all the same.
    seconds = min(microseconds // 1_000_000, _LAST_SECOND)
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def stream_of(folder: Path) -> str | None:
    """The stream whose folder it is, or None if it is no stream's."""
    stream = stream_name(folder.name)
    if stream is not None:
        return stream
    try:
        stream = (folder / STREAM_FILE).read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError):
        return None
    return stream if folder_name(stream) == folder.name else None
