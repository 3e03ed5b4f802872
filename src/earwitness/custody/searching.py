"""Finds the sessions in which a person is named."""

from __future__ import annotations

from collections.abc import Iterator

from ..exceptions import EncryptionError, LogError
from ..privacy.erasure import is_named
from ..stores.journal import JournalEventStore
from .closed import refuse_unreadable
from .erasing import is_unfinished
from .persons import names_of


def sessions_naming(
    store: JournalEventStore, subject: str
) -> Iterator[tuple[str, LogError | EncryptionError | None]]:
    """The sessions of a store in which a person is named, and those that may name them.

    These are the ones whose log cannot be read, each with the error that says why, and the ones
    in which an erasure was cut short: it may have been this person's.
    """
    names = names_of(store, subject)
    for session_id in list(store.streams()):
        try:
            events = list(store.read(session_id))
            refuse_unreadable(store, session_id, events)
            if is_named(names, events) or is_unfinished(store, session_id, events):
                yield session_id, None
        except (LogError, EncryptionError) as error:
            yield session_id, error
