"""Legal holds: while one is in force, nothing of the session is erased or removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from ..audit import Audit
from ..events import Event
from ..exceptions import SessionOnHoldError, StoreError
from ..privacy.accounts import Account, HoldPlaced, HoldReleased, holds
from ..stores.journal import JournalEventStore
from .storelog import StoreLog
from .words import check_account


def place_hold(
    store: JournalEventStore, session_id: str, *, reason: str, actor: str, audit: Audit = False
) -> int:
    """Place a hold on a session, be it live or closed.

    Args:
        store: where it is.
        session_id: its id.
        reason: why.
        actor: who says so.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Returns:
        The hold's number, by which it is released.

    Raises:
        SessionNotFoundError: there is no such session.
        ValueError: the reason or the actor is empty.
        EarwitnessError: the store's log cannot be read, or sealed.
        OSError: it could not be written.
    """
    check_account(reason, actor)
    with StoreLog(store, audit=audit).locked() as log:
        store.forget(session_id)  # it may have been removed since it was looked for
        store.folder(session_id)
        return log.add(HoldPlaced(session_id=session_id, reason=reason, actor=actor)).position


def release_hold(
    store: JournalEventStore,
    session_id: str,
    *,
    reason: str,
    actor: str,
    hold: int | None = None,
    audit: Audit = False,
) -> int:
    """Release a hold.

    Args:
        store: where the session is, or was.
        session_id: its id.
        reason: why.
        actor: who says so.
        hold: the hold's number; may be left out where there is only one.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Returns:
        The number of the hold that was released.

    Raises:
        StoreError: there is no such hold, or there are several and none was named.
        ValueError: the reason or the actor is empty.
        EarwitnessError: the store's log cannot be read, or sealed.
        OSError: it could not be written.
    """
    check_account(reason, actor)
    with StoreLog(store, audit=audit).locked() as log:
        in_force = [account.position for account in holds(log.read(), session_id)]
        if hold is None and len(in_force) == 1:
            hold = in_force[0]
        if hold not in in_force:
            raise _no_such_hold(session_id, hold, in_force)
        log.add(HoldReleased(session_id=session_id, hold=hold, reason=reason, actor=actor))
        return hold


def holds_of(store: JournalEventStore, session_id: str | None = None) -> list[Account]:
    """The holds that are in force, on one session or on all of the store's.

    Raises:
        LogError: the store's log cannot be read.
    """
    return holds(StoreLog(store).read(), session_id)


def refuse_if_held(entries: Iterable[Event], session_id: str) -> None:
    """Refuse to touch a session that is on hold.

    Raises:
        SessionOnHoldError: it is. The error says who holds it, and why.
    """
    in_force = holds(entries, session_id)
    if in_force:
        raise SessionOnHoldError(
            "The session is on hold: nothing of it may be erased or removed.",
            where=f"session {session_id!r}",
            expected="no hold",
            got="; ".join(map(_told, in_force)),
            hint="`earwitness hold SESSION --release` ends a hold.",
        )


def _told(account: Account) -> str:
    fact: HoldPlaced = account.fact
    day = dt.datetime.fromtimestamp(account.at / 1e6, dt.UTC).date()
    return f"hold {account.position} by {fact.actor} since {day}: {fact.reason}"


def _no_such_hold(session_id: str, hold: int | None, in_force: Sequence[int]) -> StoreError:
    numbers = ", ".join(map(str, in_force))
    if hold is None and in_force:
        what, hint = "More than one hold is on the session.", f"Say which: {numbers}."
    else:
        what, hint = "There is no such hold on the session.", ""
    return StoreError(
        what,
        where=f"session {session_id!r}",
        expected="one hold" if hold is None else f"hold {hold}",
        got=f"holds {numbers}" if in_force else "none",
        hint=hint,
    )
