"""What a witness remembers, durably: of each log, the last checkpoint that it countersigned.

::

    <folder>/cosigner.key           the vkey of its countersignatures, to be given to verifiers
    <folder>/logs/<origin's hash>   the note of that checkpoint, with its countersignature
    <folder>/.lock                  held while one log's memory is read and renewed
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..disk import Disk, make_folders, opened, sync_folder, write_durably
from ..exceptions import IntegrityError, StoreError
from ..integrity.checkpoint import Checkpoint
from ..integrity.cosignature import CosignerKey, verify_cosignatures
from ..integrity.merkle import EMPTY_ROOT
from ..integrity.note import Note, parse_note

COSIGNER_KEY_FILE: Final = "cosigner.key"
LOG_FOLDER: Final = "logs"
LOCK_NAME: Final = ".lock"


class Memory:
    """The memory of one witness. Threads and processes may share its folder.

    Args:
        folder: where it is; made if it is not there.
        key: the witness's key; the folder is its own from now on.
        disk: the system calls.

    Raises:
        StoreError: the folder belongs to another key.
        OSError: it could not be made.
    """

    def __init__(self, folder: Path, key: CosignerKey, disk: Disk) -> None:
        self._folder = folder
        self._key = key
        self._disk = disk
        for changed in make_folders(disk, folder / LOG_FOLDER):
            sync_folder(disk, changed)
        with self.locked():
            self._claim()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from remembering anything for the length of a block."""
        with locked(self._disk, self._folder / LOCK_NAME):
            yield

    def latest(self, origin: str) -> tuple[Checkpoint, int]:
        """A log's last checkpoint, and the POSIX time of its countersignature.

        That of a log never heard of is the empty tree's, and its time 0.

        Raises:
            StoreError: what is remembered is damaged, or not the witness's own.
            OSError: it could not be read.
        """
        data = self.note(origin_hash(origin))
        if data is None:
            return Checkpoint(origin, 0, EMPTY_ROOT), 0
        try:
            note = parse_note(data)
            checkpoint = Checkpoint.parse(note.text)
            time = verify_cosignatures(note, [self._key]).get(self._key)
        except IntegrityError:
            time = None
        if time is None or checkpoint.origin != origin:
            raise StoreError(
                "What the witness remembers of a log does not bear its signature.",
                where=str(self._path(origin_hash(origin))),
                expected=f"a checkpoint of {origin}, countersigned by {self._key}",
                hint="Restore the file. Without it the witness would not know what it has seen.",
            )
        return checkpoint, time

    def note(self, origin_hash: str) -> bytes | None:
        """The note of a log's last checkpoint, by :func:`origin_hash`; None if there is none.

        Raises:
            OSError: it could not be read.
        """
        try:
            return self._path(origin_hash).read_bytes()
        except FileNotFoundError:
            return None

    def renew(self, origin: str, note: Note) -> None:
        """Remember another checkpoint in place of the last; on disk when this returns.

        Raises:
            OSError: it might not be; then the countersignature must not be given away.
        """
        write_durably(self._disk, self._path(origin_hash(origin)), note.format())

    def _path(self, origin_hash: str) -> Path:
        return self._folder / LOG_FOLDER / origin_hash

    def _claim(self) -> None:
        path, line = self._folder / COSIGNER_KEY_FILE, f"{self._key}\n"
        if not path.exists():
            write_durably(self._disk, path, line.encode())
        elif path.read_text("utf-8", errors="replace") != line:
            raise StoreError(
                "The folder belongs to another witness.",
                where=str(path),
                expected=str(self._key),
                got="another key",
                hint="What a witness remembers counts for its own key only.",
            )


def origin_hash(origin: str) -> str:
    """The SHA-256 of a log's origin in lower-case hex.

    C2SP tlog-witness, section "Monitor Retrieval Mechanism".
    """
    return hashlib.sha256(origin.encode()).hexdigest()


@contextlib.contextmanager
def locked(disk: Disk, path: Path) -> Iterator[None]:
    """Hold a lock file for the length of a block, against threads and processes alike."""
    with opened(disk, path, os.O_RDWR | os.O_CREAT) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
