"""`earwitness erase`: take out of a recording what has to be forgotten."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    ReasonOption,
    StoreOption,
    YesOption,
    open_existing,
)
from .recover import AuditOption

OneSessionArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SESSION",
        help="Its id, any unique beginning of it, or `last`.",
        show_default=False,
    ),
]
EventOption = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="N,M",
        help="Erase these events, by their positions. Repeatable.",
        show_default=False,
    ),
]
PartyOption = Annotated[
    str | None,
    typer.Option(
        "--party",
        metavar="PARTY",
        help="Erase all that the user, or the agent, said, and the audio.",
        show_default=False,
    ),
]
AudioOption = Annotated[bool, typer.Option("--audio", help="Erase the audio.")]
SubjectOption = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="IDENTITY",
        help="Erase a person: in every session that names them, all that the user said.",
        show_default=False,
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")
]


def erase(
    session: OneSessionArgument = None,
    event: EventOption = None,
    party: PartyOption = None,
    audio: AudioOption = False,
    subject: SubjectOption = None,
    reason: ReasonOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    audit: AuditOption = False,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Erase what was said, for good. What is left is still proven.

    Exits with 1 if a session was refused, with --subject.
    """
    what = _what(event, party, audio, subject)
    if session is None and subject is None:
        raise typer.BadParameter("Name a session, or a person with --subject.")
    from .erase_page import erasures, print_done, print_plans
    from .erase_run import Asked, carry_out, plan
    from .looking import who, why
    from .terminal import new_console, print_json

    told = ("a dry run", "nobody") if dry_run else (why(reason), who(actor))
    asked = Asked(session, what, *told, audit)
    opened = open_existing(store)
    found = plan(opened, asked)
    if not json:
        print_plans(new_console(), found)
    if not dry_run:
        if found.erasures:
            confirm("Erase this for good?", yes, asking=not json)
        plans, found = found, carry_out(opened, asked, found)
        if not json:
            print_done(new_console(), found, plans)
    if json:
        print_json(erasures(found, done=not dry_run))
    raise typer.Exit(int(bool(found.refused)))


def confirm(question: str, yes: bool, *, asking: bool = True) -> None:
    """Ask whether something is to be done that cannot be undone, unless the answer is known.

    Raises:
        StoreError: nobody is there to be asked.
        typer.Exit: the answer is no.
    """
    from ..exceptions import StoreError

    if yes:
        return
    if not asking or not sys.stdin.isatty():
        raise StoreError(
            "This cannot be undone, and nobody is there to be asked.",
            hint="--yes does it without asking.",
        )
    if not typer.confirm(question):
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)


def _what(
    event: list[str] | None, party: str | None, audio: bool, subject: str | None
) -> dict[str, Any]:
    if not (event or party or audio or subject):
        raise typer.BadParameter("Say what is to go: --event, --party, --audio or --subject.")
    if party not in (None, "user", "agent"):
        raise typer.BadParameter("--party is user or agent.")
    if subject is not None and not subject.strip():
        raise typer.BadParameter("--subject names nobody.")
    positions = [_positions(text) for text in event or []]
    return {
        "events": {position for some in positions for position in some},
        "party": party,
        "audio": audio,
        "subject": subject,
    }


def _positions(text: str) -> list[int]:
    if re.fullmatch(r"\d{1,19}(,\d{1,19})*", text, re.ASCII) is None:
        raise typer.BadParameter("--event takes positions with commas between them: 4,17,18.")
    return [int(position) for position in text.split(",")]
