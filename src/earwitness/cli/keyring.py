"""`earwitness keyring`: the keys that encrypted sessions are read with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    JsonOption,
    ReasonOption,
    SessionArgument,
    StoreOption,
    YesOption,
    open_existing,
)
from .usage import Command

keyring = typer.Typer(no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The keyring's file.", show_default=False)
]


@keyring.callback()
def about() -> None:
    """Keys for recordings that are encrypted where they lie.

    $EARWITNESS_KEYRING says where the keys are: file:PATH, env:NAME or command:PROGRAM.
    """


@keyring.command(cls=Command)
def new(file: FileArgument) -> None:
    """Make a wrapping key, the first of a file's.

    It is put before the keys that are there, which go on unwrapping what they wrapped. The file is
    made if it is not there.
    """
    from ..encryption.keyring import add_key

    name = add_key(file.expanduser().absolute())
    typer.echo(name)
    _explain(
        f"New sessions are encrypted under it where $EARWITNESS_KEYRING is file:{file}.",
        "Keep a copy elsewhere: without it nobody reads them. `earwitness keyring rewrap` has",
        "the sessions of before wrapped by it too.",
    )


@keyring.command(cls=Command)
def rewrap(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Wrap every data key by the keyring's first key.

    No log is touched. Whatever is interrupted can be run again. Exits with 1 if a key was refused.
    """
    from rich.progress import track

    from ..exceptions import EncryptionError
    from .failures import error_document
    from .formats import counted
    from .terminal import new_console, print_json, show_error

    opened = open_existing(store)
    keys = opened.data_keys
    sessions = [stream for stream in opened.streams() if keys is not None and keys.exists(stream)]
    if keys is not None and keys.keyring is None and sessions:
        keys.needed(sessions[0])  # says that there is no keyring, and that once
    console = new_console(stderr=True)
    done, refused = [], {}
    for stream in track(sessions, "Wrapping", console=console, disable=not console.is_terminal):
        try:
            if keys is not None and keys.rewrap(stream):
                done.append(stream)
        except EncryptionError as error:  # of one session, which is no reason to leave the others
            refused[stream] = error
    if json:
        told = [{"session_id": name, "error": error_document(e)} for name, e in refused.items()]
        print_json({"rewrapped": done, "refused": told})
    else:
        typer.echo(f"Wrapped by the keyring's first key: {counted(len(done), 'data key')}.")
        for refusal in refused.values():
            show_error(refusal)
    raise typer.Exit(int(bool(refused)))


@keyring.command(cls=Command)
def destroy(
    session: SessionArgument,
    reason: ReasonOption = None,
    actor: ActorOption = None,
    yes: YesOption = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Destroy a session's data key.

    Nobody will read its payloads again, nor any copy of them. Refused while the session is on
    hold, and told to the store's log.
    """
    from ..custody.shredding import destroy_key
    from ..visible import visible
    from .erase import confirm
    from .looking import who, why

    opened, said, by = open_existing(store), why(reason), who(actor)
    session_id = opened.find(session)
    confirm(f"Nobody will read session {visible(session_id)} again. Destroy its key?", yes)
    destroy_key(opened, session_id, reason=said, actor=by)
    typer.echo(f"The key of session {visible(session_id)} is gone.")
    _explain("Backups of the keys, if there are any, still hold it.")


def _explain(*lines: str) -> None:
    from .terminal import new_console

    console = new_console(stderr=True)
    for line in lines:
        console.print(line, style="dim", soft_wrap=True)
