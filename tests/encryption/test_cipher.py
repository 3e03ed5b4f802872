"""What a data key encrypts opens with that key, as it was and where it was, and not otherwise."""

from __future__ import annotations

import io

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness.codec import decode_line, encode_line, withheld_line
from earwitness.encryption.cipher import CHUNK_BYTES, DataKey
from earwitness.exceptions import DecryptionError, PayloadEncryptedError, PayloadWithheldError
from earwitness.testing import an_event

KEY = DataKey(bytes(range(32)))
OTHER = DataKey(bytes(32))

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each, max_size=3)
)


@given(payload=anything, position=st.integers(0, 2**40))
def test_an_event_comes_back_as_it_was(payload: object, position: int) -> None:
    event = an_event(position, payload=payload)
    line = encode_line(KEY.encrypt(event))
    assert KEY.decrypt(decode_line(line[:-1], where="line")) == event


@given(payload=anything)
def test_encryption_changes_no_leaf(payload: object) -> None:
    event = an_event(payload=payload)
    assert withheld_line(KEY.encrypt(event)) == withheld_line(event)


def test_neither_payload_nor_salt_stand_in_the_line() -> None:
    event = an_event(payload="The card is 4111 1111 1111 1111.")
    line = encode_line(KEY.encrypt(event))
    assert b"4111" not in line
    assert event.salt is not None
    assert event.salt.encode() not in line


def test_the_same_event_is_encrypted_anew_each_time() -> None:
    event = an_event()
    assert KEY.encrypt(event) != KEY.encrypt(event)


def test_an_event_without_a_payload_has_nothing_to_encrypt() -> None:
    event = an_event(withheld=True)
    assert KEY.encrypt(event) == event
    assert KEY.decrypt(event) == event


def test_without_the_key_the_payload_says_that_it_is_encrypted() -> None:
    event = KEY.encrypt(an_event())
    assert event.withheld
    with pytest.raises(PayloadEncryptedError, match="EARWITNESS_KEYRING") as error:
        _ = event.payload
    assert isinstance(error.value, PayloadWithheldError)


@pytest.mark.parametrize(
    "moved",
    [{"position": 1}, {"recorded_at": 1}, {"type": "other"}, {"commitment": "0" * 64}],
    ids=lambda moved: next(iter(moved)),
)
def test_an_encrypted_payload_opens_in_its_own_line_only(moved: dict[str, object]) -> None:
    event = evolve(KEY.encrypt(an_event()), **moved)
    with pytest.raises(DecryptionError, match=r"event \d"):
        KEY.decrypt(event)


def test_no_other_key_opens_it() -> None:
    with pytest.raises(DecryptionError):
        OTHER.decrypt(KEY.encrypt(an_event()))


@given(st.binary(max_size=200))
def test_a_file_comes_back_as_it_was(data: bytes) -> None:
    encrypted = KEY.encrypt_file("report.json", data)
    assert b"".join(KEY.decrypt_file("report.json", io.BytesIO(encrypted))) == data


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_a_file_of_any_size_comes_back(size: int) -> None:
    data = bytes(size)
    encrypted = KEY.encrypt_file("audio.ogg", data)
    assert b"".join(KEY.decrypt_file("audio.ogg", io.BytesIO(encrypted))) == data


@given(data=st.data())
def test_a_file_with_a_single_byte_changed_gives_nothing(data: st.DataObject) -> None:
    encrypted = bytearray(KEY.encrypt_file("report.json", b"what was said"))
    place = data.draw(st.integers(0, len(encrypted) - 1))
    encrypted[place] ^= data.draw(st.integers(1, 255))
    try:
        opened = b"".join(KEY.decrypt_file("report.json", io.BytesIO(bytes(encrypted))))
    except DecryptionError:
        opened = b""
    assert opened == b""  # a part that seems cut short is none


def test_a_file_does_not_open_under_another_name() -> None:
    encrypted = KEY.encrypt_file("report.json", b"{}")
    with pytest.raises(DecryptionError):
        list(KEY.decrypt_file("audio.ogg", io.BytesIO(encrypted)))


def test_another_sessions_file_is_told_from_a_damaged_one() -> None:
    encrypted = OTHER.encrypt_file("report.json", b"{}")
    with pytest.raises(DecryptionError) as error:
        list(KEY.decrypt_file("report.json", io.BytesIO(encrypted)))
    assert error.value.got == "another key's"


def test_nothing_may_stand_behind_the_end_of_a_file() -> None:
    encrypted = KEY.encrypt_file("report.json", b"{}") + b"x"
    with pytest.raises(DecryptionError, match="behind the last part"):
        list(KEY.decrypt_file("report.json", io.BytesIO(encrypted)))


def test_a_file_whose_writer_died_gives_the_parts_that_are_whole() -> None:
    parts = [KEY.chunk("audio.ogg", number, b"part %d." % number, last=False) for number in (0, 1)]
    cut = KEY.file_head() + parts[0] + parts[1][:-3]
    assert list(KEY.decrypt_file("audio.ogg", io.BytesIO(cut))) == [b"part 0."]


def test_parts_of_a_file_cannot_change_places() -> None:
    parts = [KEY.chunk("audio.ogg", number, b"part %d." % number, last=False) for number in (0, 1)]
    swapped = KEY.file_head() + parts[1] + parts[0]
    with pytest.raises(DecryptionError):
        list(KEY.decrypt_file("audio.ogg", io.BytesIO(swapped)))


def test_the_commitment_tells_one_key_from_another_and_does_not_show_it() -> None:
    assert KEY.commitment != OTHER.commitment
    assert KEY.secret.hex() not in KEY.commitment
    assert KEY.secret.hex() not in repr(KEY)
