"""`earwitness witness`: countersign checkpoints, serve those who ask, or ask a witness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DEFAULT_STORE, JsonOption, StoreOption, open_existing

if TYPE_CHECKING:
    from ..stores.journal import JournalEventStore
    from ..witnessing.witness import Witness
    from .countersigning import Asked

SessionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SESSION",
        help="Whose checkpoints; by default those of all sessions.",
        show_default=False,
    ),
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--witness-state",
        metavar="FOLDER",
        help="Be a witness, whose key and memory are here; made on first use.",
        show_default=False,
    ),
]
SigningKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--signing-key",
        metavar="FILE",
        help="The witness's key, if it is kept elsewhere.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="What a key that is made is called.", show_default=False
    ),
]
LogKeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="A log's verifier key, or a file of them; by default the store's.",
        show_default=False,
    ),
]
ServeOption = Annotated[
    str | None,
    typer.Option(
        "--serve",
        metavar="[HOST:]PORT",
        help="Be a witness over HTTP; on 127.0.0.1 if no host is given.",
        show_default=False,
    ),
]
SubmitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--submit", metavar="URL", help="Ask the witness that is served here.", show_default=False
    ),
]
WitnessKeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="KEY",
        help="The key of the witness of --submit, or a file of its keys; one for each.",
        show_default=False,
    ),
]


def witness(
    sessions: SessionsArgument = None,
    state: StateOption = None,
    signing_key: SigningKeyOption = None,
    name: NameOption = None,
    key: LogKeyOption = None,
    serve: ServeOption = None,
    submit: SubmitOption = None,
    witness: WitnessKeyOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Countersign checkpoints, or have them countersigned."""
    if (state is None) == (not submit):
        raise typer.BadParameter("Give --witness-state to be a witness, or --submit to ask one.")
    if len(submit or []) != len(witness or []) or (submit and (signing_key or name or key)):
        raise typer.BadParameter("Each --submit goes with a --witness, and with no other key.")
    if serve is not None and (submit or sessions or not key):
        raise typer.BadParameter("--serve goes with --key, and with neither SESSION nor --submit.")
    if state is not None and serve is not None:
        from .witness_serving import serve_until_stopped

        local = _open_witness(state, signing_key, name, key or [], store)
        serve_until_stopped(local, serve, json=json)
        return
    opened = open_existing(store)
    if state is not None:
        local = _open_witness(state, signing_key, name, key or [], opened.root)
        asked: list[Asked] = [(local, [local.key])]
    else:
        asked = _remote(submit or [], witness or [])
    _countersign(opened, sessions or [], asked, json=json)


def _open_witness(
    state: Path, signing_key: Path | None, name: str | None, keys: list[str], store: Path
) -> Witness:
    from ..witnessing.identity import read_signer, witness_signer
    from ..witnessing.witness import Witness
    from .verify_keys import trusted_keys

    log_keys = trusted_keys(keys, store)
    signer = read_signer(signing_key, name) if signing_key else witness_signer(state, name)
    return Witness(state, signer, log_keys)


def _remote(urls: list[str], keys: list[str]) -> list[Asked]:
    from ..witnessing.http import HttpWitness
    from .witness_keys import witness_keys

    return [(HttpWitness(url), witness_keys([key])) for url, key in zip(urls, keys, strict=True)]


def _countersign(
    store: JournalEventStore, names: list[str], asked: list[Asked], *, json: bool
) -> None:
    from .countersigning import Countersigning

    ids = [store.find(name) for name in names] or sorted(store.streams())
    run = Countersigning(store, asked, json=json)
    for session_id in ids:
        run.add(session_id)
    raise typer.Exit(run.finish())
