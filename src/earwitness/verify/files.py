"""The files beside a log, compared with what the log tells of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from ..codec import blob_digest
from ..events import AudioSealed, Event, RecordingRecovered, TornLine
from ..stores.reading import BLOB_FOLDER
from .findings import Verification

_STEP: Final = 1 << 20
# Which of the session's files an event tells of, by its type.
_TOLD_BY: Final = {AudioSealed.TAG: "audio.*", RecordingRecovered.TAG: "torn-*"}


@contextmanager
def opened_file(path: Path) -> Iterator[BufferedReader]:
    """A file for the length of a block; what could keep its reader waiting is none.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: it cannot be read, or is no file.
        ValueError: no file can have this name.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is not a file")
        yield file


@frozen
class Content:
    """What a file should hold."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Content:
        """The content that the bytes are."""
        return cls(len(data), hashlib.sha256(data).hexdigest())

    def __str__(self) -> str:
        return f"{self.size} bytes, SHA-256 {self.sha256}"


class Files:
    """The files of one session's folder.

    Args:
        result: hears what is wrong with them.
    """

    def __init__(self, result: Verification) -> None:
        self._result = result
        self._folder = result.folder
        self._checked: set[tuple[str, Content]] = set()

    def with_blob(self, event: Event, where: str) -> Event | None:
        """The event with its payload, if that is a blob; None if the blob is not what it was.

        Raises:
            LogFormatError: the blob's size is not one that JSON can hold.
        """
        digest = blob_digest(event)
        if digest is None:
            return event
        name, content = f"{BLOB_FOLDER}/{digest}", Content(event.plain_payload["bytes"], digest)
        if not self._is("blob", name, content, f"{where}, {name}", event.position):
            return None
        try:
            with opened_file(self._folder / name) as file:
                return evolve(event, blob=file.read())
        except OSError as error:
            self._result.not_read(name, error)
            return None

    def check_audio(self, sealed: AudioSealed, event: int) -> None:
        """Compare the audio file with what was sealed of it."""
        self._check("audio", sealed.file, Content(sealed.bytes, sealed.sha256), event)

    def check_torn(self, torn: TornLine, event: int) -> None:
        """Compare an unfinished line that was cut off the log with what the log tells of it."""
        self._check("torn", torn.file, Content(torn.bytes, torn.sha256), event)

    def check_report(self, name: str, report: bytes, closed: Content | None) -> None:
        """Compare the report with what the events fold to.

        Args:
            report: what they fold to, all of them.
            closed: what those fold to that closed a recording which is open again.
        """
        if not self._holds(name, report):
            self._is("report", name, closed or Content.of(report), name)

    def _holds(self, name: str, data: bytes) -> bool:
        # A report may be as large as its log: it is compared, which is faster than to hash both.
        with suppress(OSError), opened_file(self._folder / name) as file:
            steps = range(0, len(data), _STEP)
            same = all(file.read(_STEP) == data[start : start + _STEP] for start in steps)
            return same and not file.read(1)
        return False

    def tell_withheld(self, event: Event) -> None:
        """Say that a file is there and cannot be compared with what is told of it."""
        pattern = _TOLD_BY.get(event.type)
        for path in sorted(self._folder.glob(pattern)) if pattern is not None else ():
            self._result.unchecked.append(f"{path.name}: event {event.position} is withheld")

    def _check(self, rule: str, name: str, content: Content, event: int) -> None:
        if (name, content) in self._checked:
            return
        self._checked.add((name, content))
        if Path(name).name == name and name not in ("", ".."):
            self._is(rule, name, content, name, event)
        else:
            self._result.find("payload", f"event {event}", "a file's name", name, event=event)

    def _is(
        self, rule: str, name: str, content: Content, where: str, event: int | None = None
    ) -> bool:
        try:
            got = self._look_at(name, content)
        except (FileNotFoundError, ValueError):
            got = "no such file"
        except OSError as error:
            self._result.not_read(name, error)
            return False
        if got != str(content):
            self._result.find(rule, where, str(content), got, event=event)
        return got == str(content)

    def _look_at(self, name: str, content: Content) -> str:
        with opened_file(self._folder / name) as file:
            size = os.fstat(file.fileno()).st_size
            if size != content.size:
                return f"{size} bytes"
            return str(Content(size, hashlib.file_digest(file, "sha256").hexdigest()))
