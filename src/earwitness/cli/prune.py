"""`earwitness prune`: remove the sessions whose time is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    StoreOption,
    open_existing,
)
from .recover import AuditOption
from .verify import SessionsArgument

if TYPE_CHECKING:
    from rich.console import Console

    from ..custody.due import Candidate

OlderThanOption = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar="PERIOD",
        help="How long sessions are kept that do not say, from their close: 183d, 6y.",
        show_default=False,
    ),
]
DoItOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do it. Without this nothing is removed.")
]
RemovalReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for the store's log.")
]


def prune(
    sessions: SessionsArgument = None,
    older_than: OlderThanOption = None,
    yes: DoItOption = False,
    reason: RemovalReasonOption = "retention",
    actor: ActorOption = None,
    audit: AuditOption = False,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Remove sessions that were kept as long as they are to be.

    Without --yes it shows which these are, and changes nothing.
    """
    from ..background import scribe
    from ..custody.pruning import prune as prune_each
    from ..custody.pruning import unfinished_removals
    from ..privacy.retention import seconds_of
    from .looking import who, why
    from .recover_run import audit_logger
    from .terminal import new_console, print_json

    opened = open_existing(store)
    unfinished = len(unfinished_removals(opened))
    try:
        candidates = prune_each(
            opened,
            older_than=seconds_of(older_than, "--older-than"),
            sessions=[opened.find(name) for name in sessions] if sessions else None,
            reason=why(reason),
            actor=who(actor) if yes else "nobody",
            dry_run=not yes,
            audit=audit_logger() if audit else False,
        )
    finally:
        scribe.flush()
    if json:
        print_json(_document(candidates, unfinished, yes))
    else:
        _print(new_console(), candidates, unfinished, yes)


def _document(candidates: Sequence[Candidate], unfinished: int, done: bool) -> dict[str, Any]:
    return {
        "done": done,
        "unfinished": unfinished,
        "due": [_member(each) for each in candidates if each.due],
        "kept": [_member(each) | {"for": each.kept_for} for each in candidates if not each.due],
        "warnings": _warnings(candidates),
    }


def _member(candidate: Candidate) -> dict[str, Any]:
    return {
        "session_id": candidate.session_id,
        "opened_at": candidate.opened_at / 1e6 or None,
        "closed_at": candidate.closed_at / 1e6 or None,
        "retention": candidate.retention,
        "bytes": candidate.bytes,
    }


def _print(console: Console, candidates: Sequence[Candidate], unfinished: int, done: bool) -> None:
    from ..privacy.retention import in_words
    from .formats import counted, local_time, size
    from .terminal import named, new_table, print_table, styled

    due = [candidate for candidate in candidates if candidate.due]
    table = new_table("session", "closed", "kept for", "size")
    for each in due:
        period = in_words(each.retention or 0)
        name = named(each.session_id)
        table.add_row(name, local_time(each.closed_at), period, size(each.bytes))
    print_table(console, table, indent=0)
    kept = Counter(candidate.kept_for for candidate in candidates if not candidate.due)
    reasons = ", ".join(f"{amount:,} {why}" for why, amount in sorted(kept.items()))
    console.print(f"{_said(len(due), done)} Kept: {reasons or 'none'}.")
    if unfinished:
        told = "Finished" if done else "To be finished"
        console.print(f"{told}: {counted(unfinished, 'removal')} cut short before.")
    for warning in _warnings(candidates):
        console.print(styled(warning, "yellow"))


def _said(due: int, done: bool) -> str:
    from .formats import counted

    if done:
        return f"Removed {counted(due, 'session')}."
    return f"{counted(due, 'session')} to remove; --yes does it." if due else "Nothing to remove."


def _warnings(candidates: Sequence[Candidate]) -> list[str]:
    from ..privacy.retention import FLOORS
    from .formats import counted

    due = [candidate.retention or 0.0 for candidate in candidates if candidate.due]
    found = []
    for floor in FLOORS:
        if below := sum(retention < floor.seconds for retention in due):
            found.append(
                f"{counted(below, 'session')} kept for less than {floor.words}: {floor.law}."
            )
    return found
