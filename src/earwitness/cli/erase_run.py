"""Plans erasures and carries them out, in one session or in all that name a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import Factory, define, frozen

from ..background import scribe
from ..custody.erasing import erase
from ..custody.planning import Erasure
from ..custody.searching import sessions_naming
from ..exceptions import EarwitnessError
from ..stores.journal import JournalEventStore
from .recover_run import audit_logger


@frozen
class Asked:
    """What was asked for.

    Attributes:
        session: the session that is meant; None for every one that names the person.
        what: what is to be erased, as :func:`earwitness.erase` takes it.
        reason: why.
        actor: who asks.
        audit: write the audit trail to standard error.
    """

    session: str | None
    what: dict[str, Any]
    reason: str
    actor: str
    audit: bool


@define
class Erasures:
    """What became of it.

    Attributes:
        erasures: of each session, what goes or went; those with nothing to erase left out.
        refused: the sessions that could not be erased from, and why.
    """

    erasures: list[Erasure] = Factory(list)
    refused: dict[str, Exception] = Factory(dict)


def plan(store: JournalEventStore, asked: Asked) -> Erasures:
    """What would go.

    Raises:
        EarwitnessError: the session that was named is not there, or is refused.
    """
    found = Erasures()
    if asked.session is not None:
        _erase(store, asked, [store.find(asked.session)], found, dry_run=True)
        return found
    concerned = []
    for session_id, error in sessions_naming(store, asked.what["subject"]):
        if error is None:
            concerned.append(session_id)
        else:
            found.refused[session_id] = error
    _erase(store, asked, concerned, found, dry_run=True)
    return found


def carry_out(store: JournalEventStore, asked: Asked, plans: Erasures) -> Erasures:
    """Erase what was planned.

    Raises:
        EarwitnessError: the session that was named is refused.
    """
    done = Erasures(refused=dict(plans.refused))
    try:
        _erase(store, asked, [each.session_id for each in plans.erasures], done, dry_run=False)
    finally:
        scribe.flush()
    return done


def _erase(
    store: JournalEventStore,
    asked: Asked,
    sessions: Iterable[str],
    found: Erasures,
    *,
    dry_run: bool,
) -> None:
    audit = audit_logger() if asked.audit else False
    for session_id in sessions:
        try:
            erasure = erase(
                store,
                session_id,
                **asked.what,
                reason=asked.reason,
                actor=asked.actor,
                dry_run=dry_run,
                audit=audit,
            )
        except (EarwitnessError, OSError) as error:
            if asked.session is not None:
                raise
            found.refused[session_id] = error
        else:
            found.erasures += [] if erasure.empty else [erasure]
