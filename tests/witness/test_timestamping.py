"""An authority's timestamp says that a checkpoint was there, and is verified without it."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness import (
    EarwitnessError,
    IntegrityError,
    JournalEventStore,
    ProofError,
    UnknownSignerError,
    timestamping,
)
from earwitness.sealed import SealedLog, read_sealed
from earwitness.timestamping import (
    Timestamp,
    read_certificates,
    stamp,
    stored_timestamps,
    verify_timestamp,
)
from tests.witness.authority import Authority, new_authority, openssl_can_stamp
from tests.witness.logs import LOG, STRANGER
from tests.witness.recordings import cut, forge, grow
from tests.witness.serving import answering

pytest.importorskip("rfc3161_client", reason='needs the extra "timestamps"')

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

pytestmark = pytest.mark.skipif(not openssl_can_stamp(), reason="openssl has no `ts` here")

KEYS = [LOG.verifier]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("tsa") / "authority")


@pytest.fixture
def tsa(authority: Authority) -> Iterator[str]:
    with authority.served() as url:
        yield url


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    """A store that holds a session of ten events, all of them sealed."""
    store = JournalEventStore(tmp_path / "store", signer=LOG)
    grow(store, "call", 10)
    return store


def sealed(store: JournalEventStore) -> SealedLog:
    log = read_sealed(store, "call")
    assert log is not None
    return log


def stamped(store: JournalEventStore, tsa: str, authority: Authority) -> Path:
    return stamp(store, sealed(store), tsa, [authority.root])[0]


def verified(store: JournalEventStore, path: Path, authority: Authority) -> Timestamp:
    return verify_timestamp(sealed(store), path, [authority.root], KEYS)


def test_a_timestamp_tells_when_how_many_events_were_there(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    told = verified(store, stamped(store, tsa, authority), authority)
    assert (told.size, told.authority) == (10, "CN=Authority")
    assert before <= told.time <= dt.datetime.now(dt.UTC)


def test_what_was_stamped_is_kept_as_it_was(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    checkpoint = (store.folder("call") / "checkpoint").read_bytes()
    path = stamped(store, tsa, authority)
    grow(store, "call", 20)
    assert path == store.folder("call") / "timestamps" / "10.tsr"
    assert path.with_suffix(".checkpoint").read_bytes() == checkpoint
    assert verified(store, path, authority).size == 10


def test_openssl_verifies_it_from_the_two_files(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    path = stamped(store, tsa, authority)
    data = str(path.with_suffix(".checkpoint"))
    command = ["openssl", "ts", "-verify", "-in", str(path), "-data", data]
    command += ["-CAfile", str(authority.root_file)]
    command += ["-untrusted", str(authority.folder / "authority.pem")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Verification: OK" in run.stdout + run.stderr


def test_each_size_has_a_timestamp_of_its_own_and_one_only(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    first = stamp(store, sealed(store), tsa)
    assert stamp(store, sealed(store), "http://127.0.0.1:1") == (first[0], False)
    grow(store, "call", 200)
    second = stamp(store, sealed(store), tsa)
    assert stored_timestamps(store.folder("call")) == [first[0], second[0]]
    assert [first[1], second[1]] == [True, True]


def test_a_log_that_was_rewritten_after_it_was_stamped_is_found(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    path = stamped(store, tsa, authority)
    forge(store, "call", 4)
    with pytest.raises(ProofError, match="not what was sealed"):
        verified(store, path, authority)
    with pytest.raises(ProofError, match="Another tree of this size"):
        stamp(store, sealed(store), tsa)
    cut(store, "call", 9)
    with pytest.raises(ProofError, match="not what was sealed"):
        verified(store, path, authority)


def test_a_timestamp_of_other_bytes_is_refused(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    path = stamped(store, tsa, authority)
    grow(store, "call", 20)
    path.with_suffix(".checkpoint").write_bytes((store.folder("call") / "checkpoint").read_bytes())
    with pytest.raises(IntegrityError, match="not the timestamp"):
        verified(store, path, authority)


def test_a_checkpoint_that_no_known_key_signed_is_refused(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    path = stamped(store, tsa, authority)
    with pytest.raises(UnknownSignerError):
        verify_timestamp(sealed(store), path, [authority.root], [STRANGER.verifier])


def test_an_authority_that_nobody_trusts_is_refused(
    store: JournalEventStore, tsa: str, authority: Authority, tmp_path: Path
) -> None:
    other = new_authority(tmp_path / "other")
    with pytest.raises(IntegrityError, match="not the timestamp"):
        stamp(store, sealed(store), tsa, [other.root])
    assert stored_timestamps(store.folder("call")) == []
    path = stamped(store, tsa, authority)
    with pytest.raises(IntegrityError, match="not the timestamp"):
        verified(store, path, other)


def test_no_change_to_a_response_changes_what_it_tells(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    path = stamped(store, tsa, authority)
    log, whole = sealed(store), path.read_bytes()
    told = verified(store, path, authority)
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            again = verify_timestamp(log, path, [authority.root], KEYS)
        except IntegrityError:
            refused += 1
        else:  # some bytes of DER are covered by no signature, and say nothing
            assert again == told
    assert refused > 0.9 * len(whole)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        pytest.param(200, "application/timestamp-reply", b"", id="nothing"),
        pytest.param(200, "application/timestamp-reply", b"0\x00", id="no DER"),
        pytest.param(200, "application/timestamp-reply", b"0\x03\x02\x01\x02", id="not granted"),
        pytest.param(200, "text/html", b"<html>", id="a page"),
        pytest.param(503, "application/timestamp-reply", b"", id="a failure"),
    ],
)
def test_an_answer_that_is_no_timestamp_is_an_error_and_not_kept(
    store: JournalEventStore, status: int, content_type: str, body: bytes
) -> None:
    with (
        answering(lambda path, posted: (status, content_type, body)) as url,
        pytest.raises(EarwitnessError),
    ):
        stamp(store, sealed(store), url)
    assert stored_timestamps(store.folder("call")) == []


def test_what_the_authority_does_not_grant_is_told(
    store: JournalEventStore, authority: Authority
) -> None:
    def refuse(path: str, posted: bytes) -> tuple[int, str, bytes]:
        return 200, "application/timestamp-reply", authority.reply(b"nonsense")

    with answering(refuse) as url, pytest.raises(EarwitnessError, match="does not grant") as raised:
        stamp(store, sealed(store), url)
    assert "Bad request format" in raised.value.got


def test_a_response_to_an_earlier_request_is_refused(
    store: JournalEventStore, tsa: str, authority: Authority
) -> None:
    old = stamped(store, tsa, authority).read_bytes()
    (store.folder("call") / "timestamps" / "10.tsr").unlink()
    with (
        answering(lambda path, posted: (200, "application/timestamp-reply", old)) as url,
        pytest.raises(IntegrityError) as raised,
    ):
        stamp(store, sealed(store), url)
    assert raised.value.expected == "the nonce of the request"


def test_a_response_to_another_request_is_refused(
    store: JournalEventStore, authority: Authority
) -> None:
    other = TimestampRequestBuilder(b"other bytes", HashAlgorithm.SHA256).build().as_bytes()

    def answer(path: str, posted: bytes) -> tuple[int, str, bytes]:
        return 200, "application/timestamp-reply", authority.reply(other)

    with answering(answer) as url, pytest.raises(IntegrityError) as raised:
        stamp(store, sealed(store), url)
    assert raised.value.expected == "the digest that was asked for"


def test_a_file_without_certificates_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    file.write_text("none")
    with pytest.raises(EarwitnessError, match="no certificates"):
        read_certificates(file)


def test_without_the_extra_it_says_what_to_install(
    store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timestamping, "find_spec", lambda name: None)
    with pytest.raises(EarwitnessError, match="not installed") as raised:
        stamp(store, sealed(store), "http://127.0.0.1:1")
    assert raised.value.hint == 'pip install "earwitness[timestamps]"'
