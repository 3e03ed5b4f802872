"""What the routes of a viewer share."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, evolve, field
from starlette.requests import Request

from ..catalogue import Catalogue, Entry, Filter, Page
from ..exceptions import EarwitnessError
from ..integrity.vkey import VerifierKey
from ..keys import VERIFIER_KEY_FILE, read_verifier_keys
from ..stores.journal import KEY_FOLDER, JournalEventStore
from .access import AccessRecord, NoRecord
from .addresses import resolve
from .logs import Logs, ReadLog
from .problems import bad_parameter

_FRESH_SECONDS: Final = 0.5
_READ_SECONDS: Final = 0.15


@define
class Viewer:
    """A store that is being looked at.

    Attributes:
        store: the store.
        keys: the verifier keys that are trusted; by default those in the store, as they are when
            something is verified.
        access: hears who looks at what.
        stopping: true once the server is to stop; what goes on for long then ends.
        waiting: how many logs the catalogue has still to read.
        verifying: held by each verification, of which only so many go on at once.
    """

    store: JournalEventStore
    keys: Sequence[VerifierKey] | None = None
    access: AccessRecord = field(factory=NoRecord)
    stopping: Callable[[], bool] = lambda: False
    catalogue: Catalogue = field(init=False)
    logs: Logs = field(init=False)
    waiting: int = field(init=False, default=0)
    verifying: asyncio.Semaphore = field(init=False, factory=lambda: asyncio.Semaphore(2))
    _looked_at: float = field(init=False, default=-1.0)
    _looking: threading.Lock = field(init=False, factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.catalogue = Catalogue(self.store)
        self.logs = Logs(self.store)

    def refresh(self) -> None:
        """Bring the catalogue up to date as far as a moment allows, unless it was just done.

        What is left is read in the background.
        """
        if not self._looking.acquire(blocking=self._looked_at < 0):
            return
        try:
            if self.waiting or time.monotonic() - self._looked_at < _FRESH_SECONDS:
                return
            self.waiting = self.catalogue.refresh(seconds=_READ_SECONDS).waiting
            self._looked_at = time.monotonic()
            if self.waiting:
                threading.Thread(target=self._read_on, daemon=True).start()
        finally:
            self._looking.release()

    def _read_on(self) -> None:
        waiting = self.waiting
        try:
            while waiting and not self.stopping():
                waiting = self.waiting = self.catalogue.refresh(seconds=1.0).waiting
        except (EarwitnessError, OSError, sqlite3.Error):
            self.waiting = 0  # the next look tries again

    def page(self, asked: Filter, limit: int, after: str) -> Page:
        """A page of the list, as up to date as a moment allows.

        Raises:
            Problem: ``after`` is not of a page.
        """
        self.refresh()
        try:
            page = self.catalogue.page(asked, limit=limit, after=after)
        except ValueError:
            raise bad_parameter("after", "what a page gave as its next") from None
        return evolve(page, entries=[self._discreet(entry) for entry in page.entries])

    def entry(self, session_id: str) -> Entry | None:
        """What is known of a session, from its log as it stands."""
        self.catalogue.read(session_id)
        entry = self.catalogue.entry(session_id)
        return None if entry is None else self._discreet(entry)

    def _discreet(self, entry: Entry) -> Entry:
        """An entry that does not tell where the store's folder is."""
        if entry.damage is None:
            return entry
        return evolve(entry, damage=entry.damage.replace(f"{self.store.root}/", ""))

    def session(self, request: Request, what: str) -> str:
        """The id of the session that a request is about; that somebody looked is recorded.

        Raises:
            SessionNotFoundError: there is none.
        """
        session_id = resolve(self.store, request.path_params["session"])
        self.access.looked(what, session_id, client_of(request))
        return session_id

    def log(self, request: Request, what: str) -> ReadLog:
        """The log of the session that a request is about.

        Raises:
            SessionNotFoundError: there is none.
        """
        return self.logs.of(self.session(request, what))

    def record_search(self, request: Request) -> None:
        """Record that somebody searched through what was said."""
        self.access.looked("search", "", client_of(request))

    def trusted_keys(self) -> list[VerifierKey]:
        """The keys to verify with.

        Raises:
            SealFormatError: the store's file of keys holds something else.
        """
        if self.keys is not None:
            return list(self.keys)
        try:
            return read_verifier_keys(self.store.root / KEY_FOLDER / VERIFIER_KEY_FILE)
        except OSError:
            return []


def viewer_of(request: Request) -> Viewer:
    """The viewer that a request came to."""
    viewer: Viewer = request.app.state.viewer
    return viewer


def client_of(request: Request) -> str:
    """The address that a request came from."""
    return request.client.host if request.client else ""
