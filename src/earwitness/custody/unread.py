"""What of a session cannot be read here, and why: it was erased, or left out, or is encrypted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from ..encryption import KEY_FOLDER_VARIABLE, KEYRING_VARIABLE
from ..events import Event, PayloadErased
from ..exceptions import DataKeyError, LogError, PayloadEncryptedError
from ..privacy.accounts import KeyDestroyed, accounts
from ..projections.reading import array, number, text, told
from ..stores.journal import JournalEventStore
from .storelog import StoreLog

_GIVE: Final = (
    f"${KEYRING_VARIABLE} says where the keys are: file:PATH, env:NAME or command:PROGRAM."
)


_ELSEWHERE: Final = (
    f"A copy may have been made without the keys; ${KEY_FOLDER_VARIABLE} says where they are kept."
)


@frozen
class Unread:
    """What cannot be read.

    Attributes:
        events: how many events were looked at.
        encrypted: how many payloads are encrypted whose key is not here.
        erased: how many were erased.
        left_out: how many were left out when this copy was made.
        untold: True if those may have been erased as well: what tells of that is encrypted.
        reasons: why there were erasures, in the words of who made them.
        key: why the encrypted ones cannot be read; empty if there are none.
        hint: what can be done about that.
    """

    events: int
    encrypted: int
    erased: int
    left_out: int
    untold: bool
    reasons: tuple[str, ...]
    key: str
    hint: str

    def sentences(self) -> list[str]:
        """All of it, for people; nothing if everything can be read."""
        sentences = []
        if self.encrypted:
            sentences.append(
                f"{self._of(self.encrypted)} encrypted. {self.key} {self.hint}".strip()
            )
        if self.erased:
            sentences.append(f"{self._of(self.erased)} erased: {'; '.join(self.reasons)}.")
        if self.left_out:
            erased = "erased, or " if self.untold else ""
            sentences.append(f"{self._of(self.left_out)} {erased}left out of this copy.")
        return sentences

    def _of(self, payloads: int) -> str:
        return f"{payloads:,} of {self.events:,} payloads {'is' if payloads == 1 else 'are'}"


def unread(
    store: JournalEventStore,
    session_id: str,
    events: Sequence[Event],
    only: int | None = None,
) -> Unread:
    """What of a session cannot be read here.

    Args:
        store: where it is.
        session_id: its id.
        events: all events of its log.
        only: look at the one at this position alone.
    """
    asked = events if only is None else events[only : only + 1]
    encrypted = sum(event.encrypted is not None for event in asked)
    withheld = {event.position for event in asked if event.withheld and event.encrypted is None}
    # Read with indulgence: an application may emit anything at all under this name.
    erasures = [payload for _, payload in told(events, {PayloadErased.TAG})]
    named = [position for each in erasures for position in array(each.get("positions"))]
    erased = withheld & {int(number(position, -1)) for position in named}
    key, hint = _why_encrypted(store, session_id) if encrypted else ("", "")
    return Unread(
        events=len(asked),
        encrypted=encrypted,
        erased=len(erased),
        left_out=len(withheld) - len(erased),
        untold=any(each.encrypted and each.type == PayloadErased.TAG for each in events),
        reasons=tuple(dict.fromkeys(text(each.get("reason")) for each in erasures)),
        key=key,
        hint=hint,
    )


def refuse_encrypted(store: JournalEventStore, session_id: str, events: Iterable[Event]) -> None:
    """Refuse to make something of a session that would look as if nothing had been said in it.

    Raises:
        PayloadEncryptedError: it is encrypted, and its key is not here, or nowhere any more.
    """
    if any(event.encrypted is not None for event in events):
        key, hint = _why_encrypted(store, session_id)
        raise PayloadEncryptedError(
            f"The session is encrypted. {key}", where=f"session {session_id!r}", hint=hint
        )


def locked(store: JournalEventStore, session_id: str) -> str:
    """Why an encrypted session cannot be read here; empty if it can.

    Raises:
        KeyringError: there is a keyring, and it lacks the session's key.
        DataKeyError: what is kept of the session's key is damaged.
    """
    if store.data_key(session_id) is not None:
        return ""
    key, hint = _why_encrypted(store, session_id)
    return f"The session is encrypted. {key} {hint}".strip()


def _why_encrypted(store: JournalEventStore, session_id: str) -> tuple[str, str]:
    keys = store.data_keys
    if keys is not None and keys.exists(session_id):
        try:
            name = keys.wrapped_by(session_id)
        except DataKeyError as error:
            return error.what, error.hint
        return f"The key {name!r}, by which its data key is wrapped, is not here.", _GIVE
    if destroyed := when_destroyed(store, session_id):
        return f"Its key was destroyed {destroyed}.", ""
    lacking = "Its data key is not in this store, and nobody told of its destruction."
    return lacking, _ELSEWHERE


def when_destroyed(store: JournalEventStore, session_id: str) -> str:
    """When, by whom and why the session's key was destroyed; empty if nobody knows of it."""
    try:
        known = accounts(StoreLog(store).read(), session_id)
    except (LogError, OSError):
        return ""
    for account in known:
        if isinstance(account.fact, KeyDestroyed):
            day = dt.datetime.fromtimestamp(account.at / 1e6, dt.UTC).date()
            return f"on {day} by {account.fact.actor}: {account.fact.reason}"
    return ""
