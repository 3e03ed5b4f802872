"""The files beside a log, compared with what the log tells of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from ..audio import decrypted_name
from ..codec import blob_digest
from ..disk import opened_file
from ..events import AudioSealed, Event, RecordingRecovered, TornLine
from ..exceptions import DecryptionError
from ..stores.contents import path_of
from ..stores.reading import BLOB_FOLDER, blob_path
from .findings import Verification

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

_STEP: Final = 1 << 20
# Which of the session's files an event tells of, by its type.
_TOLD_BY: Final = {AudioSealed.TAG: "audio.*", RecordingRecovered.TAG: "torn-*"}


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
        key: opens what is encrypted, if that can be opened here.
    """

    def __init__(self, result: Verification, key: DataKey | None = None) -> None:
        self._result = result
        self._key = key
        self._folder = result.folder
        self._checked: set[tuple[str, Content]] = set()
        self._blobs: set[str] = set()

    def with_blob(self, event: Event, where: str) -> Event | None:
        """The event with its payload, if that is a blob; None if the blob is not what it was.

        Raises:
            LogFormatError: the blob's size is not one that JSON can hold.
        """
        digest = blob_digest(event)
        if digest is None:
            return event
        name = str(blob_path(self._folder, digest, self._key).relative_to(self._folder))
        content = Content(event.plain_payload["bytes"], digest)
        self._blobs.add(path_of(Path(name), self._key).name)
        if not self._is("blob", name, content, f"{where}, {name}", event.position, self._key):
            return None
        try:
            return evolve(event, blob=b"".join(self._parts(name, self._key)))
        except OSError as error:
            self._result.not_read(name, error)
            return None

    def check_beside(self, told: AudioSealed | TornLine, event: int) -> None:
        """Compare the audio, or an unfinished line cut off the log, with what an event tells."""
        rule = "audio" if isinstance(told, AudioSealed) else "torn"
        name, content = told.file, Content(told.bytes, told.sha256)
        if isinstance(told, AudioSealed) and (plain := decrypted_name(told)):
            path = self._folder / plain
            # In a disclosed copy. Its size is not told; the digest is enough.
            if path.is_file() and not (self._folder / Path(told.file).name).exists():
                name, content = plain, Content(path.stat().st_size, told.content_sha256 or "")
        self._check(rule, name, content, event)

    def check_report(self, name: str, report: bytes, closed: Content | None) -> None:
        """Compare the report with what the events fold to.

        Args:
            name: its plain name.
            report: what they fold to, all of them.
            closed: what those fold to that closed a recording which is open again.
        """
        if not self._holds(name, report):
            self._is("report", name, closed or Content.of(report), name, key=self._key)

    def _holds(self, name: str, data: bytes) -> bool:
        # A report may be as large as its log: it is compared, which is faster than to hash both.
        rest = memoryview(data)
        try:
            for part in self._parts(name, self._key):
                if rest[: len(part)] != part:
                    return False
                rest = rest[len(part) :]
        except (OSError, DecryptionError):
            return False
        return not rest

    def tell_withheld(self, event: Event) -> None:
        """Say that a file is there and cannot be compared with what is told of it."""
        pattern = _TOLD_BY.get(event.type)
        for path in sorted(self._folder.glob(pattern)) if pattern is not None else ():
            self._result.unchecked.append(f"{path.name}: event {event.position} is withheld")

    def tell_left(self, erased: Iterable[str]) -> None:
        """Say that a file is still there that was erased, or that only erased events spoke of.

        Args:
            erased: the names of files that were erased.
        """
        blobs = [path.name for path in sorted((self._folder / BLOB_FOLDER).glob("[!.]*"))]
        left = [f"{BLOB_FOLDER}/{name}" for name in blobs if name not in self._blobs]
        left += [name for name in erased if _is_name(name) and (self._folder / name).exists()]
        self._result.left += left

    def _check(self, rule: str, name: str, content: Content, event: int) -> None:
        if (name, content) in self._checked:
            return
        self._checked.add((name, content))
        if _is_name(name):
            self._is(rule, name, content, name, event)
        else:
            self._result.find("payload", f"event {event}", "a file's name", name, event=event)

    def _is(
        self,
        rule: str,
        name: str,
        content: Content,
        where: str,
        event: int | None = None,
        key: DataKey | None = None,
    ) -> bool:
        try:
            got = self._look_at(name, content, key)
        except (FileNotFoundError, ValueError):
            got = "no such file"
        except DecryptionError as error:
            got = error.got or error.what
        except OSError as error:
            self._result.not_read(name, error)
            return False
        if got != str(content):
            self._result.find(rule, where, str(content), got, event=event)
        return got == str(content)

    def _look_at(self, name: str, content: Content, key: DataKey | None = None) -> str:
        if key is not None:
            return str(Content.of(b"".join(self._parts(name, key))))
        with opened_file(self._folder / name) as file:
            size = os.fstat(file.fileno()).st_size
            if size != content.size:
                return f"{size} bytes"
            return str(Content(size, hashlib.file_digest(file, "sha256").hexdigest()))

    def _parts(self, name: str, key: DataKey | None) -> Iterator[bytes]:
        path = path_of(self._folder / name, key)
        with opened_file(path) as file:
            if key is None:
                yield from iter(lambda: file.read(_STEP), b"")
            else:
                yield from key.decrypt_file(Path(name).name, file)


def _is_name(name: str) -> bool:
    return Path(name).name == name and name not in ("", "..")
