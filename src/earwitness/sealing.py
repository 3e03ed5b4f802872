"""Seals a log as it grows: a signed tree head over all of its events, again and again.

The order is always the same: the log is brought to the disk, then the tree head is signed, then
the checkpoint is written durably, and only then the audit trail hears of it. So a checkpoint that
anybody has seen never speaks of an event that a power cut could still take away.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from .audit import AuditTrail
from .background import Job, breathing
from .codec import withheld_line
from .disk import write_durably
from .events import Event
from .integrity.checkpoint import Checkpoint, sign_checkpoint
from .integrity.merkle import Tree
from .integrity.signer import Signer
from .stores import FolderStore
from .stores.logfile import CHECKPOINT_NAME as CHECKPOINT_NAME
from .stores.names import folder_name

CHECKPOINT_SECONDS: Final = 5.0
"""How long after an event, at the latest, a checkpoint is begun that covers it."""
APART_SECONDS: Final = 2.0
"""How long after another a checkpoint is begun at the earliest, however often one is asked for."""
_AT_ONCE: Final = 64
_MANY_WAITING: Final = 512
_MOST_WAITING: Final = 4096


def origin_of(key_name: str, session_id: str) -> str:
    """The origin of a session's checkpoints: the key's name, and the session's as its folder's."""
    return f"{key_name}/{folder_name(session_id)}"


class Seal:
    """The seal of one log that is being written.

    Args:
        store: where the log is.
        session_id: its stream.
        signer: called when the first checkpoint is due; may make a key, or ask a service.
        audit: hears of each checkpoint.
        aside: has a job done on another thread, in so many seconds: what is to be done while the
            log grows. Without it, a checkpoint is written only when one is asked for.
        tree: the tree of the events that the log has already.
        sealed_size: how many of them a checkpoint covers.
    """

    def __init__(
        self,
        store: FolderStore,
        session_id: str,
        signer: Callable[[], Signer],
        audit: AuditTrail,
        *,
        aside: Callable[[Job, float], object] = lambda *_: None,
        tree: Tree | None = None,
        sealed_size: int = 0,
    ) -> None:
        self._store = store
        self._session_id = session_id
        self._find_signer = signer
        self._audit = audit
        self._aside = aside
        self._tree = tree or Tree()
        self._told = self._tree.size
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._growing = threading.Lock()
        self._making_room = False
        self._sealing = threading.Lock()
        self._sealed_size = sealed_size
        self._due = False
        self._asked = False
        self._begun_at = -APART_SECONDS
        self._failing = False
        self._ended = False

    def add(self, position: int, leaf: bytes) -> None:
        """Take in the leaf of an event that the log has by now.

        It is hashed when the next checkpoint is due, on the thread that writes it: here it would
        cost each event more than its commitment does.
        """
        self._waiting.append((position, leaf))
        if not self._due:
            self._due = True
            self._aside(self.try_seal, CHECKPOINT_SECONDS)
        if len(self._waiting) >= _MANY_WAITING:
            self._make_room()

    def ask(self) -> float | None:
        """Ask for a checkpoint soon.

        Returns:
            In how many seconds it is to be seen to; None if somebody does already.
        """
        if self._asked:
            return None
        self._asked = True
        return max(0.0, self._begun_at + APART_SECONDS - time.monotonic())

    def add_all(self, events: Iterable[Event]) -> None:
        """Take in events that the log has by now, in order."""
        for event in events:
            self.add(event.position, withheld_line(event))

    def _make_room(self) -> None:
        if not self._making_room:
            self._making_room = True
            self._aside(self._hash_waiting, 0.0)
        # Nobody comes to it: the disk is slow, say. Not waited for: a signal handler may have
        # interrupted this very thread in there.
        elif len(self._waiting) >= _MOST_WAITING and self._growing.acquire(blocking=False):
            try:
                self._grow()
            finally:
                self._growing.release()

    def _hash_waiting(self) -> None:
        self._making_room = False
        for _ in breathing(range(0, len(self._waiting), _AT_ONCE)):
            with self._growing:
                self._grow()

    def _grow(self) -> None:
        # A signal handler that raises must leave the tree as it was, and what waits still waiting.
        tree, waiting = self._tree.copy(), [*islice(self._waiting, _AT_ONCE)]
        leaves: list[bytes] = []
        for position, leaf in waiting:
            if position == tree.size + len(leaves):
                leaves.append(leaf)
            self._told = position + 1
        tree.extend(leaves)
        self._tree = tree
        for _ in waiting:
            self._waiting.popleft()

    def seal(self) -> Checkpoint | None:
        """Write a checkpoint over all events taken in; None if there is nothing new to seal.

        Raises:
            OSError: the log or the checkpoint could not be brought to the disk; the checkpoint
                before stands.
            Exception: whatever the signer raises.
        """
        with self._sealing:
            self._due = self._asked = False
            self._begun_at = time.monotonic()
            self._hash_waiting()
            with self._growing:
                self._grow()
                if self._tree.size < self._told:  # a signal handler kept an event from us
                    self._catch_up()
                size, root = self._tree.size, self._tree.root()
            if self._ended or size <= self._sealed_size:
                return None
            self._store.sync(self._session_id)
            signer = self._find_signer()
            checkpoint = Checkpoint(origin_of(signer.name, self._session_id), size, root)
            path = self._store.folder(self._session_id) / CHECKPOINT_NAME
            write_durably(self._store.disk, path, sign_checkpoint(checkpoint, signer))
            self._sealed_size = size
        encoded = base64.b64encode(root).decode("ascii")
        self._audit.tell("checkpoint", origin=checkpoint.origin, size=size, root=encoded)
        return checkpoint

    def _catch_up(self) -> None:
        tree = self._tree.copy()
        for event in self._store.read(self._session_id, after=tree.size - 1):
            tree.append(withheld_line(event))
        self._tree = tree

    def try_seal(self) -> None:
        """As :meth:`seal`, but a failure is told to the audit trail, once until it is over."""
        try:
            self.seal()
        except Exception as error:
            if not self._failing:
                name = type(error).__name__
                self._audit.tell("checkpoint_failed", level="error", error=name)
            self._failing = True
        else:
            self._failing = False

    def end(self) -> None:
        """Seal no more, also where that was seen to already: the log is somebody else's now."""
        with self._sealing:
            self._ended = True
