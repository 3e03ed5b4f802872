"""`earwitness demo`: a call to a restaurant, and what Earwitness records of it."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..exceptions import EarwitnessError
from .options import DEFAULT_STORE, STORE_VARIABLE, StoreOption

if TYPE_CHECKING:
    from rich.console import Console

    from ..livekit.demo.restaurant import Pace
    from ..stores.journal import JournalEventStore

_LOOK_EVERY_SECONDS: Final = 0.03

FastOption = Annotated[bool, typer.Option("--fast", help="Do not wait for anybody to read along.")]


def demo(store: StoreOption = DEFAULT_STORE, fast: FastOption = False) -> None:
    """Record a short call, offline, and show what was recorded."""
    from ..opening import open_store
    from .terminal import new_console

    console = new_console()
    with console.status("Starting LiveKit …"):
        pace = _pace(fast)
    opened = open_store(store)
    session_id = asyncio.run(_record(opened, pace, console))
    _print_recording(console, opened, session_id)
    _print_next_commands(console, store)


def _pace(fast: bool) -> Pace:
    try:
        from ..livekit.demo.restaurant import AT_ONCE, UNHURRIED
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "livekit":
            raise
        raise EarwitnessError(
            "The demo needs LiveKit, which is not installed.",
            hint='pip install "earwitness[demo]"',
        ) from error
    # The errors are part of the story, and LiveKit's own log would tell them twice.
    logging.getLogger("livekit").addHandler(logging.NullHandler())
    logging.getLogger("livekit").propagate = False
    return AT_ONCE if fast else UNHURRIED


async def _record(store: JournalEventStore, pace: Pace, console: Console) -> str:
    from .. import attach
    from ..livekit.demo.restaurant import hold_call, new_session
    from .following import EventLines

    session = new_session(pace)
    recorder = attach(session, store=store, audit=False)
    if not recorder.health.ok:
        raise EarwitnessError(
            "The store cannot be written to.", where=str(store.root), got=recorder.health.error
        )
    _print_introduction(console, store.folder(recorder.session_id))
    lines = EventLines(console, store, recorder.session_id)
    call = asyncio.create_task(hold_call(session, pace))
    while not call.done():
        lines.print_new()
        await asyncio.wait({call}, timeout=_LOOK_EVERY_SECONDS)
    await call
    await recorder.finalize()
    lines.print_new()
    return recorder.session_id


def _print_introduction(console: Console, folder: Path) -> None:
    from ..stores.logfile import LOG_NAME
    from .page import from_here

    console.print(
        "A guest calls a restaurant. The session is LiveKit's own; its model is scripted."
    )
    console.print("Every line is an event, read from the log as it grows:")
    console.print(f"{from_here(folder / LOG_NAME)}\n", style="dim")


def _print_recording(console: Console, store: JournalEventStore, session_id: str) -> None:
    from . import page
    from .facts import gather_facts
    from .terminal import print_section

    facts = gather_facts(store, session_id)
    print_section(console, "Transcript", page.transcript(facts))
    print_section(console, "Turns", page.turns(facts))
    print_section(console, "Usage", page.usage(facts.usage))
    page.print_files(console, facts)


def _print_next_commands(console: Console, store: Path) -> None:
    from .terminal import new_table, print_section, styled

    default = Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)
    where = "" if store == default else f" --store {shlex.quote(str(store))}"
    table = new_table()
    for command, purpose in (
        ("show last", "this session, with its tools, handoffs and errors"),
        ("report last", "LiveKit's own report of it; --json prints all of it"),
        ("ls", "every session of the store"),
    ):
        table.add_row(styled(f"earwitness {command}{where}", "bold"), styled(purpose, "dim"))
    print_section(console, "Try next", table)
