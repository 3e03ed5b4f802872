"""Which store is meant by a path, by nothing, or by a store."""

from __future__ import annotations

import os
from typing import Final, overload

from .stores import EventStore
from .stores.journal import JournalEventStore

STORE_VARIABLE: Final = "EARWITNESS_STORE"
DEFAULT_STORE: Final = "recordings"


@overload
def open_store(store: str | os.PathLike[str] | None = None) -> JournalEventStore: ...
@overload
def open_store(store: EventStore | str | os.PathLike[str] | None) -> EventStore: ...
def open_store(store: EventStore | str | os.PathLike[str] | None = None) -> EventStore:
    """Open a store. The folder need not exist; the first recording makes it.

    Args:
        store: the folder of a journal; a store, which is given back as it is; or None for
            ``$EARWITNESS_STORE``, else ``./recordings``.
    """
    if store is None:
        store = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
    return JournalEventStore(store) if isinstance(store, str | os.PathLike) else store
