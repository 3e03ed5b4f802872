"""One thing has one name in a store, which tells nothing without the store's key."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import EarwitnessError, PseudonymKeyError
from earwitness.privacy.pseudonyms import PSEUDONYM_KEY_FILE, Pseudonyms, find_pseudonyms

KEY = bytes(range(32))
TEXTS = st.text(st.characters(codec=None))


@given(TEXTS, TEXTS)
def test_one_thing_has_one_name_and_two_things_have_two(one: str, other: str):
    names = Pseudonyms(KEY, length=64)
    assert (names.of("phone", one) == names.of("phone", other)) == (one == other)


def test_a_thing_of_another_kind_or_store_has_another_name():
    names = {Pseudonyms(KEY).of("phone", "1"), Pseudonyms(KEY).of("card", "1")}
    assert len(names | {Pseudonyms(bytes(32)).of("phone", "1")}) == 3


def test_kind_and_thing_do_not_run_into_each_other():
    assert Pseudonyms(KEY).of("card", "1") != Pseudonyms(KEY).of("car", "d1")


@pytest.mark.parametrize("length", [4, 8, 64])
def test_a_name_is_as_long_as_asked(length: int):
    name = Pseudonyms(KEY, length).of("phone", "1")
    assert len(name) == length
    assert Pseudonyms(KEY, 64).of("phone", "1").startswith(name)


@pytest.mark.parametrize("length", [0, 3, 65])
def test_a_length_that_tells_nothing_or_does_not_exist_is_refused(length: int):
    with pytest.raises(ValueError, match="length"):
        Pseudonyms(KEY, length)


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes):
    with pytest.raises(PseudonymKeyError):
        Pseudonyms(key)


def test_the_key_is_not_in_the_repr():
    assert repr(Pseudonyms(KEY)) == "Pseudonyms(length=8)"


def test_a_key_is_made_once_for_the_owner_alone(tmp_path: Path):
    first = find_pseudonyms(tmp_path / "keys")
    assert find_pseudonyms(tmp_path / "keys") == first
    file = tmp_path / "keys" / PSEUDONYM_KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "keys") == [PSEUDONYM_KEY_FILE]


def test_who_asks_for_a_key_at_once_gets_the_same(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: find_pseudonyms(tmp_path), range(32)))
    assert made == [made[0]] * 32


def test_each_store_has_a_key_of_its_own(tmp_path: Path):
    assert find_pseudonyms(tmp_path / "a").key != find_pseudonyms(tmp_path / "b").key


@pytest.mark.parametrize("content", [b"", b"\n", b"zz" * 32, b"ab" * 31, b"\xff" * 64])
def test_a_file_that_holds_no_key_is_refused_without_being_told(tmp_path: Path, content: bytes):
    (tmp_path / PSEUDONYM_KEY_FILE).write_bytes(content)
    with pytest.raises(EarwitnessError) as caught:
        find_pseudonyms(tmp_path)
    assert isinstance(caught.value, PseudonymKeyError)
    assert "ab" * 8 not in str(caught.value)
    assert (tmp_path / PSEUDONYM_KEY_FILE).read_bytes() == content
