"""The store's own log, on disk: what was done with its recordings, sealed like a recording.

::

    <root>/store.log/log.jsonl     as a session's, one event an entry
                    /checkpoint    its seal; the origin ends in /store.log, as no session's does
                    /tree.json     the tree so far, so that an entry costs no reading of the others

Any number of processes write to it, one at a time, each holding the log's lock for as long as its
entry takes, or as long as nobody else may place a hold. An entry is on the disk and sealed before
it counts. What a writer that was killed left unfinished was told to nobody, and is cut off.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..audit import Audit, AuditTrail
from ..codec import decode_line, dump, encode_line, new_event, withheld_line
from ..disk import make_folders, opened, sync_folder, write_all, write_durably, write_soon
from ..events import Event
from ..exceptions import LogFormatError, SigningKeyError, StreamHeldError
from ..integrity.checkpoint import Checkpoint, sign_checkpoint
from ..integrity.encoding import encode_base64
from ..integrity.merkle import Tree
from ..integrity.note import parse_note
from ..keys import KEY_VARIABLE
from ..privacy.accounts import STORE_LOG
from ..sealing import CHECKPOINT_NAME
from ..stores.journal import KEY_FOLDER, JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.reading import read_log
from ..stores.tail import last_position, whole_lines

PATIENCE_SECONDS: Final = 10.0
"""How long is waited for another writer of the store's log."""

_TREE_NAME: Final = "tree.json"
_LOOK_AGAIN_SECONDS: Final = 0.01


class StoreLog:
    """The log of one store.

    Args:
        store: the store.
        audit: hears of each checkpoint; see :mod:`earwitness.audit`.
    """

    def __init__(self, store: JournalEventStore, *, audit: Audit = False) -> None:
        self._store = store
        self._disk = store.disk
        self._audit = AuditTrail(audit)
        self.folder = store.root / STORE_LOG
        self.path = self.folder / LOG_NAME

    def read(self) -> list[Event]:
        """Its entries; none if nothing was ever done.

        Raises:
            LogError: it cannot be read.
        """
        try:
            return list(read_log(self.path))
        except FileNotFoundError:
            return []

    @contextlib.contextmanager
    def locked(self, patience: float = PATIENCE_SECONDS) -> Iterator[Entries]:
        """Keep everybody else from writing to it for the length of a block.

        Args:
            patience: seconds to wait for who is writing.

        Raises:
            SigningKeyError: the store has no key to sign with: it is a copy that somebody was
                given. None is made here, since nobody would know it.
            StreamHeldError: they were not done by then.
            LogFormatError: its last line is no event.
            OSError: it cannot be written to.
        """
        if not self._store.has_signer:
            raise SigningKeyError(
                "The store has no key to sign with.",
                where=str(self._store.root / KEY_FOLDER),
                hint=f"A copy of a store has none. ${KEY_VARIABLE} names a key kept elsewhere.",
            )
        folders = make_folders(self._disk, self.folder)
        with opened(self._disk, self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as fd:
            self._wait_for_lock(fd, time.monotonic() + patience)
            for changed in [*folders, *([] if os.fstat(fd).st_size else [self.folder])]:
                sync_folder(self._disk, changed)
            yield Entries(self._store, self.path, fd, self._audit)

    def _wait_for_lock(self, fd: int, deadline: float) -> None:
        while not self._disk.try_lock(fd):
            if time.monotonic() > deadline:
                raise StreamHeldError(
                    "Another process is writing to the store's log.",
                    where=str(self.path),
                    hint="Try again when it is done.",
                )
            time.sleep(_LOOK_AGAIN_SECONDS)


class Entries:
    """The store's log, while nobody else may write to it."""

    def __init__(self, store: JournalEventStore, path: Path, fd: int, audit: AuditTrail) -> None:
        self._store = store
        self._disk = store.disk
        self._path = path
        self._fd = fd
        self._audit = audit

    def read(self) -> list[Event]:
        """Its entries so far.

        Raises:
            LogError: it cannot be read.
        """
        return list(read_log(self._path))

    def add(self, fact: Any) -> Event:
        """Write an entry; it is on the disk and sealed when this returns.

        Raises:
            LogFormatError: the log is not what its checkpoint sealed; nothing was written.
            OSError: the entry could not be written, or not be sealed; it may be there unsealed.
            Exception: whatever the signer raises.
        """
        end = self._cut()
        tree = self._tree(end)
        position = last_position(self._fd, end, self._path) + 1
        event = new_event(position, time.time_ns() // 1000, *dump(fact))
        line = encode_line(event)
        write_all(self._disk, self._fd, line)
        self._disk.fdatasync(self._fd)
        tree.append(withheld_line(event))
        self._seal(tree, end + len(line))
        return event

    def seal(self) -> None:
        """Seal what a writer that was killed had written and not sealed.

        Raises:
            As :meth:`add`.
        """
        end = self._cut()
        tree = self._tree(end)
        if tree.size > self._sealed().size:
            self._disk.fdatasync(self._fd)
            self._seal(tree, end)

    def _cut(self) -> int:
        """Cut off what a writer that was killed left unfinished; returns where the log ends."""
        end = whole_lines(self._fd)
        if end < os.fstat(self._fd).st_size:
            self._disk.truncate(self._fd, end)
        return end

    def _seal(self, tree: Tree, end: int) -> None:
        signer = self._store.signer()
        checkpoint = Checkpoint(f"{signer.name}/{STORE_LOG}", tree.size, tree.root())
        path = self._path.with_name(CHECKPOINT_NAME)
        write_durably(self._disk, path, sign_checkpoint(checkpoint, signer))
        self._remember(tree, end)
        root = encode_base64(checkpoint.root)
        self._audit.tell("checkpoint", origin=checkpoint.origin, size=checkpoint.size, root=root)

    def _tree(self, end: int) -> Tree:
        """The tree over the log's first ``end`` bytes, which begins with what was sealed."""
        sealed = self._sealed()
        tree, start = self._remembered(sealed, end)
        with self._path.open("rb") as log:
            log.seek(start)
            for line in log.read(end - start).split(b"\n")[:-1]:
                where = f"{self._path}, event {tree.size}"
                tree.append(withheld_line(decode_line(line, where=where)))
                if tree.size == sealed.size and tree.root() != sealed.root:
                    raise self._not_as_sealed(sealed, tree)
        if tree.size < sealed.size:
            raise self._not_as_sealed(sealed, tree)
        return tree

    def _sealed(self) -> Checkpoint:
        try:
            note = parse_note(self._path.with_name(CHECKPOINT_NAME).read_bytes())
        except FileNotFoundError:
            return Checkpoint("none", 0, Tree().root())
        return Checkpoint.parse(note.text)

    def _remembered(self, sealed: Checkpoint, end: int) -> tuple[Tree, int]:
        """The tree as it was sealed, and how many bytes it is of; an empty one if unsure."""
        try:
            told = json.loads(self._path.with_name(_TREE_NAME).read_bytes())
            tree = Tree(told["size"], [bytes.fromhex(root) for root in told["subtrees"]])
            known = (tree.size, tree.root()) == (sealed.size, sealed.root)
            if known and 0 <= told["bytes"] <= end:
                return tree, int(told["bytes"])
        except (OSError, ValueError, LookupError, TypeError):
            pass
        return Tree(), 0

    def _remember(self, tree: Tree, end: int) -> None:
        subtrees = [root.hex() for root in tree.subtrees]
        told = {"size": tree.size, "bytes": end, "subtrees": subtrees}
        with contextlib.suppress(OSError):  # the next entry reads the log instead
            path = self._path.with_name(_TREE_NAME)
            write_soon(self._disk, path, json.dumps(told).encode())

    def _not_as_sealed(self, sealed: Checkpoint, tree: Tree) -> LogFormatError:
        return LogFormatError(
            "The store's log is not what its checkpoint sealed.",
            where=str(self._path),
            expected=f"{sealed.size} events with root {sealed.root.hex()}",
            got=f"{tree.size} events with root {tree.root().hex()}",
            hint="`earwitness verify` says more. Nothing was changed.",
        )
