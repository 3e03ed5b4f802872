"""`earwitness timestamp`: have checkpoints stamped by an authority, and verify the stamps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_STORE, JsonOption, SessionArgument, StoreOption, open_existing

AuthorityOption = Annotated[
    str | None,
    typer.Option("--tsa", metavar="URL", help="Have this authority stamp it.", show_default=False),
]
VerifyOption = Annotated[bool, typer.Option("--verify", help="Verify the timestamps there are.")]
RootOption = Annotated[
    Path | None,
    typer.Option(
        "--tsa-root",
        metavar="FILE",
        help="Certificates, PEM, of those who vouch for the authority.",
        show_default=False,
    ),
]
LogKeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="The log's verifier key, or a file of them; by default the store's.",
        show_default=False,
    ),
]


def timestamp(
    session: SessionArgument,
    tsa: AuthorityOption = None,
    verify: VerifyOption = False,
    tsa_root: RootOption = None,
    key: LogKeyOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Stamp a checkpoint as in RFC 3161, or verify its timestamps."""
    if (tsa is None) != verify:
        raise typer.BadParameter("Give either --tsa URL or --verify.")
    if verify and tsa_root is None:
        raise typer.BadParameter("--verify goes with --tsa-root.")
    if key and not verify:
        raise typer.BadParameter("--key goes with --verify.")
    from .stamping import stamp_session, verify_session

    opened = open_existing(store)
    session_id = opened.find(session)
    if tsa is not None:
        stamp_session(opened, session_id, tsa, tsa_root, json=json)
    elif tsa_root is not None:
        raise typer.Exit(verify_session(opened, session_id, tsa_root, key or [], json=json))
