"""A viewer served until a signal ends it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

import typer
import uvicorn

from ..integrity.vkey import VerifierKey
from ..stores.journal import JournalEventStore
from ..viewer import create_app
from ..viewer.access import AccessRecord

_GRACE_SECONDS: Final = 3


class _Server(uvicorn.Server):
    """Says where it is once it listens."""

    def __init__(self, config: uvicorn.Config, said: str) -> None:
        super().__init__(config)
        self._said = said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            typer.echo(self._said)


def serve_until_stopped(
    store: JournalEventStore,
    host: str,
    port: int,
    token: str,
    keys: Sequence[VerifierKey] | None,
    root_path: str,
    access: AccessRecord,
) -> None:
    """Serve a store until SIGINT or SIGTERM. What is being streamed then is brought to its end.

    Raises:
        OSError: the address cannot be had.
    """
    with _listening(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listening.getsockname()[1]}{root_path}/"
        server: _Server
        app = create_app(
            store, token=token, keys=keys, access=access, stopping=lambda: server.should_exit
        )
        config = uvicorn.Config(
            app,
            root_path=root_path,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = _Server(config, f"{store.root} is at {url}")
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        error.filename = f"{host}:{port}"
        raise
    return listening
