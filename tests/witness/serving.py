"""Servers on the loopback interface, for the length of a block."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue

from earwitness.witnessing.server import Exchange, WitnessServer
from earwitness.witnessing.witness import Witness

POLL_SECONDS = 0.02


@dataclass
class Served:
    """A witness that is being served, and what it told of it."""

    server: WitnessServer
    _told: SimpleQueue[Exchange]

    def told(self, count: int) -> list[Exchange]:
        """The next exchanges, so many of them."""
        return [self._told.get(timeout=30) for _ in range(count)]

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


@contextmanager
def served(witness: Witness) -> Iterator[Served]:
    told: SimpleQueue[Exchange] = SimpleQueue()
    with WitnessServer(("127.0.0.1", 0), witness, told.put) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield Served(server, told)
        finally:
            server.shutdown()
            thread.join()
            server.stop()


@contextmanager
def answering(answer: Callable[[str, bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """The URL of a service that gives each POST, by its path and body, this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content_type, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
