"""`earwitness ls`, `show` and `report`: what is in a store."""

from __future__ import annotations

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    PurposeOption,
    SessionArgument,
    StoreOption,
    open_existing,
)


def ls(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """List the sessions of a store, newest first."""
    from .documents import listed
    from .facts import list_facts
    from .overview import print_overview
    from .terminal import new_console, print_json

    sessions = list_facts(open_existing(store))
    if json:
        print_json({"sessions": [listed(facts) for facts in sessions]})
    elif sessions:
        print_overview(new_console(), sessions)
    else:
        new_console().print(f"No sessions in {store} yet. Try `earwitness demo`.")


def show(
    session: SessionArgument,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Show a session: its transcript, turns, tools and errors."""
    from .documents import shown
    from .facts import gather_facts
    from .looking import note_access
    from .page import print_page
    from .terminal import new_console, print_json

    opened = open_existing(store)
    facts = gather_facts(opened, opened.find(session))
    note_access(opened, facts.session_id, "show", actor, purpose)
    if json:
        print_json(shown(facts))
    else:
        print_page(new_console(), facts)


def report(
    session: SessionArgument,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Fold a session's report, LiveKit's own, from its log."""
    from .looking import note_access

    opened = open_existing(store)
    session_id = opened.find(session)
    folded = opened.report(session_id)
    note_access(opened, session_id, "report", actor, purpose)
    if json:
        typer.echo(folded.to_json())
        return
    from .facts import gather_facts
    from .summary import print_summary
    from .terminal import new_console

    print_summary(new_console(), gather_facts(opened, session_id), folded)
