"""The verification of a store, or of some of its sessions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ..auditlog import AuditLog
from ..exceptions import LogError
from ..integrity.checkpoint import Checkpoint
from ..integrity.vkey import VerifierKey
from ..privacy.accounts import STORE_LOG
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.names import folder_name
from ..verify import (
    Finding,
    Quorum,
    TreeHead,
    Verification,
    sealed_removals,
    survey,
    verify_session,
    verify_store_log,
)
from .formats import counted
from .options import open_existing
from .terminal import new_console
from .verify_keys import trusted_keys

_STANDARD_INPUT: Final = "-"
_SHOWN_EVERY_BYTES: Final = 1 << 18


@frozen
class Verdict:
    """What became of verifying a store.

    Attributes:
        keys: the keys that were trusted.
        own_keys: they are those that lie in the store.
        sessions: the sessions, in the order of the store.
        findings: what is wrong with the store as a whole.
        store_log: what became of verifying the store's own log; None if it was not looked at, or
            is not there.
        pruned: the folders of the sessions that the audit log knows and that were removed, as the
            store's log tells.
        audit_log: what the audit logs told; None if there was none.
        quorum: the witnesses that were trusted, and how many had to countersign.
    """

    keys: list[VerifierKey]
    own_keys: bool
    sessions: list[Verification]
    findings: list[Finding]
    store_log: Verification | None
    pruned: list[str]
    audit_log: AuditLog | None
    quorum: Quorum

    @property
    def exit_code(self) -> int:
        """0 if all is sound; 1 if something is not; 2 if something could not be read."""
        logs = [*self.sessions, *([] if self.store_log is None else [self.store_log])]
        if self.findings or any(log.findings for log in logs):
            return 1
        return 0 if all(log.sound for log in logs) else 2


def verify_store(
    folder: Path,
    names: Sequence[str],
    keys: Sequence[str],
    audit_logs: Sequence[str],
    quorum: Quorum,
) -> Verdict:
    """Verify a store.

    Args:
        folder: the store's.
        names: the sessions that are meant; all if there are none.
        keys: verifier keys, and files of them; none for the store's own.
        audit_logs: the files of audit logs, ``-`` for standard input.
        quorum: the witnesses that are trusted, and how many have to countersign.

    Raises:
        EarwitnessError: there is no such store or session, no key, or no audit log.
        OSError: a key, an audit log or the store's folder could not be read.
    """
    store = open_existing(folder)
    # Before the store: it may only know more than the audit log, never less.
    audit_log = _read_audit_logs(audit_logs) if audit_logs else None
    chosen = map(store.find, names) if names else store.streams()
    sessions = list(dict.fromkeys(chosen))
    something = sessions or keys or audit_logs or (store.root / STORE_LOG).exists()
    trusted = trusted_keys(keys, store.root) if something else []
    verified = _verify_sessions(store, sessions, trusted, audit_log, quorum)
    if names:
        return Verdict(trusted, not keys, verified, [], None, [], audit_log, quorum)
    known = {} if audit_log is None else audit_log.checkpoints
    store_log = verify_store_log(store, trusted, published=_heads(known, STORE_LOG))
    removed = sealed_removals(store_log)
    findings = survey(store, known, {key.name for key in trusted}, removed)
    gone = sorted(known.keys() & removed.keys() - set(map(folder_name, sessions)))
    return Verdict(trusted, not keys, verified, findings, store_log, gone, audit_log, quorum)


def _verify_sessions(
    store: JournalEventStore,
    sessions: Sequence[str],
    keys: Sequence[VerifierKey],
    audit_log: AuditLog | None,
    quorum: Quorum,
) -> list[Verification]:
    known = {} if audit_log is None else audit_log.checkpoints
    verified = []
    with _progress(store, sessions) as advance:
        for session_id in sessions:
            heads = _heads(known, folder_name(session_id))
            verified.append(
                verify_session(
                    store, session_id, keys, published=heads, quorum=quorum, progress=advance
                )
            )
    return verified


def _heads(known: Mapping[str, Iterable[Checkpoint]], folder: str) -> list[TreeHead]:
    return [TreeHead(each.size, each.root) for each in known.get(folder, ())]


def _read_audit_logs(names: Sequence[str]) -> AuditLog:
    audit_log = AuditLog()
    for name in names:
        if name == _STANDARD_INPUT:
            audit_log.read(sys.stdin.buffer, "standard input")
        else:
            with Path(name).expanduser().open("rb") as lines:
                audit_log.read(lines, name)
    if not audit_log.checkpoints and not audit_log.malformed:
        raise LogError(
            "The audit log tells of no checkpoint, so there is nothing to compare with.",
            where=", ".join(names),
            expected='JSON lines with {"event": "checkpoint", "origin": …, "size": …, "root": …}',
            got=f"{audit_log.lines} other lines",
            hint="structlog.processors.JSONRenderer writes such lines.",
        )
    return audit_log


@contextmanager
def _progress(store: JournalEventStore, sessions: Sequence[str]) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; what is yielded moves it on by some bytes."""
    console = new_console(stderr=True)
    said = TextColumn("{task.description}", markup=False)
    with Progress(
        *(said, BarColumn(), DownloadColumn(), TimeRemainingColumn()),
        console=console,
        transient=True,
        redirect_stdout=False,  # standard output is for what was found
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as bar:
        total = sum(_size(store.folder(session_id) / LOG_NAME) for session_id in sessions)
        task = bar.add_task(f"Verifying {counted(len(sessions), 'session')}", total=total)
        waiting = 0

        def advance(bytes: int) -> None:
            nonlocal waiting
            waiting += bytes
            if waiting >= _SHOWN_EVERY_BYTES:
                bar.advance(task, waiting)
                waiting = 0

        yield advance


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
