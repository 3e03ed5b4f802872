"""`earwitness access`: what was done with the recordings, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .erase import OneSessionArgument
from .options import DEFAULT_STORE, JsonOption, StoreOption, open_existing

if TYPE_CHECKING:
    from rich.console import Console

    from ..privacy.accounts import Account


def access(
    session: OneSessionArgument = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Show who was shown what, and who held, erased or removed it."""
    from ..custody.looking import account_of
    from ..exceptions import SessionNotFoundError
    from .terminal import new_console, print_json

    opened = open_existing(store)
    try:
        session_id = None if session is None else opened.find(session)
    except SessionNotFoundError:
        session_id = session  # it may have been removed
    told = account_of(opened, session_id)
    if json:
        print_json({"entries": [_document(account) for account in told]})
    else:
        _print(new_console(), told)


def _document(account: Account) -> dict[str, Any]:
    from attrs import asdict

    head = {"position": account.position, "at": account.at / 1e6, "type": account.fact.TAG}
    return head | asdict(account.fact)


def _print(console: Console, told: Sequence[Account]) -> None:
    from .formats import local_time
    from .terminal import named, new_table, print_table, styled

    if not told:
        console.print("The store's log tells of nothing.")
        return
    table = new_table()
    for account in told:
        what, why = _words(account.fact)
        line = named(account.fact.session_id) + styled(f"  {what} by {account.fact.actor}")
        table.add_row(local_time(account.at), line + styled(f"\n{why}" if why else "", "dim"))
    table.columns[0].no_wrap = True
    print_table(console, table, indent=0)


def _words(fact: Any) -> tuple[str, str]:
    """What was done, and why, in a few words."""
    from ..privacy import accounts

    match fact:
        case accounts.SessionAccessed():
            return fact.what, fact.purpose
        case accounts.HoldPlaced():
            return "hold", fact.reason
        case accounts.HoldReleased():
            return f"release of hold {fact.hold}", fact.reason
        case accounts.SessionErased():
            return f"erase, event {fact.position}", fact.reason
        case accounts.SessionPruned():
            return "prune", fact.reason
        case accounts.KeyDestroyed():
            return "destruction of the key", fact.reason
    return fact.TAG, ""
