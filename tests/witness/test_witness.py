"""A witness countersigns what is consistent with what it countersigned before, and nothing else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import (
    ProofError,
    SealFormatError,
    SignatureError,
    SigningKeyError,
    UnknownSignerError,
    WrongOriginError,
)
from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import EMPTY_ROOT
from earwitness.integrity.note import parse_note
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.witness import AddCheckpoint
from earwitness.witnessing.memory import origin_hash
from earwitness.witnessing.witness import LatestSize, Witness
from tests.witness.logs import (
    LOG,
    NOW,
    STRANGER,
    WITNESS,
    WITNESS_KEY,
    Log,
    cosigned,
    new_witness,
    times,
)

HONEST = Log()
FORK = Log("fork", forked_at=8)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return new_witness(tmp_path / "witness")


@pytest.fixture
def ahead(witness: Witness) -> Witness:
    """The witness after it has countersigned ten events of the honest log."""
    cosigned(witness, HONEST.request(0, 10))
    return witness


def test_a_log_that_it_never_saw_is_countersigned_at_any_size(witness: Witness) -> None:
    signatures = cosigned(witness, HONEST.request(0, 10))
    assert times(HONEST, 10, signatures) == {WITNESS_KEY: NOW}


def test_a_log_that_grew_is_countersigned(ahead: Witness) -> None:
    for old_size, size in ((10, 11), (11, 16), (16, 64)):
        assert times(HONEST, size, cosigned(ahead, HONEST.request(old_size, size)))


def test_the_same_tree_is_countersigned_again(ahead: Witness) -> None:
    assert times(HONEST, 10, cosigned(ahead, HONEST.request(10, 10)))


def test_an_empty_log_is_countersigned(witness: Witness) -> None:
    assert times(HONEST, 0, cosigned(witness, HONEST.request(0, 0)))
    assert times(HONEST, 3, cosigned(witness, HONEST.request(0, 3)))


def test_an_empty_log_has_one_root_only(witness: Witness) -> None:
    note = sign_checkpoint(Checkpoint(HONEST.origin, 0, bytes(32)), LOG)
    with pytest.raises(ProofError):
        witness.add_checkpoint(AddCheckpoint(0, (), note))
    assert HONEST.head(0).root == EMPTY_ROOT


@pytest.mark.parametrize("old_size", [0, 9, 11])
def test_who_does_not_know_the_latest_size_is_told(ahead: Witness, old_size: int) -> None:
    assert ahead.add_checkpoint(HONEST.request(old_size, 20)) == LatestSize(10)


def test_a_log_cannot_be_rolled_back(ahead: Witness) -> None:
    for old_size in (0, 5, 9):
        assert ahead.add_checkpoint(HONEST.request(old_size, 9)) == LatestSize(10)
    with pytest.raises(SealFormatError, match="larger than the checkpoint's"):
        ahead.add_checkpoint(AddCheckpoint(10, (), HONEST.note(9)))


def test_a_fork_is_refused_at_the_same_size_and_at_a_larger(ahead: Witness) -> None:
    for size in (10, 11, 32):
        with pytest.raises(ProofError):
            ahead.add_checkpoint(FORK.request(10, size))
        honest_proof = HONEST.request(10, size).proof
        with pytest.raises(ProofError):
            ahead.add_checkpoint(AddCheckpoint(10, honest_proof, FORK.note(size)))
    assert times(HONEST, 32, cosigned(ahead, HONEST.request(10, 32)))


def test_a_refused_request_leaves_the_memory_alone(ahead: Witness) -> None:
    before = ahead.latest_note(origin_hash(HONEST.origin))
    with pytest.raises(ProofError):
        ahead.add_checkpoint(FORK.request(10, 20))
    assert ahead.add_checkpoint(FORK.request(8, 20)) == LatestSize(10)
    assert ahead.latest_note(origin_hash(HONEST.origin)) == before


def test_a_proof_that_does_not_fit_is_refused(ahead: Witness) -> None:
    request = HONEST.request(10, 20)
    for proof in ((), request.proof[1:], (*request.proof, bytes(32)), request.proof[::-1]):
        with pytest.raises(ProofError):
            ahead.add_checkpoint(evolve(request, proof=proof))


def test_what_needs_no_proof_must_have_none(witness: Witness) -> None:
    with pytest.raises(ProofError):
        witness.add_checkpoint(AddCheckpoint(0, (bytes(32),), HONEST.note(10)))
    cosigned(witness, HONEST.request(0, 10))
    with pytest.raises(ProofError):
        witness.add_checkpoint(AddCheckpoint(10, (bytes(32),), HONEST.note(10)))


def test_a_request_that_is_replayed_gains_nothing(witness: Witness) -> None:
    first, second = HONEST.request(0, 10), HONEST.request(10, 20)
    cosigned(witness, first)
    cosigned(witness, second)
    assert witness.add_checkpoint(first) == LatestSize(20)
    assert witness.add_checkpoint(second) == LatestSize(20)


def test_a_log_whose_key_it_does_not_know_is_refused(witness: Witness) -> None:
    strange = Log(origin="stranger.example/call", signer=STRANGER)
    with pytest.raises(WrongOriginError, match="no key"):
        witness.add_checkpoint(strange.request(0, 10))


def test_a_key_speaks_for_its_own_name_and_what_is_below_it_only(tmp_path: Path) -> None:
    witness = new_witness(tmp_path, LOG, STRANGER)
    for origin in ("log.example", "log.example/a", "log.example/a/b"):
        assert cosigned(witness, Log(origin=origin).request(0, 3))
    for origin in ("log.example.org/a", "log.exampl", "/log.example", "LOG.example/a"):
        with pytest.raises(WrongOriginError):
            witness.add_checkpoint(Log(origin=origin).request(0, 3))
    with pytest.raises(UnknownSignerError):
        witness.add_checkpoint(Log(signer=STRANGER).request(0, 3))


def test_a_key_that_only_bears_the_name_of_a_known_one_is_refused(witness: Witness) -> None:
    impostor = Ed25519Signer.from_seed(LOG.name, bytes([9]) * 32)
    with pytest.raises(UnknownSignerError):
        witness.add_checkpoint(Log(signer=impostor).request(0, 10))


def test_a_signature_that_does_not_hold_is_refused(witness: Witness) -> None:
    forged = HONEST.note(10).replace(b"\n10\n", b"\n11\n")
    with pytest.raises(SignatureError):
        witness.add_checkpoint(AddCheckpoint(0, (), forged))


def test_signatures_of_unknown_keys_are_passed_over_and_not_kept(witness: Witness) -> None:
    note = parse_note(HONEST.note(10))
    stranger = parse_note(Log(signer=STRANGER).note(10)).signatures
    more = evolve(note, signatures=(*stranger, *note.signatures)).format()
    signatures = cosigned(witness, AddCheckpoint(0, (), more))
    kept = witness.latest_note(origin_hash(HONEST.origin))
    assert kept == note.signed_also(*signatures).format()


def test_both_keys_of_a_log_that_rotates_them_are_known(tmp_path: Path) -> None:
    rotated = Ed25519Signer.from_seed(LOG.name, bytes([9]) * 32)
    witness = new_witness(tmp_path, LOG, rotated)
    cosigned(witness, HONEST.request(0, 10))
    assert cosigned(witness, Log(signer=rotated).request(10, 20))
    with pytest.raises(ProofError):
        witness.add_checkpoint(Log("fork", 8, signer=rotated).request(20, 30))


def test_each_log_has_a_memory_of_its_own(ahead: Witness) -> None:
    other = Log("fork", origin="log.example/other")
    assert cosigned(ahead, other.request(0, 5))
    assert cosigned(ahead, HONEST.request(10, 11))


def test_it_remembers_across_restarts(tmp_path: Path) -> None:
    cosigned(new_witness(tmp_path), HONEST.request(0, 10))
    again = new_witness(tmp_path)
    assert again.add_checkpoint(FORK.request(0, 12)) == LatestSize(10)
    with pytest.raises(ProofError):
        again.add_checkpoint(FORK.request(10, 12))
    assert cosigned(again, HONEST.request(10, 12))


def test_a_clock_that_is_set_back_makes_no_larger_tree_the_older(tmp_path: Path) -> None:
    now = [NOW, NOW - 1000, NOW + 5]
    witness = Witness(tmp_path, WITNESS, [LOG.verifier], clock=lambda: now.pop(0))
    told = [
        times(HONEST, size, cosigned(witness, HONEST.request(old_size, size)))[WITNESS_KEY]
        for old_size, size in ((0, 10), (10, 20), (20, 30))
    ]
    assert told == [NOW, NOW, NOW + 5]


def test_a_log_cannot_be_its_own_witness(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match="its own witness"):
        Witness(tmp_path / "state", LOG, [STRANGER.verifier, LOG.verifier])
    assert not (tmp_path / "state").exists()


def test_a_signer_that_fails_is_no_fault_of_the_request(tmp_path: Path) -> None:
    class Wrong:
        name, verifier = WITNESS.name, WITNESS.verifier

        def sign(self, message: bytes) -> bytes:
            return bytes(64)

    witness = Witness(tmp_path, Wrong(), [LOG.verifier])
    with pytest.raises(SigningKeyError, match="could not sign"):
        witness.add_checkpoint(HONEST.request(0, 10))
    assert cosigned(new_witness(tmp_path), HONEST.request(0, 4))


BRANCHES = {"main": HONEST, "fork": FORK, "late": Log("late", forked_at=20)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(BRANCHES)),
            st.sampled_from(sorted(BRANCHES)),
            st.integers(0, 32),
            st.integers(0, 32),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_one_lineage_is_ever_countersigned(
    attempts: list[tuple[str, str, int, int, bool]],
) -> None:
    with TemporaryDirectory() as folder:
        witness, heads = new_witness(Path(folder)), [HONEST.head(0)]
        for branch, prover, old_size, size, informed in attempts:
            old_size = heads[-1].size if informed else old_size
            proof = BRANCHES[prover].request(old_size, size).proof
            request = AddCheckpoint(old_size, proof, BRANCHES[branch].note(size))
            try:
                answer = witness.add_checkpoint(request)
            except (ProofError, SealFormatError):
                continue
            if isinstance(answer, LatestSize):
                assert answer.size == heads[-1].size != old_size
            else:
                heads.append(BRANCHES[branch].head(size))
        assert any(all(log.head(head.size) == head for head in heads) for log in BRANCHES.values())
        assert [head.size for head in heads] == sorted(head.size for head in heads)
