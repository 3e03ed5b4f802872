"""A witness served until a signal ends it."""

from __future__ import annotations

import json as json_
import signal
import time
from typing import Final
from urllib.parse import urlsplit

import typer

from ..exceptions import EarwitnessError
from ..integrity.checkpoint import Checkpoint
from ..integrity.note import parse_note
from ..integrity.witness import AddCheckpoint
from ..witnessing.server import Exchange, WitnessServer
from ..witnessing.witness import Witness
from .formats import counted, local_time
from .terminal import one_line

LOOPBACK: Final = "127.0.0.1"


def serve_until_stopped(witness: Witness, address: str, *, json: bool) -> None:
    """Serve a witness until SIGINT or SIGTERM, and say a line of each exchange.

    Raises:
        EarwitnessError: the address is none.
        OSError: it cannot be had.
    """
    with WitnessServer(_parse(address), witness, _tell_json if json else _tell) as server:
        host, port = server.server_address[:2]
        url = f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"
        if json:
            typer.echo(json_.dumps({"witness": str(witness.key), "url": url}))
        else:
            typer.echo(f"{witness.key} countersigns at {url}")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.stop()


def _parse(address: str) -> tuple[str, int]:
    text = address if ":" in address else f"{LOOPBACK}:{address}"
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname is None or parts.port is None or parts.netloc != f"{text}":
            raise ValueError
        return parts.hostname, parts.port
    except ValueError:
        raise EarwitnessError(
            "This is no address to serve at.",
            where=f"--serve {address}",
            expected="PORT, HOST:PORT or [IPV6]:PORT",
        ) from None


def _tell(exchange: Exchange) -> None:
    tree = _tree(exchange.body)
    parts = [
        local_time(time.time_ns() // 1000, precise=True),
        str(exchange.answer.status),
        exchange.client,
        f"{exchange.method} {exchange.path}" if tree is None else tree.origin,
        "" if tree is None else counted(tree.size, "event"),
        _why(exchange),
    ]
    typer.echo("  ".join(one_line(part) for part in parts if part))


def _tell_json(exchange: Exchange) -> None:
    tree = _tree(exchange.body)
    line = {
        "time": time.time(),
        "client": exchange.client,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.answer.status,
        "origin": None if tree is None else tree.origin,
        "size": None if tree is None else tree.size,
        "why": _why(exchange) or None,
    }
    typer.echo(json_.dumps(line))


def _why(exchange: Exchange) -> str:
    """Why it was not countersigned."""
    if exchange.error is not None:
        return f"{type(exchange.error).__name__}: {exchange.error}"
    if exchange.answer.status == 409:
        return f"the witness knows {counted(int(exchange.answer.body), 'event')}"
    refused = exchange.answer.status >= 400
    return exchange.answer.body.decode("utf-8", "replace").strip() if refused else ""


def _tree(body: bytes) -> Checkpoint | None:
    """What a request is about, as far as it says so; None if it does not."""
    try:
        return Checkpoint.parse(parse_note(AddCheckpoint.parse(body).checkpoint).text)
    except EarwitnessError:
        return None
