"""`earwitness ls`: which sessions a store holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .looking import note_access
from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    PurposeOption,
    StoreOption,
    open_existing,
)
from .times import parse_duration, parse_time

if TYPE_CHECKING:
    from ..catalogue import Catalogue, Filter, Progress

_SHOWN: Final = 50
_ALL: Final = 1 << 40
_WORTH_TELLING: Final = 500  # logs, which take about a second

SearchOption = Annotated[
    str | None,
    typer.Option(
        "--search",
        metavar="TEXT",
        help="Only those in which somebody said these words in one line; the line is shown.",
        show_default=False,
    ),
]
SinceOption = Annotated[
    float | None,
    typer.Option(
        parser=parse_time,
        metavar="TIME",
        help="Only those that began then or later: 2026-11-23, 2026-11-23T16:30, or 24h ago.",
        show_default=False,
    ),
]
UntilOption = Annotated[
    float | None,
    typer.Option(
        parser=parse_time,
        metavar="TIME",
        help="Only those that began earlier.",
        show_default=False,
    ),
]
AgentOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only those of this agent.", show_default=False),
]
RoomOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only those in this room.", show_default=False),
]
ReasonOption = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Only those closed for this.", show_default=False),
]
StateOption = Annotated[
    str | None,
    typer.Option(
        metavar="STATE",
        help="Only those that are live, closed, interrupted or damaged.",
        show_default=False,
    ),
]
ErrorsOption = Annotated[bool, typer.Option("--errors", help="Only those in which a model failed.")]
TagOption = Annotated[
    list[str] | None,
    typer.Option(metavar="TAG", help="Only those with this tag. Repeatable.", show_default=False),
]
MinDurationOption = Annotated[
    float | None,
    typer.Option(
        parser=parse_duration,
        metavar="DURATION",
        help="Only those that took at least so long: 90, 90s, 2m.",
        show_default=False,
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help=f"At most so many; by default {_SHOWN}, and all with --json.",
        show_default=False,
    ),
]


def ls(
    search: SearchOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    agent: AgentOption = None,
    room: RoomOption = None,
    reason: ReasonOption = None,
    state: StateOption = None,
    errors: ErrorsOption = False,
    tag: TagOption = None,
    min_duration: MinDurationOption = None,
    limit: LimitOption = None,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """List the sessions of a store, newest first; find some of them."""
    from ..catalogue import Catalogue, Filter

    asked = Filter(
        since=since,
        until=until,
        state=state,
        agent=agent,
        room=room,
        reason=reason,
        errors=errors or None,
        tags=tuple(tag or ()),
        min_seconds=min_duration,
        search=search,
    )
    opened = open_existing(store)
    catalogue = Catalogue(opened)
    _read_news(catalogue)
    if search:
        note_access(opened, "", "search", actor, purpose)
    page = catalogue.page(asked, limit=limit or (_ALL if json else _SHOWN))
    _tell_encrypted(catalogue, asked)
    if json:
        from .documents import listed
        from .terminal import print_json

        sessions = [listed(entry, opened.root) for entry in page.entries]
        print_json({"sessions": sessions, "total": page.total})
        return
    from .overview import print_overview
    from .terminal import new_console

    console = new_console()
    if page.entries:
        print_overview(console, page)
    elif asked == Filter():
        console.print(f"No sessions in {store} yet. Try `earwitness demo`.")
    else:
        console.print("No session is like that.")


def _tell_encrypted(catalogue: Catalogue, asked: Filter) -> None:
    """Where it is asked for what happened, say on standard error where nobody looked."""
    from ..catalogue import Filter

    if asked == Filter(since=asked.since, until=asked.until, state=asked.state):
        return
    if amount := catalogue.encrypted(asked):
        from .formats import counted

        told = f"Not looked into, being encrypted: {counted(amount, 'session')}."
        typer.echo(told, err=True)


def _read_news(catalogue: Catalogue) -> None:
    """Bring the catalogue up to date; on a terminal, say how far that is if it takes a while."""

    def tell(progress: Progress) -> None:
        total = progress.read + progress.waiting
        if total >= _WORTH_TELLING and sys.stderr.isatty():
            said = f"\rRead {progress.read:,} of {total:,} logs"
            typer.echo(said, err=True, nl=not progress.waiting)

    catalogue.refresh(progress=tell)
