"""By which names a store knows a person: their own, and the pseudonyms that its key makes of it."""

from __future__ import annotations

from typing import Final

from ..privacy.pseudonyms import PSEUDONYM_KEY_FILE, find_pseudonyms
from ..stores.journal import KEY_FOLDER, JournalEventStore

# What an identity may have been taken for when it was replaced.
_KINDS: Final = ("identity", "room", "phone", "email")


def names_of(store: JournalEventStore, subject: str) -> tuple[str, ...]:
    """The names of a person in a store, as they stand in its logs.

    Args:
        store: the store.
        subject: the person's identity.

    Raises:
        PseudonymKeyError: the store's key for pseudonyms cannot be used.
        OSError: it cannot be read.
    """
    folder = store.root / KEY_FOLDER
    if not (folder / PSEUDONYM_KEY_FILE).exists():
        return (subject,)
    pseudonyms = find_pseudonyms(folder, disk=store.disk)
    return (subject, *(f"[{kind}:{pseudonyms.of(kind, subject)}]" for kind in _KINDS))
