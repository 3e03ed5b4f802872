"""A witness on a socket: an HTTP/1.1 server, bounded in connections, in time and in size.

It knows neither TLS nor accounts. The protocol needs no accounts, since a checkpoint bears its
log's signature; for TLS, a proxy stands before it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from attrs import frozen

from ..integrity.witness import MAX_REQUEST_BYTES
from ..posting import Answer
from .http import answer_request, refusal
from .witness import Witness

IDLE_SECONDS: Final = 10.0
"""How long a connection may be silent."""
CONNECTION_SECONDS: Final = 60.0
"""How long a connection may last. A client that is cut off makes another."""
MAX_CONNECTIONS: Final = 64

_LENGTH: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@frozen
class Exchange:
    """One request and its answer, to be told to the operator.

    Attributes:
        client: the address of whoever asked.
        method: the HTTP method.
        path: what was asked for.
        body: what was posted.
        answer: what was answered.
        error: why the witness failed, where it did.
    """

    client: str
    method: str
    path: str
    body: bytes
    answer: Answer
    error: Exception | None = None


class WitnessServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Serves a witness until it is stopped.

    As a context manager it lets go of its socket at the end. ``serve_forever`` blocks.

    Args:
        address: host and port; port 0 for any that is free.
        witness: who answers.
        tell: called with each exchange before it is answered, from any thread, several at a time.

    Raises:
        OSError: the address cannot be had.
    """

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        witness: Witness,
        tell: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.witness = witness
        self.tell = tell
        self._since: dict[Any, float] = {}
        super().__init__(address, _Handler)

    def stop(self) -> None:
        """Answer what was asked, hear nothing more, and wait until everybody has gone."""
        self.socket.close()
        for connection in list(self._since):
            _shut(connection, socket.SHUT_RD)
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return len(self._since) < MAX_CONNECTIONS

    def process_request(self, request: Any, client_address: Any) -> None:
        self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._since.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        now = time.monotonic()
        for connection, since in list(self._since.items()):
            if now - since > CONNECTION_SECONDS:
                _shut(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # That a client is gone or too slow is its own affair; anything else is a bug of ours.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _shut(connection: Any, how: int) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(how)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what came with it still stands in the pipe
        self._exchange(b"")

    def do_POST(self) -> None:
        body = self._read_body()
        if isinstance(body, Answer):
            self.close_connection = True
            self._answer(body, b"")
        elif body is not None:
            self._exchange(body)

    def version_string(self) -> str:
        return "earwitness"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; exchanges are told to the server's owner."""

    def _read_body(self) -> bytes | Answer | None:
        """What was posted, the answer to those who post it wrongly, or None if they are gone."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            return refusal(411, "Say how long it is, once.")
        if not _LENGTH.fullmatch(lengths[0]):
            return refusal(400, "A length is a decimal.")
        length = int(lengths[0])
        if length > MAX_REQUEST_BYTES:
            return refusal(413, f"At most {MAX_REQUEST_BYTES} bytes.")
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _exchange(self, body: bytes) -> None:
        try:
            answer = answer_request(self.server.witness, self.command, self.path, body)
        except Exception as error:
            self._answer(refusal(500, "The witness failed."), body, error)
        else:
            self._answer(answer, body)

    def _answer(self, answer: Answer, body: bytes, error: Exception | None = None) -> None:
        client = str(self.client_address[0])
        try:
            self.server.tell(Exchange(client, self.command, self.path, body, answer, error))
        finally:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.status == 405:  # each path takes one of the two methods
            self.send_header("Allow", "GET" if self.command == "POST" else "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
