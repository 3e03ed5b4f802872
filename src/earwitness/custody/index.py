"""The index of what was said, told that something must not be found in it any more."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3

from ..catalogue.database import INDEX_FOLDER
from ..exceptions import SessionNotFoundError
from ..stores.journal import JournalEventStore


def forget_in_index(store: JournalEventStore, session_id: str) -> None:
    """Have the store's index hold no more of a session than the session itself does.

    The index is derived: where that cannot be done it is removed, and made anew when it is needed.

    Raises:
        OSError: nor can it be removed.
    """
    folder = store.root / INDEX_FOLDER
    if not folder.is_dir():
        return
    from ..catalogue import Catalogue

    try:
        with contextlib.closing(Catalogue(store)) as catalogue:
            try:
                catalogue.read(session_id)
            except SessionNotFoundError:  # it was removed from the store
                catalogue.refresh()
    except sqlite3.Error:
        shutil.rmtree(folder)
