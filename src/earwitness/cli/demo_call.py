"""Records the demo's call, shows its events while it goes on, and then what they tell."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from rich.console import Console

from ..exceptions import StoreError
from ..livekit.attaching import attach
from ..livekit.demo.restaurant import AT_ONCE, UNHURRIED, Pace, hold_call, new_session
from ..opening import open_store
from ..stores.following import Follower
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from .facts import SessionFacts, gather_facts
from .following import print_events
from .page import from_here, print_files, print_next_commands, transcript, turns, usage
from .terminal import print_table

_LOOK_EVERY_SECONDS: Final = 0.03


def show_call(console: Console, store: Path, *, fast: bool) -> None:
    """Record a call to the restaurant and show all of it.

    Raises:
        StoreError: the store cannot be written to.
    """
    # The errors are part of the story, and LiveKit's own log would tell them twice.
    logging.getLogger("livekit").addHandler(logging.NullHandler())
    logging.getLogger("livekit").propagate = False
    opened = open_store(store)
    session_id = asyncio.run(_record(console, opened, AT_ONCE if fast else UNHURRIED))
    _print_recording(console, gather_facts(opened, session_id))
    print_next_commands(console, store, "show last", "report last", "report last --json", "ls")


async def _record(console: Console, store: JournalEventStore, pace: Pace) -> str:
    session = new_session(pace)
    recorder = attach(session, store=store, audit=False)
    if not recorder.health.ok:
        raise StoreError(
            "The store cannot be written to.", where=str(store.root), got=recorder.health.error
        )
    _print_introduction(console, store.folder(recorder.session_id) / LOG_NAME)
    key = store.data_key(recorder.session_id)
    log, opened_at = Follower(store.folder(recorder.session_id) / LOG_NAME, key), 0
    call = asyncio.create_task(hold_call(session, pace))
    try:
        while not call.done():
            opened_at = print_events(console, log.read_on(), opened_at)
            await asyncio.wait({call}, timeout=_LOOK_EVERY_SECONDS)
    finally:  # interrupted from the keyboard, the guest hangs up
        call.cancel()
        await asyncio.wait({call})
    await call
    await recorder.finalize()
    print_events(console, log.read_on(), opened_at)
    return recorder.session_id


def _print_introduction(console: Console, log: Path) -> None:
    console.print(
        "A guest calls a restaurant. The session is LiveKit's own; its model is scripted."
    )
    console.print("Every line is an event, read from the log as it grows:")
    console.print(f"{from_here(log)}\n", style="dim")


def _print_recording(console: Console, facts: SessionFacts) -> None:
    print_table(console, transcript(facts), "Transcript")
    print_table(console, turns(facts), "Turns")
    print_table(console, usage(facts.usage), "Usage")
    print_files(console, facts)
