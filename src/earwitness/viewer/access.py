"""Who looked at what, told to the store's own log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from ..custody.looking import record_access
from ..exceptions import EarwitnessError
from ..stores.journal import JournalEventStore

TOLD_EVERY_SECONDS: Final = 600.0
"""How long somebody goes on looking at a session before that is told once more."""

WHAT: Final = "viewer"


class AccessRecord(Protocol):
    """Hears of every look at what was said.

    It MUST NOT raise, and is called from several threads.
    """

    def looked(self, what: str, session_id: str, who: str) -> None:
        """Somebody looked.

        Args:
            what: the part of the session: ``page``, ``story``, ``audio``, ``log``.
            session_id: the session; empty for a search over all of them.
            who: the address that asked.
        """


class NoRecord:
    """Keeps nothing."""

    def looked(self, what: str, session_id: str, who: str) -> None:
        """Forget it."""


class StoreRecord:
    """Tells the store's log of the first look at a session, and of one every ten minutes after.

    A page asks for a dozen parts of a session while somebody reads it: that is one look.

    Args:
        store: the store.
        actor: whose viewer it is; the address that asked is told with it.
        purpose: what for, in their words.
        failed: told, once, why the log could not be.
    """

    def __init__(
        self,
        store: JournalEventStore,
        actor: str,
        purpose: str = "",
        failed: Callable[[Exception], object] = lambda _: None,
    ) -> None:
        self._store = store
        self._actor = actor
        self._purpose = purpose
        self._failed = failed
        self._told: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def looked(self, what: str, session_id: str, who: str) -> None:
        """Tell the store's log, unless it was told of this look already."""
        if not self._is_new(session_id, who):
            return
        actor = f"{self._actor} ({who})" if who else self._actor
        how = WHAT if session_id else f"{WHAT}: {what}"
        try:
            record_access(self._store, session_id, actor=actor, purpose=self._purpose, what=how)
        except (EarwitnessError, OSError, ValueError) as error:
            failed, self._failed = self._failed, lambda _: None
            failed(error)

    def _is_new(self, session_id: str, who: str) -> bool:
        now = time.monotonic()
        with self._lock:
            told = self._told.get((session_id, who))
            if told is not None and now - told < TOLD_EVERY_SECONDS:
                return False
            self._told[session_id, who] = now
            return True
