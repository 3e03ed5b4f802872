"""`earwitness prove`: evidence for somebody who must not see the rest."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    PurposeOption,
    SessionArgument,
    StoreOption,
    open_existing,
)

if TYPE_CHECKING:
    from ..stores.journal import JournalEventStore

PositionArgument = Annotated[
    int | None,
    typer.Argument(metavar="N", help="The event's position in the log.", show_default=False),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write the evidence; by default to standard output.",
        show_default=False,
    ),
]
DiscloseOption = Annotated[
    str | None,
    typer.Option(
        "--disclose",
        metavar="N,M",
        help="Copy the log instead, with the payloads of these events and of no others.",
        show_default=False,
    ),
]
ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FOLDER", help="The store that the copy is for.", show_default=False
    ),
]


def prove(
    session: SessionArgument,
    position: PositionArgument = None,
    output: OutputOption = None,
    disclose: DiscloseOption = None,
    to: ToOption = None,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Prove one event, or copy a log with most of it withheld."""
    if (position is None) == (disclose is None):
        raise typer.BadParameter("Give either the position of one event or --disclose.")
    if disclose is None and to is not None:
        raise typer.BadParameter("--to goes with --disclose.")
    if disclose is not None and (to is None or output is not None):
        raise typer.BadParameter("--disclose goes with --to FOLDER.")
    from .looking import note_access

    positions = None if disclose is None else _positions(disclose)
    opened = open_existing(store)
    session_id = opened.find(session)
    note_access(opened, session_id, "prove", actor, purpose)
    if position is not None:
        _prove(opened, session_id, position, output)
    elif positions is not None and to is not None:
        _disclose(opened, session_id, positions, to)


def _positions(text: str) -> list[int]:
    if re.fullmatch(r"\d{1,19}(,\d{1,19})*", text, re.ASCII) is None:
        raise typer.BadParameter("--disclose takes positions with commas between them: 4,17,18.")
    return sorted({int(position) for position in text.split(",")})


def _prove(store: JournalEventStore, session_id: str, position: int, output: Path | None) -> None:
    from ..evidence import prove as evidence_of
    from .looking import tell_unread

    evidence = evidence_of(store, session_id, position)
    tell_unread(store, session_id, only=position)
    if output is None:
        _print(evidence)
        return
    _write_new(output, evidence)
    _say(
        f"Evidence of event {position} of {session_id}: {output}",
        f"earwitness verify --proof {shlex.quote(str(output))} --key KEY",
    )


def _disclose(store: JournalEventStore, session_id: str, positions: list[int], to: Path) -> None:
    from ..evidence import disclose as copy_of
    from .formats import counted
    from .page import from_here

    folder = copy_of(store, session_id, positions, to)
    _say(
        f"A copy of {session_id} with {counted(len(positions), 'payload')}: {from_here(folder)}",
        f"earwitness verify --store {shlex.quote(str(to))} --key KEY",
    )


def _print(evidence: bytes) -> None:
    from ..visible import visible

    # Its bytes count; but a terminal would obey some that were said, and nobody verifies there.
    typer.echo(visible(evidence.decode()) if sys.stdout.isatty() else evidence, nl=False)


def _write_new(path: Path, data: bytes) -> None:
    from ..disk import Disk, opened, write_all

    disk = Disk()
    with opened(disk, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
        write_all(disk, fd, data)
        disk.fsync(fd)


def _say(what: str, verification: str) -> None:
    from .terminal import new_console

    console = new_console()
    # A path or a command that the console had broken over two lines could not be copied.
    console.print(what, soft_wrap=True)
    console.print("Whoever has the log's verifier key checks it:")
    console.print(f"  {verification}", soft_wrap=True)
