"""Removes the sessions whose time is over, folder and all.

A removal is told to the store's log first, with the session's last checkpoint; then the folder
gets a hidden name, at one stroke; then what is in it goes. Whoever was killed on the way is
followed by the next who prunes. So a session is there whole, or it is not there and the store's
log says so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from attrs import evolve

from ..audit import Audit
from ..disk import sync_folder
from ..exceptions import (
    IntegrityError,
    SessionNotClosedError,
    SessionNotFoundError,
    SessionOnHoldError,
)
from ..integrity.checkpoint import Checkpoint
from ..integrity.encoding import encode_base64
from ..integrity.note import parse_note
from ..privacy.accounts import SessionPruned, holds, pruned
from ..sealing import CHECKPOINT_NAME
from ..stores.journal import JournalEventStore
from .clearing import drop_index
from .closed import held
from .due import Candidate, look_at
from .holding import refuse_if_held
from .storelog import Entries, StoreLog
from .words import check_account

_TOMB: Final = ".{name}.pruned"
_TOMBS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/.*.pruned"


def prune(
    store: JournalEventStore,
    *,
    older_than: float | None = None,
    sessions: Collection[str] | None = None,
    reason: str = "retention",
    actor: str,
    dry_run: bool = True,
    audit: Audit = False,
) -> list[Candidate]:
    """Remove the sessions that were closed longer ago than they are to be kept.

    A session that was recorded with a retention of its own goes by that, also when what said it
    was erased. Where nobody can know any more whether it had one, since its key was destroyed or
    its opening is not in this copy, it goes by ``older_than`` if it is named, else it is kept.
    Sessions that are not closed, or on hold, are kept.

    Args:
        store: the store.
        older_than: seconds that sessions are kept which do not say; without it those are kept.
        sessions: only these; by default all of the store's.
        reason: why; it stays in the store's log.
        actor: who does it; that stays, too.
        dry_run: only find out what would go.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Returns:
        Every session that was looked at. Those that are due are gone, unless it was a dry run.

    Raises:
        SessionNotFoundError: a session that was named is not there.
        ValueError: the reason or the actor is empty.
        EarwitnessError: the store's log cannot be read, or sealed.
        OSError: not everything could be removed; what was begun is finished by doing it again.
    """
    check_account(reason, actor)
    if not dry_run:
        finish_removals(store)
    found = []
    held_back = {account.fact.session_id for account in holds(StoreLog(store).read())}
    for session_id in list(store.streams()) if sessions is None else sessions:
        try:
            candidate = look_at(
                store,
                session_id,
                older_than,
                on_hold=session_id in held_back,
                named=sessions is not None,
            )
            if candidate.due and not dry_run:
                candidate = _removed(store, candidate, StoreLog(store, audit=audit), reason, actor)
            found.append(candidate)
        except (SessionNotFoundError, FileNotFoundError):  # somebody else was quicker
            if sessions is not None:
                raise
    return found


def unfinished_removals(store: JournalEventStore) -> list[Path]:
    """What is left of sessions whose removal was cut short."""
    return [path for path in sorted(store.root.glob(_TOMBS)) if path.is_dir()]


def finish_removals(store: JournalEventStore) -> None:
    """Remove what is left of sessions whose removal was cut short.

    Raises:
        LogError: the store's log cannot be read.
        OSError: it could not be removed.
    """
    if tombs := unfinished_removals(store):
        told = pruned(StoreLog(store).read())
        sessions = {_TOMB.format(name=name): fact.session_id for name, fact in told.items()}
        for tomb in tombs:
            _bury(store, tomb, sessions.get(tomb.name))


def _removed(
    store: JournalEventStore, candidate: Candidate, log: StoreLog, reason: str, actor: str
) -> Candidate:
    try:
        _remove(store, candidate, log, reason, actor)
    except SessionNotClosedError:
        return evolve(candidate, kept_for="live")
    except SessionOnHoldError:
        return evolve(candidate, kept_for="on hold")
    return candidate


def _remove(
    store: JournalEventStore, candidate: Candidate, log: StoreLog, reason: str, actor: str
) -> None:
    session_id, folder = candidate.session_id, candidate.folder
    tomb = folder.with_name(_TOMB.format(name=folder.name))
    with log.locked() as entries:
        refuse_if_held(entries.read(), session_id)
        with held(store, session_id):
            _tell(entries, _account(candidate, reason, actor))
            store.disk.rename(folder, tomb)
            sync_folder(store.disk, folder.parent)
            store.forget(session_id)
    _bury(store, tomb, session_id)


def _tell(entries: Entries, account: SessionPruned) -> None:
    before = pruned(entries.read()).get(account.folder)
    if before is None or (before.origin, before.size, before.root) != (
        account.origin,
        account.size,
        account.root,
    ):
        entries.add(account)
    entries.seal()


def _account(candidate: Candidate, reason: str, actor: str) -> SessionPruned:
    sealed = _checkpoint(candidate.folder)
    return SessionPruned(
        session_id=candidate.session_id,
        folder=candidate.folder.name,
        origin="" if sealed is None else sealed.origin,
        size=0 if sealed is None else sealed.size,
        root="" if sealed is None else encode_base64(sealed.root),
        opened_at=candidate.opened_at,
        closed_at=candidate.closed_at,
        retention=candidate.retention or 0.0,
        reason=reason,
        actor=actor,
    )


def _checkpoint(folder: Path) -> Checkpoint | None:
    try:
        return Checkpoint.parse(parse_note((folder / CHECKPOINT_NAME).read_bytes()).text)
    except (FileNotFoundError, IntegrityError):
        return None


def _bury(store: JournalEventStore, folder: Path, session_id: str | None) -> None:
    disk = store.disk
    if session_id is not None:
        _destroy_key(store, session_id)  # first: while the folder is there somebody comes back
    drop_index(disk, store.root)
    for path in _deepest_first(folder):
        with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
            (disk.unlink if path.is_symlink() or not path.is_dir() else disk.rmdir)(path)
    with contextlib.suppress(FileNotFoundError):
        sync_folder(disk, folder.parent)
    with contextlib.suppress(OSError):  # it is not empty
        disk.rmdir(folder.parent)
        sync_folder(disk, folder.parent.parent)


def _destroy_key(store: JournalEventStore, session_id: str) -> None:
    if store.data_keys is None:
        return
    try:
        store.folder(session_id)  # of the same id, begun since: it has the key now
    except SessionNotFoundError:
        store.data_keys.destroy(session_id)


def _deepest_first(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, topdown=False):
        yield from (Path(parent, name) for name in files)
        yield from (Path(parent, name) for name in folders if Path(parent, name).is_symlink())
        yield Path(parent)
