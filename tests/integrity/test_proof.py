"""A proof is C2SP tlog-proof's: one leaf's evidence that stands alone and passes for no other."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import (
    EarwitnessError,
    ProofError,
    SealFormatError,
    SignatureError,
    UnknownSignerError,
    WrongOriginError,
)
from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.encoding import MAX_DECIMAL
from earwitness.integrity.merkle import inclusion_proof, leaf_hash
from earwitness.integrity.proof import (
    MAX_PROOF_BYTES,
    Proof,
    format_proof,
    parse_proof,
    verify_proof,
)
from tests.integrity.notes import ALICE, BOB
from tests.integrity.trees import LEAVES, ROOTS, flips

ORIGIN = "alice.example/calls/7"
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
CHECKPOINT = sign_checkpoint(Checkpoint(ORIGIN, 8, ROOTS[8]), ALICE)
PATH = inclusion_proof(HASHES, 5, 8)
PROOF = format_proof(5, PATH, CHECKPOINT)
KEYS = [ALICE.verifier]

HEAD = b"c2sp.org/tlog-proof@v1\n"
HASH = b"vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
TAIL = b"\n" + CHECKPOINT

proofs = st.builds(
    Proof,
    st.integers(0, MAX_DECIMAL),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.binary(),
    st.none() | st.binary(min_size=1),
)


def formatted(proof: Proof) -> bytes:
    return format_proof(proof.index, proof.hashes, proof.checkpoint, proof.extra)


def test_a_proof_is_the_text_of_its_specification():
    lines = PROOF.decode().split("\n")
    assert lines[:6] == [
        "c2sp.org/tlog-proof@v1",
        "index 5",
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
        "",
    ]
    assert "\n".join(lines[6:]).encode() == CHECKPOINT


def test_extra_data_stands_before_the_index():
    made = format_proof(0, [], CHECKPOINT, b"\x01\x02\x03")
    assert made.startswith(HEAD + b"extra AQID\nindex 0\n\n")
    assert parse_proof(made).extra == b"\x01\x02\x03"


def test_no_line_is_made_of_no_extra_data():
    assert format_proof(5, PATH, CHECKPOINT, b"") == PROOF


@given(proofs)
def test_every_proof_comes_back_as_it_was(proof: Proof):
    assert parse_proof(formatted(proof)) == proof


@given(st.binary(max_size=60))
def test_bytes_that_are_a_proof_are_spelled_as_they_would_be_written(data: bytes):
    for candidate in (data, HEAD + data + TAIL, HEAD + b"index 1\n" + data + TAIL):
        try:
            read = parse_proof(candidate)
        except SealFormatError:
            continue
        assert formatted(read) == candidate


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(b"", "a blank line", id="nothing"),
        pytest.param(HEAD + b"index 0\n", "a blank line", id="no checkpoint"),
        pytest.param(b"index 0\n" + TAIL, "begin with the line", id="no first line"),
        pytest.param(PROOF.replace(b"@v1", b"@v2"), "begin with the line", id="a later version"),
        pytest.param(b" " + PROOF, "begin with the line", id="a space before it"),
        pytest.param(PROOF.replace(b"v1\n", b"v1\r\n"), "begin with the line", id="CRLF"),
        pytest.param(HEAD + TAIL, "an index line", id="no index"),
        pytest.param(HEAD + HASH + b"index 5\n" + TAIL, "an index line", id="a hash before it"),
        pytest.param(HEAD + b"Index 5\n" + TAIL, "an index line", id="index in capitals"),
        pytest.param(HEAD + b"index\n" + TAIL, "an index line", id="an index without number"),
        pytest.param(HEAD + b"index 05\n" + TAIL, "not a decimal", id="a leading zero"),
        pytest.param(HEAD + b"index -1\n" + TAIL, "not a decimal", id="a negative index"),
        pytest.param(HEAD + b"index  5\n" + TAIL, "not a decimal", id="two spaces"),
        pytest.param(HEAD + b"index 5\nindex 5\n" + TAIL, "not base64", id="two indexes"),
        pytest.param(HEAD + b"index 5\nAQID\n" + TAIL, "not 32 bytes", id="a short hash"),
        pytest.param(HEAD + b"index 5\n" + HASH[1:] + TAIL, "not base64", id="half a hash"),
        pytest.param(HEAD + b"index 5\n" + HASH * 64 + TAIL, "more hashes", id="64 hashes"),
        pytest.param(HEAD + b"extra \nindex 5\n" + TAIL, "no extra line", id="an empty extra"),
        pytest.param(HEAD + b"extra A\nindex 5\n" + TAIL, "not base64", id="extra not base64"),
        pytest.param(HEAD + b"extra AQID\n" + TAIL, "an index line", id="extra but no index"),
        pytest.param(HEAD + b"extra AQID\n" * 2 + TAIL, "an index line", id="two extras"),
        pytest.param(HEAD + b"index 5\n\xff\n" + TAIL, "must be ASCII", id="not ASCII"),
        pytest.param(bytes(MAX_PROOF_BYTES + 1), "cannot be larger", id="too large"),
    ],
)
def test_a_malformed_proof_is_refused_by_the_rule_it_breaks(data: bytes, rule: str):
    with pytest.raises(SealFormatError, match=rule):
        parse_proof(data)


# Verifying


@pytest.mark.parametrize("size", range(1, 9))
def test_the_proof_of_every_leaf_passes(size: int):
    checkpoint = Checkpoint(ORIGIN, size, ROOTS[size])
    for index in range(size):
        path = inclusion_proof(HASHES, index, size)
        data = format_proof(index, path, sign_checkpoint(checkpoint, ALICE))
        signed = verify_proof(parse_proof(data), HASHES[index], KEYS, ORIGIN)
        assert (signed.checkpoint, signed.signers) == (checkpoint, (ALICE.verifier,))


def test_a_proof_of_another_leaf_is_refused():
    with pytest.raises(ProofError, match="does not lead from the leaf to the root"):
        verify_proof(parse_proof(PROOF), HASHES[4], KEYS, ORIGIN)


def test_a_proof_of_another_place_is_refused():
    with pytest.raises(ProofError):
        verify_proof(evolve(parse_proof(PROOF), index=4), HASHES[5], KEYS, ORIGIN)


def test_a_proof_of_another_log_is_refused():
    with pytest.raises(WrongOriginError):
        verify_proof(parse_proof(PROOF), HASHES[5], KEYS, "alice.example/calls/8")


def test_a_proof_under_a_foreign_key_is_refused():
    with pytest.raises(UnknownSignerError):
        verify_proof(parse_proof(PROOF), HASHES[5], [BOB.verifier], ORIGIN)


def test_a_proof_without_a_checkpoint_is_refused():
    with pytest.raises(SealFormatError):
        verify_proof(evolve(parse_proof(PROOF), checkpoint=b""), HASHES[5], KEYS, ORIGIN)


def test_a_proof_with_the_checkpoint_of_a_smaller_tree_is_refused():
    earlier = sign_checkpoint(Checkpoint(ORIGIN, 4, ROOTS[4]), ALICE)
    with pytest.raises(ProofError, match="not in a tree of that size"):
        verify_proof(evolve(parse_proof(PROOF), checkpoint=earlier), HASHES[5], KEYS, ORIGIN)


def test_every_flipped_bit_of_a_proof_is_found():
    for mutant in flips(PROOF):
        with pytest.raises((SealFormatError, SignatureError, ProofError)):
            verify_proof(parse_proof(mutant), HASHES[5], KEYS, ORIGIN)


def test_every_byte_and_every_line_that_is_cut_off_or_taken_out_is_found():
    lines = PROOF.splitlines(keepends=True)
    mutants = [PROOF[:n] + PROOF[n + 1 :] for n in range(len(PROOF))]
    mutants += [PROOF[:n] for n in range(len(PROOF))]
    mutants += [b"".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    mutants += [
        b"".join([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]])
        for n in range(len(lines) - 1)
    ]
    for mutant in mutants:
        with pytest.raises(EarwitnessError):
            verify_proof(parse_proof(mutant), HASHES[5], KEYS, ORIGIN)
