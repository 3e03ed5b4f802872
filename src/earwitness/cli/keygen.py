"""`earwitness keygen`: a new key that signs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_STORE, JsonOption, StoreOption

NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What the key is called, as example.com/calls; by default as the one before it.",
        show_default=False,
    ),
]
RotateOption = Annotated[
    bool, typer.Option("--rotate", help="Put the new key in the place of the store's.")
]
PrintOption = Annotated[
    bool,
    typer.Option("--print", help="Print a key for $EARWITNESS_SIGNING_KEY, and touch no store."),
]


def keygen(
    name: NameOption = None,
    rotate: RotateOption = False,
    print_: PrintOption = False,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Make the key that signs a store's checkpoints.

    The verifier key goes to standard output: it is for whoever is to verify.
    """
    if print_:
        if rotate:
            raise typer.BadParameter("--print touches no store, and --rotate does.")
        _print_key(_name(name), json)
    else:
        _make_key(store, name, rotate, json)


def _name(name: str | None) -> str:
    import secrets

    return f"earwitness-{secrets.token_hex(4)}" if name is None else name


def _print_key(name: str, json: bool) -> None:
    from ..keys import KEY_VARIABLE, format_signing_key, generate
    from .terminal import new_console, print_json

    signer = generate(name)
    signing_key, verifier_key = format_signing_key(signer), str(signer.verifier)
    if json:
        print_json({"signing_key": signing_key, "verifier_key": verifier_key})
        return
    typer.echo(signing_key)
    console = new_console(stderr=True)
    console.print(f"That is the secret, for ${KEY_VARIABLE}. Its verifier key:", style="dim")
    console.print(verifier_key, soft_wrap=True)


def _make_key(store: Path, name: str | None, rotate: bool, json: bool) -> None:
    from ..exceptions import SigningKeyError
    from ..keys import SIGNING_KEY_FILE, make_key_files, rotate_key_files
    from ..opening import open_store
    from ..stores.journal import KEY_FOLDER
    from .terminal import print_json

    folder = open_store(store).root / KEY_FOLDER
    path, retired = folder / SIGNING_KEY_FILE, None
    if not path.exists():
        signer = make_key_files(folder, _name(name))
    elif rotate:
        signer, retired = rotate_key_files(folder, name)
    else:
        raise SigningKeyError(
            "The store has a key already.",
            where=str(path),
            hint="--rotate puts a new one in its place, and keeps it; --print touches nothing.",
        )
    if json:
        kept = None if retired is None else str(retired)
        told = {"verifier_key": str(signer.verifier), "signing_key_file": str(path)}
        print_json(told | {"retired_key_file": kept})
        return
    typer.echo(str(signer.verifier))
    _explain(path, retired)


def _explain(path: Path, retired: Path | None) -> None:
    import os

    from ..keys import KEY_VARIABLE
    from .page import from_here
    from .terminal import new_console, styled

    console = new_console(stderr=True)
    said = [f"It verifies what is signed with {from_here(path)}."]
    if retired is not None:
        said += [
            f"The key before is kept in {from_here(retired)}. Nothing here needs it any more.",
            "Recorders that run sign with it until they are started anew.",
        ]
    for line in said:
        console.print(line, style="dim", soft_wrap=True)
    if os.environ.get(KEY_VARIABLE):
        warning = f"${KEY_VARIABLE} is set, and takes precedence over the store's key."
        console.print(styled(warning, "yellow"))
