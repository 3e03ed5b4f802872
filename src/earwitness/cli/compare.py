"""`earwitness compare`: a session beside another one, or beside the median of many."""

from __future__ import annotations

from typing import Annotated

import typer

from .listing import (
    AgentOption,
    ErrorsOption,
    ReasonOption,
    RoomOption,
    SinceOption,
    TagOption,
    UntilOption,
)
from .options import (
    DEFAULT_STORE,
    JsonOption,
    SessionArgument,
    StoreOption,
    complete_session,
    open_existing,
)

OtherArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="OTHER",
        help="Another one; by default the median of the sessions that the options choose.",
        show_default=False,
        autocompletion=complete_session,
    ),
]


def compare(
    session: SessionArgument,
    other: OtherArgument = None,
    since: SinceOption = None,
    until: UntilOption = None,
    agent: AgentOption = None,
    room: RoomOption = None,
    reason: ReasonOption = None,
    errors: ErrorsOption = False,
    tag: TagOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Compare two sessions, or one with the median of many."""
    from ..catalogue import Filter
    from .comparing import compare_sessions, compared, print_comparison
    from .terminal import new_console, print_json

    asked = Filter(
        since=since,
        until=until,
        agent=agent,
        room=room,
        reason=reason,
        errors=errors or None,
        tags=tuple(tag or ()),
    )
    if other is not None and asked != Filter():
        raise typer.BadParameter("Give either another session or what chooses many.")
    opened = open_existing(store)
    ids = [opened.find(name) for name in (session, other) if name is not None]
    comparison = compare_sessions(opened, ids, asked)
    if json:
        print_json(compared(comparison))
    else:
        print_comparison(new_console(), comparison)
