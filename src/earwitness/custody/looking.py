"""Who looked: each reading of what was said in a session, told to the store's log."""

from __future__ import annotations

from ..audit import Audit
from ..privacy.accounts import Account, SessionAccessed, accounts
from ..stores.journal import JournalEventStore
from .storelog import StoreLog
from .words import check_account


def record_access(
    store: JournalEventStore,
    session_id: str,
    *,
    actor: str,
    purpose: str = "",
    what: str,
    audit: Audit = False,
) -> int:
    """Tell the store's log that somebody is shown a session. To be called before they are.

    A store that has no key to sign with is a copy that somebody was given, and nothing is written
    there.

    Args:
        store: where the session is.
        session_id: its id.
        actor: who looks.
        purpose: what for, in their words.
        what: how: a command's name, ``viewer``.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Returns:
        The entry's position.

    Raises:
        SigningKeyError: the store has no key to sign with.
        StreamHeldError: somebody else writes to the store's log and does not come to an end.
        ValueError: the actor or ``what`` is empty.
        EarwitnessError: the log cannot be read, or sealed.
        OSError: it cannot be written: the store is read-only, for one.
    """
    check_account(what, actor)
    fact = SessionAccessed(session_id=session_id, what=what, actor=actor, purpose=purpose)
    with StoreLog(store, audit=audit).locked() as log:
        return log.add(fact).position


def account_of(store: JournalEventStore, session_id: str | None = None) -> list[Account]:
    """Everything that the store's log tells, of one session or of all, the oldest first.

    Raises:
        LogError: it cannot be read.
    """
    return accounts(StoreLog(store).read(), session_id)
