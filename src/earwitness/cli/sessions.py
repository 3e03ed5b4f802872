"""`earwitness show` and `report`: what is in a session."""

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
    from ..custody.unread import refuse_encrypted
    from ..projections.report import fold_report
    from .looking import note_access, tell_unread

    opened = open_existing(store)
    session_id = opened.find(session)
    events = list(opened.read(session_id))
    refuse_encrypted(opened, session_id, events)
    folded = fold_report(events)
    note_access(opened, session_id, "report", actor, purpose)
    if json:
        tell_unread(opened, session_id, events)
        typer.echo(folded.to_json())
        return
    from .facts import gather_facts
    from .summary import print_summary
    from .terminal import new_console

    print_summary(new_console(), gather_facts(opened, session_id), folded)
