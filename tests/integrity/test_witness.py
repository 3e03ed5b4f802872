"""The request to a witness is C2SP tlog-witness's add-checkpoint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import SealFormatError
from earwitness.integrity.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from earwitness.integrity.encoding import MAX_DECIMAL
from earwitness.integrity.merkle import consistency_proof, leaf_hash, verify_consistency
from earwitness.integrity.witness import MAX_REQUEST_BYTES, AddCheckpoint
from tests.integrity.notes import ALICE
from tests.integrity.trees import LEAVES, ROOTS

HEAD = Checkpoint("alice.example/calls/7", 5, ROOTS[5])
TAIL = b"\n" + sign_checkpoint(HEAD, ALICE)
HASH = b"vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"

requests = st.builds(
    AddCheckpoint,
    st.integers(0, MAX_DECIMAL),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.binary(),
)


def test_a_request_is_the_text_of_its_specification():
    proof = consistency_proof([leaf_hash(leaf) for leaf in LEAVES], 2, 5)
    request = AddCheckpoint(2, tuple(proof), TAIL[1:])
    assert request.format() == (
        b"old 2\nXwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=\n" + HASH + TAIL
    )


def test_a_witness_finds_in_a_request_all_it_needs():
    proof = consistency_proof([leaf_hash(leaf) for leaf in LEAVES], 3, 5)
    request = AddCheckpoint.parse(AddCheckpoint(3, tuple(proof), TAIL[1:]).format())
    new = open_checkpoint(request.checkpoint, [ALICE.verifier], HEAD.origin).checkpoint
    verify_consistency(request.old_size, ROOTS[3], new.size, new.root, request.proof)


def test_a_first_request_has_no_proof():
    first = AddCheckpoint(0, (), TAIL[1:])
    assert first.format() == b"old 0\n" + TAIL
    assert AddCheckpoint.parse(first.format()) == first


@given(requests)
def test_every_request_comes_back_as_it_was(request_: AddCheckpoint):
    assert AddCheckpoint.parse(request_.format()) == request_


@given(st.binary(max_size=60))
def test_bytes_that_are_a_request_are_spelled_as_they_would_be_written(data: bytes):
    for candidate in (data, b"old " + data + TAIL, b"old 1\n" + data + TAIL):
        try:
            read = AddCheckpoint.parse(candidate)
        except SealFormatError:
            continue
        assert read.format() == candidate


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        pytest.param(b"", "a blank line", id="nothing"),
        pytest.param(b"old 0\n", "a blank line", id="no checkpoint"),
        pytest.param(HASH + TAIL, "begin with the old size", id="no old size"),
        pytest.param(b"Old 0\n" + TAIL, "begin with the old size", id="old in capitals"),
        pytest.param(b"old\n" + TAIL, "begin with the old size", id="old without a size"),
        pytest.param(b"old 00\n" + TAIL, "not a decimal", id="a leading zero"),
        pytest.param(b"old -1\n" + TAIL, "not a decimal", id="a negative size"),
        pytest.param(b"old 0\r\n" + TAIL, "not a decimal", id="CRLF"),
        pytest.param(b"old 0 \n" + TAIL, "not a decimal", id="a space after it"),
        pytest.param(b"old 1\nAQID\n" + TAIL, "not 32 bytes", id="a short hash"),
        pytest.param(b"old 1\n" + HASH[1:] + TAIL, "not base64", id="half a hash"),
        pytest.param(b"old 1\n" + HASH * 64 + TAIL, "more hashes", id="64 hashes"),
        pytest.param(b"old 1\n\xff\n" + TAIL, "must be ASCII", id="not ASCII"),
        pytest.param(bytes(MAX_REQUEST_BYTES + 1), "cannot be larger", id="too large"),
    ],
)
def test_a_malformed_request_is_refused_by_the_rule_it_breaks(body: bytes, rule: str):
    with pytest.raises(SealFormatError, match=rule):
        AddCheckpoint.parse(body)
