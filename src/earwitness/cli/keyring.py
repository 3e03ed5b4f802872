"""`earwitness keyring`: the keys that encrypted sessions are read with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_STORE, JsonOption, SessionArgument, StoreOption, open_existing

keyring = typer.Typer(no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The keyring's file.", show_default=False)
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@keyring.callback()
def about() -> None:
    """Keys for recordings that are encrypted where they lie.

    $EARWITNESS_KEYRING says where the keys are: file:PATH, env:NAME or command:PROGRAM.
    """


@keyring.command()
def new(file: FileArgument) -> None:
    """Put a new wrapping key before the others of a file, which is made if it is not there."""
    from ..encryption.keyring import add_key

    name = add_key(file.expanduser().absolute())
    typer.echo(name)
    _explain(
        f"New sessions are encrypted under it where $EARWITNESS_KEYRING is file:{file}.",
        "Keep a copy elsewhere: without it nobody reads them. `earwitness keyring rewrap` has",
        "the sessions of before wrapped by it too.",
    )


@keyring.command()
def rewrap(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Wrap every session's data key by the keyring's first key. Logs are not touched."""
    from rich.progress import track

    from .terminal import new_console, print_json

    opened = open_existing(store)
    keys = opened.data_keys
    sessions = [stream for stream in opened.streams() if keys is not None and keys.exists(stream)]
    console = new_console(stderr=True)
    for stream in track(sessions, "Wrapping", console=console, disable=not console.is_terminal):
        if keys is not None:
            keys.rewrap(stream)
    if json:
        print_json({"rewrapped": sessions})
    else:
        typer.echo(f"{len(sessions):,} data keys are wrapped by the keyring's first key.")


@keyring.command()
def destroy(
    session: SessionArgument, store: StoreOption = DEFAULT_STORE, yes: YesOption = False
) -> None:
    """Destroy a session's data key: nobody will read its payloads again, nor any copy of them."""
    opened = open_existing(store)
    session_id = opened.find(session)
    keys = opened.data_keys
    if keys is None or not keys.exists(session_id):
        from ..exceptions import DataKeyError

        raise DataKeyError(
            "The session has no data key.",
            where=f"session {session_id!r}",
            hint="It was never encrypted, or its key was destroyed already.",
        )
    if not yes:
        typer.confirm(f"Nobody will read session {session_id} again. Destroy its key?", abort=True)
    keys.destroy(session_id)
    typer.echo(f"The key of session {session_id} is gone.")
    _explain("Backups of the keys, if there are any, still hold it.")


def _explain(*lines: str) -> None:
    from .terminal import new_console

    console = new_console(stderr=True)
    for line in lines:
        console.print(line, style="dim", soft_wrap=True)
