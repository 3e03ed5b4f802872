"""Destroys a session's data key, so that nobody reads it again, nor any copy of it."""

from __future__ import annotations

from ..audit import Audit
from ..exceptions import DataKeyError
from ..privacy.accounts import KeyDestroyed, accounts
from ..stores.journal import JournalEventStore
from .closed import check_closed
from .holding import refuse_if_held
from .storelog import StoreLog
from .words import check_account


def destroy_key(
    store: JournalEventStore, session_id: str, *, reason: str, actor: str, audit: Audit = False
) -> None:
    """Destroy the data key of a closed session.

    The log stays, with its times, kinds and seal. It takes no key to do this: the store's log is
    told first, so that whoever is interrupted has done what it says when it is done again.

    Args:
        store: where the session is.
        session_id: its id.
        reason: why. It stays in the store's log.
        actor: who does it. That stays, too.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Raises:
        SessionNotFoundError: there is no such session.
        DataKeyError: it has no data key.
        SessionNotClosedError: it is live, or its recorder died and it was not recovered.
        SessionOnHoldError: it is on hold.
        ValueError: the reason or the actor is empty.
        EarwitnessError: the store's log cannot be read, or sealed.
        OSError: the log could not be written, or the key not be removed.
    """
    check_account(reason, actor)
    with StoreLog(store, audit=audit).locked() as log:
        entries = log.read()
        refuse_if_held(entries, session_id)
        check_closed(store, session_id)
        keys = store.data_keys
        if keys is None or not keys.exists(session_id):
            raise DataKeyError(
                "The session has no data key.",
                where=f"session {session_id!r}",
                hint="It was never encrypted, or its key was destroyed already.",
            )
        told = accounts(entries, session_id)
        if not any(isinstance(account.fact, KeyDestroyed) for account in told):
            log.add(KeyDestroyed(session_id=session_id, reason=reason, actor=actor))
        keys.destroy(session_id)
