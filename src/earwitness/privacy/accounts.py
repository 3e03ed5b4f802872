"""What is done with recordings, as the store's own log tells it: looking, holding, forgetting.

The events of that log, and the folds that answer questions from them. None of it says what was
said in a session.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from attrs import frozen

from ..codec import load
from ..events import Event

STORE_LOG: Final = "store.log"
"""The name of the log's folder, and of its place in an origin: with a full stop in it, which no
session's folder has."""


@frozen(kw_only=True)
class SessionAccessed:
    """Somebody was shown what was said in a session.

    Attributes:
        session_id: the session.
        what: how: the name of a command, or of what took its place.
        actor: who.
        purpose: what for, in their words; empty if they did not say.
    """

    TAG: ClassVar = "session_accessed"
    session_id: str
    what: str
    actor: str
    purpose: str


@frozen(kw_only=True)
class HoldPlaced:
    """From now on nothing of the session may be erased or removed.

    Attributes:
        session_id: the session.
        reason: why.
        actor: who says so.
    """

    TAG: ClassVar = "hold_placed"
    session_id: str
    reason: str
    actor: str


@frozen(kw_only=True)
class HoldReleased:
    """A hold is over.

    Attributes:
        session_id: the session.
        hold: position of the ``hold_placed`` in this log.
        reason: why.
        actor: who says so.
    """

    TAG: ClassVar = "hold_released"
    session_id: str
    hold: int
    reason: str
    actor: str


@frozen(kw_only=True)
class SessionErased:
    """Something of a session was erased; its own log says what.

    Attributes:
        session_id: the session.
        position: that of the ``payload_erased`` in the session's log.
        payloads: how many payloads.
        files: how many files.
        reason: why.
        actor: who did it.
    """

    TAG: ClassVar = "session_erased"
    session_id: str
    position: int
    payloads: int
    files: int
    reason: str
    actor: str


@frozen(kw_only=True)
class SessionPruned:
    """A session was removed from the store, folder and all, or is about to be.

    Attributes:
        session_id: the session.
        folder: the name of its folder.
        origin: the origin of its last checkpoint; empty if it had none.
        size: how many events that checkpoint covered.
        root: its root in base64; empty if there was none.
        opened_at: when the session began, microseconds since the Unix epoch.
        closed_at: when its recording was closed.
        retention: how long it was to be kept, in seconds.
        reason: why.
        actor: who did it.
    """

    TAG: ClassVar = "session_pruned"
    session_id: str
    folder: str
    origin: str
    size: int
    root: str
    opened_at: int
    closed_at: int
    retention: float
    reason: str
    actor: str


@frozen(kw_only=True)
class KeyDestroyed:
    """The data key of an encrypted session was destroyed, or is about to be.

    Attributes:
        session_id: the session.
        reason: why.
        actor: who did it.
    """

    TAG: ClassVar = "key_destroyed"
    session_id: str
    reason: str
    actor: str


ACCOUNT_EVENTS: Final[dict[str, type[Any]]] = {
    cls.TAG: cls
    for cls in (
        *(SessionAccessed, HoldPlaced, HoldReleased),
        *(SessionErased, SessionPruned, KeyDestroyed),
    )
}
"""The events of a store's own log by tag."""


@frozen
class Account:
    """One entry of a store's own log.

    Attributes:
        position: its place in that log.
        at: when, in microseconds since the Unix epoch.
        fact: what was done: one of :data:`ACCOUNT_EVENTS`.
    """

    position: int
    at: int
    fact: Any


def accounts(events: Iterable[Event], session_id: str | None = None) -> list[Account]:
    """What was done, in order; of one session if it is given.

    Raises:
        LogFormatError: a payload is not what its tag promises.
    """
    told = [
        Account(event.position, event.recorded_at, load(event, ACCOUNT_EVENTS[event.type]))
        for event in events
        if event.type in ACCOUNT_EVENTS and not event.withheld
    ]
    return [each for each in told if session_id in (None, each.fact.session_id)]


def holds(events: Iterable[Event], session_id: str | None = None) -> list[Account]:
    """The holds that are in force, on one session or on all.

    Raises:
        LogFormatError: a payload is not what its tag promises.
    """
    placed: dict[int, Account] = {}
    for account in accounts(events, session_id):
        if isinstance(account.fact, HoldPlaced):
            placed[account.position] = account
        elif isinstance(account.fact, HoldReleased):
            placed.pop(account.fact.hold, None)
    return list(placed.values())


def erasure_is_told(events: Iterable[Event], session_id: str, position: int) -> bool:
    """True if the log tells of the erasure at a position of a session's log."""
    return any(
        isinstance(account.fact, SessionErased) and account.fact.position == position
        for account in accounts(events, session_id)
    )


def pruned(events: Iterable[Event]) -> dict[str, SessionPruned]:
    """The sessions that were removed, the last account of each, by the names of their folders."""
    found = (account.fact for account in accounts(events))
    return {fact.folder: fact for fact in found if isinstance(fact, SessionPruned)}
