"""`earwitness hold`: keep a session from being erased or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .erase import OneSessionArgument
from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    ReasonOption,
    StoreOption,
    open_existing,
)

if TYPE_CHECKING:
    from rich.table import Table

    from ..privacy.accounts import Account
    from ..stores.journal import JournalEventStore

ReleaseOption = Annotated[bool, typer.Option("--release", help="End a hold.")]
NumberOption = Annotated[
    int | None,
    typer.Option(
        "--number",
        metavar="N",
        help="Which hold is to end, where a session has several.",
        show_default=False,
    ),
]


def hold(
    session: OneSessionArgument = None,
    release: ReleaseOption = False,
    number: NumberOption = None,
    reason: ReasonOption = None,
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Hold a session: nothing of it may be erased or removed. Without one, list the holds."""
    from .terminal import new_console, print_json, print_table

    if session is None and (release or reason):
        raise typer.BadParameter("Name the session.")
    if number is not None and not release:
        raise typer.BadParameter("--number goes with --release.")
    opened = open_existing(store)
    if session is not None:
        _change(opened, session, release, number, reason, actor)
    from ..custody.holding import holds_of

    in_force = holds_of(opened)
    if json:
        print_json({"holds": [_document(account) for account in in_force]})
    elif in_force:
        print_table(new_console(), _table(in_force), indent=0)
    else:
        new_console().print("No session is on hold.")


def _change(
    store: JournalEventStore,
    session: str,
    release: bool,
    number: int | None,
    reason: str | None,
    actor: str | None,
) -> None:
    from ..custody.holding import place_hold, release_hold
    from .looking import who, why

    told = {"reason": why(reason), "actor": who(actor)}
    session_id = store.find(session)
    if release:
        release_hold(store, session_id, hold=number, **told)
    else:
        place_hold(store, session_id, **told)


def _document(account: Account) -> dict[str, Any]:
    fact = account.fact
    return {
        "number": account.position,
        "session_id": fact.session_id,
        "at": account.at / 1e6,
        "actor": fact.actor,
        "reason": fact.reason,
    }


def _table(in_force: list[Account]) -> Table:
    from .formats import local_time
    from .terminal import named, new_table, styled

    table = new_table("hold", "session", "since", "by", "reason")
    for account in in_force:
        fact, since = account.fact, local_time(account.at)
        name = named(fact.session_id)
        table.add_row(str(account.position), name, since, styled(fact.actor), styled(fact.reason))
    return table
