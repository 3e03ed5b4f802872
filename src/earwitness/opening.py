"""Which store is meant by a path, by nothing, or by a store."""

from __future__ import annotations

import os
from typing import Final, overload

from .exceptions import StoreError
from .stores import EventStore
from .stores.journal import JournalEventStore

STORE_VARIABLE: Final = "EARWITNESS_STORE"
DEFAULT_STORE: Final = "recordings"
_METHODS: Final = ("append", "read", "version", "streams", "release")


@overload
def open_store(store: str | os.PathLike[str] | None = None) -> JournalEventStore: ...
@overload
def open_store(store: EventStore | str | os.PathLike[str] | None) -> EventStore: ...
def open_store(store: EventStore | str | os.PathLike[str] | None = None) -> EventStore:
    """Open a store. The folder need not exist; the first recording makes it.

    Args:
        store: the folder of a journal; a store, which is given back as it is; or None for
            ``$EARWITNESS_STORE``, else ``./recordings``.

    Raises:
        StoreError: it is none of these.
    """
    if store is None:
        store = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
    if isinstance(store, str | os.PathLike) and os.fspath(store):
        return JournalEventStore(store)
    if not isinstance(store, str | os.PathLike) and _is_store(store):
        return store
    raise StoreError(
        "That is no store.",
        where="argument store",
        expected="a folder's name, or an object with the methods of EventStore",
        got=repr(store) if store == "" else type(store).__name__,
    )


def _is_store(store: EventStore) -> bool:
    # Asked for one by one: a store may be wrapped in something that passes on what it is asked for.
    return all(callable(getattr(store, method, None)) for method in _METHODS)
