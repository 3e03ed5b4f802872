"""Sessions in addresses.

A session's id may be anything at all, so in an address it stands by the name of its folder, with
``!`` for the ``%`` that an address would take for its own; an id that is plain may be given as it
is.
"""

from __future__ import annotations

import re
from typing import Final

from ..stores.journal import JournalEventStore, stream_of
from ..stores.logfile import LOG_NAME
from ..stores.names import folder_name
from ..stores.sessions import not_found

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FOLDER: Final = re.compile(r"[A-Za-z0-9_!~-]{1,200}")

# What stands in the place of a session and is none; no folder's name ends with the other.
_TAKEN: Final = frozenset({"live"})
_NOT_TAKEN: Final = "~"


def segment(session_id: str) -> str:
    """What stands for a session in a path."""
    if session_id in _TAKEN:
        return f"{session_id}{_NOT_TAKEN}"
    if _PLAIN.fullmatch(session_id):
        return session_id
    return folder_name(session_id).replace("%", "!")


def resolve(store: JournalEventStore, name: str) -> str:
    """The id of the session that a part of a path stands for, already unquoted.

    Raises:
        SessionNotFoundError: it stands for none.
    """
    if name.removesuffix(_NOT_TAKEN) in _TAKEN:
        name = name.removesuffix(_NOT_TAKEN)
    if _FOLDER.fullmatch(name):
        folder = name.replace("!", "%")
        for log in store.root.glob(f"*/{folder}/{LOG_NAME}"):
            if (session_id := stream_of(log.parent)) is not None:
                return session_id
    if not store.folder(name).is_dir():
        raise not_found(name)
    return name
