"""Each value of the C2SP formats has one spelling, and every other one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import SealFormatError
from earwitness.integrity.encoding import (
    MAX_DECIMAL,
    MAX_PROOF_HASHES,
    decode_base64,
    decode_decimal,
    decode_hash,
    decode_hashes,
    encode_base64,
    encode_hashes,
)

HASH = bytes(range(32))


@given(st.binary(max_size=70))
def test_base64_comes_back_as_it_was(data: bytes):
    assert decode_base64(encode_base64(data), where="") == data


@given(st.text(alphabet="AQgwZ/+-_= \n\r\té", max_size=12))
def test_base64_that_can_be_read_is_spelled_as_it_would_be_written(text: str):
    try:
        data = decode_base64(text, where="")
    except SealFormatError:
        return
    assert encode_base64(data) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("AQ", id="no padding"),
        pytest.param("AQ=", id="half the padding"),
        pytest.param("AQ===", id="too much padding"),
        pytest.param("AQ==AQ==", id="more after the padding"),
        pytest.param("AR==", id="unused bits that are not zero"),
        pytest.param("A_-A", id="the URL alphabet"),
        pytest.param("AQ I", id="a space"),
        pytest.param("AQID\n", id="a newline"),
        pytest.param("AQIé", id="not ASCII"),
        pytest.param("AQID\ud800", id="not even text"),
    ],
)
def test_base64_of_another_spelling_is_refused(text: str):
    with pytest.raises(SealFormatError, match="not base64"):
        decode_base64(text, where="")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(size: int):
    with pytest.raises(SealFormatError, match="not 32 bytes"):
        decode_hash(encode_base64(bytes(size)), where="")


def test_as_many_hashes_as_the_largest_tree_needs_come_back():
    hashes = (HASH,) * MAX_PROOF_HASHES
    assert decode_hashes(encode_hashes(hashes).splitlines(), where="") == hashes


def test_more_hashes_than_any_tree_needs_are_refused():
    lines = encode_hashes([HASH] * (MAX_PROOF_HASHES + 1)).splitlines()
    with pytest.raises(SealFormatError, match="more hashes than any tree has levels"):
        decode_hashes(lines, where="")


def test_a_hash_that_is_refused_is_named_by_its_place():
    with pytest.raises(SealFormatError) as caught:
        decode_hashes([encode_base64(HASH), "AQ=="], where="proof")
    assert caught.value.where == "proof, hash 1"


@given(st.integers(0, MAX_DECIMAL))
def test_a_decimal_comes_back_as_it_was(number: int):
    assert decode_decimal(str(number), where="") == number


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("00", id="a leading zero"),
        pytest.param("01", id="another leading zero"),
        pytest.param("+1", id="a plus"),
        pytest.param("-1", id="a minus"),
        pytest.param("1_000", id="an underscore"),
        pytest.param(" 1", id="a space"),
        pytest.param("1\n", id="a newline"),
        pytest.param("1.0", id="a point"),
        pytest.param("٣", id="digits that are not ASCII"),
        pytest.param(str(MAX_DECIMAL + 1), id="2^63"),
        pytest.param("1" * 5000, id="more digits than Python reads"),
    ],
)
def test_a_decimal_of_another_spelling_is_refused(text: str):
    with pytest.raises(SealFormatError, match="not a decimal"):
        decode_decimal(text, where="")


def test_a_refusal_does_not_repeat_what_it_refuses():
    with pytest.raises(SealFormatError) as caught:
        decode_base64("my card is 4111", where="a line")
    assert "4111" not in str(caught.value)
