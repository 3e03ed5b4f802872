"""The options that commands have in common."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from ..stores.journal import JournalEventStore

# Those of earwitness.opening, which would be slow to import for a mere --help.
DEFAULT_STORE: Final = Path("recordings")
STORE_VARIABLE: Final = "EARWITNESS_STORE"

_PATIENCE_SECONDS: Final = 0.3
_OFFERED: Final = 1000


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"earwitness {version('earwitness')}")
        raise typer.Exit


def complete_session(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The sessions of a store that a shell may offer, newest first, and when they were."""
    from ..catalogue import Catalogue
    from ..opening import open_store
    from .formats import local_time

    with contextlib.suppress(Exception):  # of whatever nature: a shell has no use for it
        catalogue = Catalogue(open_store(ctx.params.get("store") or DEFAULT_STORE))
        catalogue.refresh(seconds=_PATIENCE_SECONDS)
        entries = catalogue.page(limit=_OFFERED).entries
        return [
            (entry.session_id, f"{local_time(entry.opened_at)}, {entry.state}")
            for entry in entries
            if entry.session_id.startswith(incomplete) and entry.session_id.isprintable()
        ]
    return []


StoreOption = Annotated[
    Path,
    typer.Option(
        "--store", envvar=STORE_VARIABLE, metavar="FOLDER", help="Where the recordings are."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
SessionArgument = Annotated[
    str,
    typer.Argument(
        metavar="SESSION",
        help="Its id, any unique beginning of it, or `last`.",
        show_default=False,
        autocompletion=complete_session,
    ),
]
ActorOption = Annotated[
    str | None,
    typer.Option(
        "--actor",
        envvar="EARWITNESS_ACTOR",
        metavar="NAME",
        help="Who does it, for the store's log; by default who is logged in.",
        show_default=False,
    ),
]
PurposeOption = Annotated[
    str,
    typer.Option(
        "--purpose",
        envvar="EARWITNESS_PURPOSE",
        metavar="TEXT",
        help="What for, for the store's log.",
        show_default=False,
    ),
]
ReasonOption = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why, for the log.", show_default=False),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it, and do not ask.")]
VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
]


def open_existing(folder: Path) -> JournalEventStore:
    """The store in a folder.

    Raises:
        StoreError: there is no such folder.
    """
    from ..exceptions import StoreError
    from ..opening import open_store

    store = open_store(folder)
    if not store.root.is_dir():
        raise StoreError(
            "There is no such store.",
            where=str(folder),
            expected="a folder of recordings",
            got="a file" if store.root.exists() else "nothing",
            hint=f"--store or ${STORE_VARIABLE} says where it is; `earwitness demo` makes one.",
        )
    return store
