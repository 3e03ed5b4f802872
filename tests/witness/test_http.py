"""C2SP tlog-witness over HTTP, status by status."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest
from attrs import evolve

from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.note import parse_note, parse_signatures
from earwitness.integrity.witness import MAX_REQUEST_BYTES, AddCheckpoint
from earwitness.witnessing.memory import origin_hash
from earwitness.witnessing.witness import Witness
from tests.witness.logs import LOG, NOW, STRANGER, WITNESS_KEY, Log, cosigned, new_witness, times
from tests.witness.serving import Served, served

HONEST = Log()
FORK = Log("fork", forked_at=8)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    witness = new_witness(tmp_path)
    cosigned(witness, HONEST.request(0, 10))
    return witness


@pytest.fixture
def service(witness: Witness) -> Iterator[Served]:
    """The witness after it has countersigned ten events, at its port."""
    with served(witness) as service:
        yield service


def ask(
    service: Served, method: str = "POST", path: str = "/add-checkpoint", body: bytes | None = None
) -> tuple[HTTPResponse, bytes]:
    connection = service.connect()
    connection.request(method, path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def submit(service: Served, request: AddCheckpoint) -> tuple[int, bytes]:
    response, content = ask(service, body=request.format())
    return response.status, content


def test_200_with_the_lines_of_the_countersignatures(service: Served) -> None:
    response, content = ask(service, body=HONEST.request(10, 20).format())
    assert response.status == 200
    assert times(HONEST, 20, parse_signatures(content.decode())) == {WITNESS_KEY: NOW}


def test_an_answer_concatenated_to_the_checkpoint_is_a_note(service: Served) -> None:
    _, content = submit(service, HONEST.request(10, 20))
    note = parse_note(HONEST.note(20) + content)
    assert [each.name for each in note.signatures] == [LOG.name, WITNESS_KEY.name]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"old 10\n", id="no checkpoint"),
        pytest.param(b"old 10\n\nno note\n", id="no note"),
        pytest.param(b"old 010\n\n" + HONEST.note(20), id="a leading zero"),
        pytest.param(b"old 10\n\n" + HONEST.note(20)[:-1], id="a note cut short"),
        pytest.param(HONEST.request(10, 20).format()[1:], id="a first byte missing"),
        pytest.param(evolve(HONEST.request(10, 20), proof=(bytes(32),) * 64).format(), id="64"),
        pytest.param(AddCheckpoint(10, (), HONEST.note(9)).format(), id="old is larger"),
    ],
)
def test_400_for_a_malformed_request(service: Served, body: bytes) -> None:
    assert ask(service, body=body)[0].status == 400


def test_403_for_a_checkpoint_that_no_known_key_signed(service: Served) -> None:
    assert submit(service, Log(signer=STRANGER).request(10, 20))[0] == 403


def test_403_for_a_signature_that_does_not_hold(service: Served) -> None:
    forged = HONEST.note(20).replace(b"\n20\n", b"\n21\n")
    assert submit(service, AddCheckpoint(10, (), forged))[0] == 403


def test_404_for_an_unknown_log(service: Served) -> None:
    strange = Log(origin="stranger.example/call", signer=STRANGER)
    assert submit(service, strange.request(0, 10))[0] == 404


@pytest.mark.parametrize("old_size", [0, 9, 11])
def test_409_tells_the_latest_size(service: Served, old_size: int) -> None:
    response, content = ask(service, body=HONEST.request(old_size, 20).format())
    assert response.status == 409
    assert response.headers["Content-Type"] == "text/x.tlog.size"
    assert content == b"10\n"


def test_409_tells_zero_for_a_log_that_was_never_seen(service: Served) -> None:
    status, content = submit(service, Log(origin="log.example/new").request(5, 20))
    assert (status, content) == (409, b"0\n")


def test_422_for_a_fork(service: Served) -> None:
    assert submit(service, FORK.request(10, 10))[0] == 422
    assert submit(service, FORK.request(10, 20))[0] == 422


def test_422_for_a_proof_that_does_not_verify(service: Served) -> None:
    assert submit(service, evolve(HONEST.request(10, 20), proof=()))[0] == 422


def test_422_for_a_proof_from_nothing(service: Served) -> None:
    new = Log(origin="log.example/new")
    assert submit(service, evolve(new.request(0, 5), proof=(bytes(32),)))[0] == 422


def test_422_for_an_empty_tree_with_a_root_of_its_own(service: Served) -> None:
    note = sign_checkpoint(Checkpoint("log.example/new", 0, bytes(32)), LOG)
    assert submit(service, AddCheckpoint(0, (), note))[0] == 422


def test_a_refusal_says_why_in_plain_text(service: Served) -> None:
    response, content = ask(service, body=FORK.request(10, 20).format())
    assert response.headers["Content-Type"] == "text/plain"
    assert content.startswith(b"The proof does not lead to the old root.")


def test_500_says_nothing_of_the_witnesss_own_affairs(service: Served, tmp_path: Path) -> None:
    (tmp_path / "logs" / origin_hash(HONEST.origin)).write_bytes(b"damaged\n")
    status, content = submit(service, HONEST.request(10, 20))
    assert (status, content) == (500, b"The witness failed.\n")
    assert "does not bear its signature" in str(service.told(1)[0].error)


def test_the_latest_checkpoint_is_there_for_monitors(service: Served) -> None:
    status, signatures = submit(service, HONEST.request(10, 20))
    response, content = ask(service, "GET", f"/{origin_hash(HONEST.origin)}/checkpoint")
    assert (status, response.status) == (200, 200)
    assert content == HONEST.note(20) + signatures


def test_404_for_monitors_of_a_log_that_was_never_seen(service: Served) -> None:
    assert ask(service, "GET", f"/{origin_hash('log.example/new')}/checkpoint")[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/checkpoint",
        "/add-checkpoint/",
        "/../signing.key",
        "/%2e%2e/signing.key/checkpoint",
        f"/{'0' * 63}/checkpoint",
        f"/{'A' * 64}/checkpoint",
        f"/{'0' * 64}/../checkpoint",
    ],
)
def test_404_for_anything_else(service: Served, path: str) -> None:
    assert ask(service, "GET", path)[0].status == 404
    assert ask(service, "POST", path, b"")[0].status == 404


def test_405_for_another_method(service: Served) -> None:
    response, _ = ask(service, "GET")
    assert (response.status, response.headers["Allow"]) == (405, "POST")
    response, _ = ask(service, "POST", f"/{origin_hash(HONEST.origin)}/checkpoint", b"")
    assert (response.status, response.headers["Allow"]) == (405, "GET")


def test_413_before_the_body_is_read(service: Served) -> None:
    connection = service.connect()
    connection.putrequest("POST", "/add-checkpoint")
    connection.putheader("Content-Length", str(MAX_REQUEST_BYTES + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (413, "close")
    response.read()
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param([], 411, id="no length"),
        pytest.param([("Transfer-Encoding", "chunked")], 411, id="chunked"),
        pytest.param([("Content-Length", "1"), ("Content-Length", "2")], 411, id="two lengths"),
        pytest.param([("Content-Length", "-1")], 400, id="a negative length"),
        pytest.param([("Content-Length", "0x10")], 400, id="a hexadecimal length"),
        pytest.param([("Content-Length", "+5")], 400, id="a signed length"),
    ],
)
def test_a_body_of_unknown_length_is_refused_and_the_connection_closed(
    service: Served, headers: list[tuple[str, str]], status: int
) -> None:
    connection = service.connect()
    connection.putrequest("POST", "/add-checkpoint")
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (status, "close")
    response.read()
    connection.close()


def test_one_connection_serves_many_requests(service: Served) -> None:
    connection = service.connect()
    for old_size, size in ((10, 11), (11, 12), (12, 12), (3, 20)):
        connection.request("POST", "/add-checkpoint", HONEST.request(old_size, size).format())
        response = connection.getresponse()
        assert response.status == (409 if old_size == 3 else 200)
        response.read()
    connection.close()
    assert [each.answer.status for each in service.told(4)] == [200, 200, 200, 409]
