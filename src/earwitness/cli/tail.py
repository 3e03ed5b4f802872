"""`earwitness tail`: a session as it goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..exceptions import StoreError
from .looking import note_access, tell_unread
from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    PurposeOption,
    StoreOption,
    complete_session,
    open_existing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..events import Event
    from ..stores.journal import JournalEventStore

_LOOK_EVERY_SECONDS: Final = 0.2

LiveArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SESSION",
        help="Its id, any unique beginning of it, or `last`; by default the newest that is live.",
        show_default=False,
        autocompletion=complete_session,
    ),
]


def tail(
    session: LiveArgument = None,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Follow a session, a line for each event, until it is over."""
    opened = open_existing(store)
    session_id = _newest_live(opened) if session is None else opened.find(session)
    note_access(opened, session_id, "tail", actor, purpose)
    tell_unread(opened, session_id)
    if json:
        for events in _looks(opened, session_id):
            for event in events:
                typer.echo(_line(event))
        return
    from .following import print_events
    from .terminal import new_console

    console = new_console()
    opened_at = 0
    for events in _looks(opened, session_id):
        opened_at = print_events(console, events, opened_at)


def _newest_live(store: JournalEventStore) -> str:
    from ..catalogue import Catalogue, Filter

    catalogue = Catalogue(store)
    catalogue.refresh()
    for entry in catalogue.page(Filter(state="live"), limit=1).entries:
        return entry.session_id
    raise StoreError(
        "No session is live.",
        where=str(store.root),
        hint="`earwitness tail last` shows the newest one that is over.",
    )


def _looks(store: JournalEventStore, session_id: str) -> Iterator[Iterator[Event]]:
    """What each look at the log finds new; the last one is when no recorder holds it any more."""
    from ..stores.following import Follower
    from ..stores.logfile import LOG_NAME

    log = Follower(store.folder(session_id) / LOG_NAME, store.data_key(session_id))
    while True:
        state = store.state(session_id)  # before the log is read: what is last has to be read
        yield log.read_on()
        if state != "live":
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def _line(event: Event) -> str:
    """An event as one line of JSON, in ASCII: a terminal obeys some characters."""
    from json import dumps

    return dumps(
        {
            "position": event.position,
            "recorded_at": event.recorded_at / 1e6,
            "type": event.type,
            "withheld": event.withheld,
            "encrypted": event.encrypted is not None,
            "payload": None if event.withheld else event.plain_payload,
        }
    )
