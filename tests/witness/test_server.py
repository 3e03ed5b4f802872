"""The server outlives its clients, whatever they do, and ends when it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from earwitness.integrity.witness import AddCheckpoint
from earwitness.witnessing import server
from earwitness.witnessing.server import WitnessServer
from earwitness.witnessing.witness import Cosignatures, LatestSize, Witness
from tests.witness.logs import LOG, WITNESS, Log, new_witness
from tests.witness.serving import Served, served

HONEST = Log()
REQUEST = HONEST.request(0, 10).format()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with served(new_witness(tmp_path)) as service:
        yield service


def status(service: Served, body: bytes = REQUEST) -> int:
    connection = service.connect()
    connection.request("POST", "/add-checkpoint", body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def say(service: Served, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    connection.sendall(data)
    return connection


def everything(connection: socket.socket) -> bytes:
    """What is said until the connection is closed."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /add-checkpoint HTTP/1.1\r\nContent-Le", id="half a header"),
        pytest.param(
            b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold 0", id="half a body"
        ),
    ],
)
def test_a_client_that_goes_away_in_the_middle_does_no_harm(service: Served, data: bytes) -> None:
    for _ in range(3):
        say(service, data).close()
    assert status(service) == 200
    while service.told(1)[0].body != REQUEST:
        pass


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_not_http_is_answered_and_closed(service: Served, data: bytes) -> None:
    assert b" 400 " in everything(say(service, data)) or b" 505 " in everything(say(service, data))
    assert status(service) == 200


def test_what_comes_with_a_get_is_not_taken_for_the_next_request(service: Served) -> None:
    hidden = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(REQUEST) + REQUEST
    get = b"GET /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    answer = everything(say(service, get + hidden))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert [each.method for each in service.told(1)] == ["GET"]


def test_a_silent_client_is_cut_off(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Handler, "timeout", 0.05)
    assert everything(say(service, b"POST /add-checkpoint HTTP/1.1\r\n")) == b""
    body = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold"
    assert everything(say(service, body)) == b""


def test_a_connection_does_not_last_for_ever(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTION_SECONDS", 0.05)
    assert everything(say(service, b"POST /add-checkpoint HTTP/1.1\r\n")) == b""


def test_too_many_connections_are_closed_and_the_others_served(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    first = service.connect()
    held = [first, service.connect()]
    for connection in held:
        connection.request("GET", "/x")
        connection.getresponse().read()
    assert everything(say(service, b"")) == b""
    first.request("POST", "/add-checkpoint", REQUEST)
    assert first.getresponse().read().startswith("— witness.example/w1 ".encode())
    for connection in held:
        connection.close()


def test_many_at_once_are_each_answered(service: Served) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: status(service), range(48)))
    assert sorted(set(statuses)) == [200, 409]
    assert statuses.count(200) == 1


def test_what_is_under_way_when_it_is_stopped_is_still_answered(tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    class Slow(Witness):
        def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
            asked.set()
            assert go_on.wait(30)
            return super().add_checkpoint(request)

    slow = Slow(tmp_path, WITNESS, [LOG.verifier])
    with ThreadPoolExecutor(2) as pool, served(slow) as service:
        idle = service.connect()
        idle.connect()
        answer = pool.submit(status, service)
        assert asked.wait(30)
        service.server.shutdown()
        stopping = pool.submit(service.server.stop)
        assert idle.sock is not None
        assert idle.sock.recv(1) == b""
        go_on.set()
        assert answer.result(30) == 200
        stopping.result(30)
        idle.close()


def test_a_port_that_is_taken_is_an_error(tmp_path: Path, service: Served) -> None:
    with pytest.raises(OSError, match="in use"):
        WitnessServer(("127.0.0.1", service.port), new_witness(tmp_path))


def test_it_can_be_served_over_ipv6(tmp_path: Path) -> None:
    try:
        witness_server = WitnessServer(("::1", 0), new_witness(tmp_path))
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with witness_server:
        assert witness_server.server_address[0] == "::1"
