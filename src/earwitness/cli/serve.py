"""`earwitness serve`: a store in the browser."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from .options import DEFAULT_STORE, ActorOption, PurposeOption, StoreOption, open_existing
from .verify import KeyOption

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
TOKEN_VARIABLE: Final = "EARWITNESS_VIEWER_TOKEN"
_SHORTEST_TOKEN: Final = 16

HostOption = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Where to listen; any but this machine needs a token."),
]
PortOption = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=65535, help="The port; 0 for any that is free.")
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar=TOKEN_VARIABLE,
        metavar="TOKEN",
        help=f"What has to be known to look, {_SHORTEST_TOKEN} characters or more.",
        show_default=False,
        show_envvar=True,
    ),
]
RootPathOption = Annotated[
    str,
    typer.Option(
        metavar="PATH", help="The path under which a proxy has it, as /calls.", show_default=False
    ),
]


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8421,
    token: TokenOption = None,
    key: KeyOption = None,
    root_path: RootPathOption = "",
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Serve a store to the browser: list, search, listen, verify."""
    _check(host, token)
    opened = open_existing(store)
    try:
        from .serving import serve_until_stopped
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "jinja2"):
            raise
        raise typer.BadParameter(
            f"The viewer needs {error.name}: pip install 'earwitness[viewer]'"
        ) from None
    from ..viewer.access import StoreRecord
    from .looking import logged_in, tell_unrecorded
    from .verify_keys import trusted_keys

    access = StoreRecord(opened, actor or logged_in(), purpose, tell_unrecorded)
    keys = trusted_keys(key, opened.root) if key else None
    serve_until_stopped(opened, host, port, token or "", keys, root_path.rstrip("/"), access)


def _check(host: str, token: str | None) -> None:
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise typer.BadParameter(f"A token has at least {_SHORTEST_TOKEN} characters.")
    if token is None and host not in LOOPBACK:
        raise typer.BadParameter(
            f"Whoever can reach {host} could listen to every call: give a --token, or set "
            f"${TOKEN_VARIABLE}."
        )
