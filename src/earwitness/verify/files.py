"""The files beside a log, compared with what the log tells of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from attrs import evolve

from ..codec import blob_digest
from ..events import AudioSealed, Event, TornLine
from ..stores.journal import BLOB_FOLDER
from .findings import Verification


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """A file for the length of a block; one that could keep its reader waiting is none.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: it cannot be read, or is no file.
        ValueError: no file can have this name.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is not a file")
        yield file


class Files:
    """The files of one session's folder.

    Args:
        result: hears what is wrong with them.
    """

    def __init__(self, result: Verification) -> None:
        self._result = result
        self._folder = result.folder
        self._checked: set[tuple[str, str]] = set()

    def with_blob(self, event: Event, where: str) -> Event | None:
        """The event with its payload, if that is a blob; None if the blob is not what it was."""
        digest = blob_digest(event)
        if digest is None:
            return event
        name, size = f"{BLOB_FOLDER}/{digest}", event.plain_payload["bytes"]
        content = self._read(name, size)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            expected = f"{name}: {size} bytes, SHA-256 {digest}"
            self._result.find("blob", where, expected, self._tell(name), event=event.position)
            return None
        return evolve(event, blob=content)

    def check_audio(self, sealed: AudioSealed, event: Event) -> None:
        """Compare the audio file with what was sealed of it."""
        self._check("audio", sealed.file, sealed.sha256, event)

    def check_torn(self, torn: TornLine, event: Event) -> None:
        """Compare an unfinished line that was cut off the log with what is told of it."""
        self._check("torn", torn.file, torn.sha256, event)

    def check_report(self, name: str, expected: bytes, *, required: bool) -> None:
        """Compare the report with the one that the events fold to."""
        if self._read(name, len(expected)) == expected:
            return
        got = self._tell(name)
        if required or got != _NO_FILE:
            told = f"{len(expected)} bytes, SHA-256 {hashlib.sha256(expected).hexdigest()}"
            self._result.find("report", name, told, got)

    def _check(self, rule: str, name: str, sha256: str, event: Event) -> None:
        if (name, sha256) in self._checked:
            return
        self._checked.add((name, sha256))
        if Path(name).name != name:
            where = f"event {event.position} ({event.type})"
            self._result.find("payload", where, "the name of a file", name, event=event.position)
        elif (got := self._tell(name)).partition("SHA-256 ")[2] != sha256:
            self._result.find(rule, name, f"SHA-256 {sha256}", got, event=event.position)

    def _read(self, name: str, size: int) -> bytes | None:
        """A file's content, or None if it is of another size or cannot be read."""
        try:
            with opened_file(self._folder / name) as file:
                found = os.fstat(file.fileno()).st_size
                return file.read() if found == size else None
        except OSError:
            return None

    def _tell(self, name: str) -> str:
        """What there is of a file."""
        try:
            with opened_file(self._folder / name) as file:
                size = os.fstat(file.fileno()).st_size
                return f"{size} bytes, SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()}"
        except (FileNotFoundError, ValueError):
            return _NO_FILE
        except OSError as error:
            return _NOT_READ.format(error.strerror or error)


_NO_FILE = "no such file"
_NOT_READ = "cannot be read: {}"
