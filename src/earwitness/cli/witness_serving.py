"""A witness served until a signal ends it."""

from __future__ import annotations

import json as json_
import signal
import time
from typing import Any, Final
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
    tell = _tell_json if json else _tell
    with WitnessServer(_parse(address), witness, tell) as server:
        host, port = server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        if not json:
            typer.echo(f"{witness.key} countersigns at http://{shown}:{port}")
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
    now = local_time(time.time_ns() // 1000, precise=True)
    status = exchange.answer.status
    typer.echo(one_line(f"{now}  {status}  {exchange.client}  {_subject(exchange)}"))


def _tell_json(exchange: Exchange) -> None:
    line: dict[str, Any] = {
        "time": time.time(),
        "client": exchange.client,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.answer.status,
    }
    tree = _tree(exchange.body)
    line |= {"origin": tree and tree.origin, "size": tree and tree.size, "why": _why(exchange)}
    typer.echo(json_.dumps(line))


def _subject(exchange: Exchange) -> str:
    tree = _tree(exchange.body)
    if tree is None:
        subject = f"{exchange.method} {exchange.path}"
    else:
        subject = f"{tree.origin}  {counted(tree.size, 'event')}"
    return f"{subject}  {_why(exchange)}"


def _why(exchange: Exchange) -> str:
    """Why it was not countersigned."""
    if exchange.error is not None:
        return f"{type(exchange.error).__name__}: {exchange.error}"
    if exchange.answer.status == 409:
        return f"the witness knows {exchange.answer.body.decode().strip()}"
    refused = exchange.answer.status >= 400
    return exchange.answer.body.decode("utf-8", "replace").strip() if refused else ""


def _tree(body: bytes) -> Checkpoint | None:
    """What a request is about, as far as it says so; None if it does not."""
    try:
        return Checkpoint.parse(parse_note(AddCheckpoint.parse(body).checkpoint).text)
    except EarwitnessError:
        return None
