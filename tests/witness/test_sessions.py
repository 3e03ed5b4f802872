"""A session's checkpoint is brought to a witness, and its countersignatures are kept beside it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from earwitness import (
    EarwitnessError,
    JournalEventStore,
    ProofError,
    SealFormatError,
    SessionNotFoundError,
    SignatureError,
    UnknownSignerError,
    WrongOriginError,
)
from earwitness.integrity.checkpoint import Checkpoint, open_checkpoint
from earwitness.integrity.cosignature import CosignerKey
from earwitness.integrity.note import Note
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.witness import AddCheckpoint
from earwitness.witnessing import cosigners
from earwitness.witnessing.http import HttpWitness
from earwitness.witnessing.memory import origin_hash
from earwitness.witnessing.sessions import COSIGNED_NAME, countersign, read_cosigned
from earwitness.witnessing.witness import CheckpointWitness, Cosignatures, LatestSize, Witness
from tests.witness.logs import LOG, NOW, OTHER_WITNESS, WITNESS, WITNESS_KEY
from tests.witness.recordings import cut, forge, grow
from tests.witness.serving import answering, served

OTHER_KEY = CosignerKey.of(OTHER_WITNESS)


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    """A store that holds a session of ten events, all of them sealed."""
    store = JournalEventStore(tmp_path / "store", signer=LOG)
    grow(store, "call", 10)
    return store


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", WITNESS, [LOG.verifier], clock=lambda: NOW)


@pytest.fixture
def other_witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "other", OTHER_WITNESS, [LOG.verifier], clock=lambda: NOW + 7)


def size_of(note: Note | None) -> int:
    assert note is not None
    return Checkpoint.parse(note.text).size


def names(store: JournalEventStore) -> list[str]:
    data = (store.folder("call") / COSIGNED_NAME).read_bytes()
    return [each.name for each in cosigners(data, [WITNESS_KEY, OTHER_KEY])]


def copy_of(store: JournalEventStore, folder: Path) -> JournalEventStore:
    shutil.copytree(store.root, folder)
    return JournalEventStore(folder, signer=LOG)


def test_what_is_kept_is_the_checkpoint_with_the_countersignature(
    store: JournalEventStore, witness: Witness
) -> None:
    note = countersign(store, "call", witness, [WITNESS_KEY])
    folder = store.folder("call")
    kept = (folder / COSIGNED_NAME).read_bytes()
    assert note is not None
    assert kept == note.format()
    assert kept.startswith((folder / "checkpoint").read_bytes())
    signed = open_checkpoint(kept, [LOG.verifier], "log.example/call")
    assert (signed.checkpoint.size, names(store)) == (10, [WITNESS.name])


def test_the_checkpoint_itself_is_the_recorders_and_stays_as_it_is(
    store: JournalEventStore, witness: Witness
) -> None:
    before = (store.folder("call") / "checkpoint").read_bytes()
    countersign(store, "call", witness, [WITNESS_KEY])
    assert (store.folder("call") / "checkpoint").read_bytes() == before


def test_a_log_that_grew_is_countersigned_with_a_proof(
    store: JournalEventStore, witness: Witness
) -> None:
    for size in (10, 11, 40):
        grow(store, "call", size)
        assert size_of(countersign(store, "call", witness, [WITNESS_KEY])) == size


def test_events_after_the_checkpoint_are_left_for_the_next_time(
    store: JournalEventStore, witness: Witness
) -> None:
    grow(store, "call", 15, seal=False)
    assert size_of(countersign(store, "call", witness, [WITNESS_KEY])) == 10


def test_a_session_without_a_checkpoint_has_nothing_to_countersign(
    store: JournalEventStore, witness: Witness
) -> None:
    grow(store, "new", 3, seal=False)
    assert countersign(store, "new", witness, [WITNESS_KEY]) is None
    with pytest.raises(SessionNotFoundError):
        countersign(store, "none", witness, [WITNESS_KEY])


def test_two_witnesses_of_one_checkpoint_make_a_quorum(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    countersign(store, "call", other_witness, [OTHER_KEY])
    assert names(store) == [WITNESS.name, OTHER_WITNESS.name]


def test_countersignatures_of_a_larger_checkpoint_take_the_place_of_the_smaller_ones(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    grow(store, "call", 20)
    countersign(store, "call", other_witness, [OTHER_KEY])
    assert names(store) == [OTHER_WITNESS.name]
    countersign(store, "call", witness, [WITNESS_KEY])
    assert names(store) == [WITNESS.name, OTHER_WITNESS.name]


def test_who_has_countersigned_a_checkpoint_is_not_asked_again(
    store: JournalEventStore, witness: Witness
) -> None:
    once = countersign(store, "call", witness, [WITNESS_KEY])
    nobody = HttpWitness("http://127.0.0.1:1")
    assert countersign(store, "call", nobody, [WITNESS_KEY]) == once


def test_a_countersignature_that_does_not_hold_is_replaced(
    store: JournalEventStore, witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    path = store.folder("call") / COSIGNED_NAME
    good = path.read_bytes()
    path.write_bytes(good[:-10] + b"AAAAAAA==\n")
    countersign(store, "call", witness, [WITNESS_KEY])
    assert path.read_bytes() == good


def test_a_log_that_was_rewritten_by_who_has_the_key_is_refused(
    store: JournalEventStore, witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    kept = (store.folder("call") / COSIGNED_NAME).read_bytes()
    forge(store, "call", 4)
    for size in (10, 12):
        grow(store, "call", size)
        with pytest.raises(ProofError):
            countersign(store, "call", witness, [WITNESS_KEY])
    assert (store.folder("call") / COSIGNED_NAME).read_bytes() == kept


def test_it_is_refused_too_if_its_countersignatures_were_removed(
    store: JournalEventStore, witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    (store.folder("call") / COSIGNED_NAME).unlink()
    forge(store, "call", 4)
    with pytest.raises(ProofError):
        countersign(store, "call", witness, [WITNESS_KEY])
    assert read_cosigned(store.folder("call")) is None


def test_a_log_that_was_cut_by_who_has_the_key_is_refused(
    store: JournalEventStore, witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    cut(store, "call", 9)
    with pytest.raises(ProofError, match="not what was sealed"):
        countersign(store, "call", witness, [WITNESS_KEY])
    (store.folder("call") / COSIGNED_NAME).unlink()
    with pytest.raises(ProofError, match="larger tree"):
        countersign(store, "call", witness, [WITNESS_KEY])


def test_a_countersigned_log_without_a_checkpoint_is_refused(
    store: JournalEventStore, witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    (store.folder("call") / "checkpoint").unlink()
    with pytest.raises(ProofError, match="has no checkpoint"):
        countersign(store, "call", witness, [WITNESS_KEY])


def test_what_somebody_else_has_countersigned_meanwhile_is_kept_if_it_is_larger(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    class Slow:
        def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
            grow(store, "call", 20)
            countersign(store, "call", witness, [WITNESS_KEY])
            return other_witness.add_checkpoint(request)

    assert size_of(countersign(store, "call", Slow(), [OTHER_KEY])) == 20
    assert names(store) == [WITNESS.name]
    countersign(store, "call", other_witness, [OTHER_KEY])
    assert names(store) == [WITNESS.name, OTHER_WITNESS.name]


def test_another_witness_does_not_overwrite_the_evidence_against_a_log(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    countersign(store, "call", witness, [WITNESS_KEY])
    kept = (store.folder("call") / COSIGNED_NAME).read_bytes()
    forge(store, "call", 4)
    grow(store, "call", 20)
    with pytest.raises(ProofError, match="not what was sealed"):
        countersign(store, "call", other_witness, [OTHER_KEY])
    assert (store.folder("call") / COSIGNED_NAME).read_bytes() == kept


def test_a_log_that_is_not_what_its_checkpoint_sealed_is_not_even_shown(
    store: JournalEventStore, witness: Witness
) -> None:
    sealed = (store.folder("call") / "checkpoint").read_bytes()
    forge(store, "call", 4)
    (store.folder("call") / "checkpoint").write_bytes(sealed)
    with pytest.raises(ProofError, match="not what was sealed"):
        countersign(store, "call", witness, [WITNESS_KEY])
    assert witness.latest_note(origin_hash("log.example/call")) is None


def test_a_checkpoint_of_another_session_is_refused(
    store: JournalEventStore, witness: Witness
) -> None:
    grow(store, "other", 10)
    other = store.folder("other") / "checkpoint"
    (store.folder("call") / "checkpoint").write_bytes(other.read_bytes())
    with pytest.raises(WrongOriginError, match="another session's"):
        countersign(store, "call", witness, [WITNESS_KEY])


def test_an_older_copy_is_told_that_a_larger_tree_is_known(
    store: JournalEventStore, witness: Witness, tmp_path: Path
) -> None:
    old = copy_of(store, tmp_path / "copy")
    grow(store, "call", 20)
    countersign(store, "call", witness, [WITNESS_KEY])
    with pytest.raises(ProofError, match="larger tree"):
        countersign(old, "call", witness, [WITNESS_KEY])


def test_a_log_whose_key_has_changed_begins_anew_under_its_new_name(
    store: JournalEventStore, tmp_path: Path
) -> None:
    renamed = Ed25519Signer.from_seed("renamed.example", bytes([5]) * 32)
    keys = [LOG.verifier, renamed.verifier]
    witness = Witness(tmp_path / "witness", WITNESS, keys, clock=lambda: NOW)
    countersign(store, "call", witness, [WITNESS_KEY])
    rotated = JournalEventStore(store.root, signer=renamed)
    grow(rotated, "call", 20)
    assert size_of(countersign(rotated, "call", witness, [WITNESS_KEY])) == 20


def test_several_who_ask_at_once_all_find_their_countersignatures_kept(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    asked: list[tuple[CheckpointWitness, list[CosignerKey]]]
    asked = [(witness, [WITNESS_KEY]), (other_witness, [OTHER_KEY])] * 4
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: countersign(store, "call", *each), asked))
    assert names(store) == [WITNESS.name, OTHER_WITNESS.name]


# -- over HTTP ---------------------------------------------------------------------------------


def test_a_witness_is_asked_over_http_just_as_well(
    store: JournalEventStore, witness: Witness
) -> None:
    with served(witness) as service:
        for size in (10, 20):
            grow(store, "call", size)
            note = countersign(store, "call", HttpWitness(f"{service.url}/"), [WITNESS_KEY])
            assert size_of(note) == size
    assert [each.answer.status for each in service.told(2)] == [200, 200]


def test_who_has_lost_what_the_witness_said_asks_for_its_size(
    store: JournalEventStore, witness: Witness
) -> None:
    with served(witness) as service:
        countersign(store, "call", HttpWitness(service.url), [WITNESS_KEY])
        (store.folder("call") / COSIGNED_NAME).unlink()
        grow(store, "call", 20)
        note = countersign(store, "call", HttpWitness(service.url), [WITNESS_KEY])
    assert size_of(note) == 20
    assert [each.answer.status for each in service.told(3)] == [200, 409, 200]


def test_what_a_witness_refuses_over_http_is_the_same_error(
    store: JournalEventStore, witness: Witness, tmp_path: Path
) -> None:
    strange = Ed25519Signer.from_seed("stranger.example", bytes([1]) * 32)
    impostor = Ed25519Signer.from_seed(LOG.name, bytes([1]) * 32)
    with served(witness) as service:
        remote = HttpWitness(service.url)
        for signer, error in ((strange, WrongOriginError), (impostor, SignatureError)):
            foreign = JournalEventStore(tmp_path / signer.verifier.id.hex(), signer=signer)
            grow(foreign, "call", 3)
            with pytest.raises(error, match="does not countersign"):
                countersign(foreign, "call", remote, [WITNESS_KEY])
        countersign(store, "call", remote, [WITNESS_KEY])
        (store.folder("call") / COSIGNED_NAME).unlink()
        forge(store, "call", 4)
        with pytest.raises(ProofError, match="does not countersign") as raised:
            countersign(store, "call", remote, [WITNESS_KEY])
    assert raised.value.got.startswith("status 422: Two trees of one size have two roots.")


def test_a_witness_that_signs_with_another_key_is_refused(
    store: JournalEventStore, other_witness: Witness
) -> None:
    with served(other_witness) as service, pytest.raises(UnknownSignerError):
        countersign(store, "call", HttpWitness(service.url), [WITNESS_KEY])
    assert read_cosigned(store.folder("call")) is None


def test_a_countersignature_of_something_else_is_refused(
    store: JournalEventStore, witness: Witness
) -> None:
    class Deceitful:
        def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
            grow(store, "bait", 10)
            note = countersign(store, "bait", witness, [WITNESS_KEY])
            assert note is not None
            return note.signatures

    with pytest.raises(SignatureError):
        countersign(store, "call", Deceitful(), [WITNESS_KEY])
    assert read_cosigned(store.folder("call")) is None


def test_unknown_keys_in_an_answer_are_passed_over(
    store: JournalEventStore, witness: Witness, other_witness: Witness
) -> None:
    class Both:
        def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
            answers = [each.add_checkpoint(request) for each in (other_witness, witness)]
            return tuple(
                line for answer in answers if not isinstance(answer, LatestSize) for line in answer
            )

    countersign(store, "call", Both(), [WITNESS_KEY])
    assert names(store) == [WITNESS.name]


def test_a_witness_that_never_settles_is_given_up(store: JournalEventStore) -> None:
    class Fickle:
        asked = 0

        def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
            self.asked += 1
            return LatestSize(self.asked % 7)

    with pytest.raises(EarwitnessError, match="would not settle"):
        countersign(store, "call", Fickle(), [WITNESS_KEY])


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        pytest.param(200, "text/plain", b"", id="no line"),
        pytest.param(200, "text/plain", b"hello\n", id="no signature"),
        pytest.param(200, "text/plain", b"\xff\n", id="no text"),
        pytest.param(409, "text/plain", b"5\n", id="a size of another type"),
        pytest.param(409, "text/x.tlog.size", b"05\n", id="no size"),
        pytest.param(409, "text/x.tlog.size", b"", id="nothing"),
        pytest.param(302, "text/plain", b"", id="a redirect"),
        pytest.param(500, "text/html", b"<html>", id="a failure"),
        pytest.param(200, "text/plain", b"x" * 2_000_000, id="too much"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    store: JournalEventStore, status: int, content_type: str, body: bytes
) -> None:
    with (
        answering(lambda path, posted: (status, content_type, body)) as url,
        pytest.raises(EarwitnessError),
    ):
        countersign(store, "call", HttpWitness(url), [WITNESS_KEY])
    assert read_cosigned(store.folder("call")) is None


def test_a_witness_that_is_not_there_is_an_error_that_names_it(store: JournalEventStore) -> None:
    with answering(lambda path, posted: (200, "text/plain", b"")) as url:
        pass
    with pytest.raises(OSError, match="No answer") as raised:
        countersign(store, "call", HttpWitness(url), [WITNESS_KEY])
    assert raised.value.filename == f"{url}/add-checkpoint"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://localhost/", "localhost", "http://["])
def test_what_is_no_http_url_is_refused(store: JournalEventStore, url: str) -> None:
    with pytest.raises(EarwitnessError, match="not the URL"):
        countersign(store, "call", HttpWitness(url), [WITNESS_KEY])


def test_what_is_kept_must_be_a_note(store: JournalEventStore, witness: Witness) -> None:
    (store.folder("call") / COSIGNED_NAME).write_bytes(b"nonsense")
    with pytest.raises(SealFormatError):
        countersign(store, "call", witness, [WITNESS_KEY])
