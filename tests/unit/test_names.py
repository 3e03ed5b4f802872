"""Any session id is a folder of its own, inside of the store's."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earwitness.stores.names import folder_name, stream_name
from earwitness.testing import HOSTILE_NAMES

IDS = st.text(st.characters(codec=None) | st.sampled_from("aAbBfF09%~._-/\\\0\n\ud83d\ude00ſKİé"))

# What an attacker, or an accident, makes of one id to hit the folder of another.
RELATED = {
    "its folder's name": folder_name,
    "its folder's name without the digest": lambda name: folder_name(name).partition("~")[0],
    "its folder's name in capitals": lambda name: folder_name(name).upper(),
    "capitals": str.upper,
    "small letters": str.lower,
    "swapped case": str.swapcase,
    "folded case": str.casefold,
    "composed": lambda name: unicodedata.normalize("NFC", name),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "compatible": lambda name: unicodedata.normalize("NFKC", name),
    "a split character joined": lambda name: name.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    ),
    "a space behind": lambda name: name + " ",
    "a dot behind": lambda name: name + ".",
    "a NUL behind": lambda name: name + "\0",
    "a slash behind": lambda name: name + "/",
    "cut": lambda name: name[:80],
    "long": lambda name: name * 200,
    "longer": lambda name: name * 201,
}


@given(IDS)
@example("")
@example(".")
@example("..")
@example("../..")
@example("/")
@example("a" * 10_000)
@example("A" * 160)
@example("é" * 10_000)
def test_a_name_is_one_part_of_a_path_and_never_a_way_out(name: str):
    folder = folder_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_%~-]+", folder)
    assert len(folder) <= 255
    assert (Path("/store") / folder).resolve().parent == Path("/store")


@pytest.mark.parametrize("how", RELATED)
@given(IDS)
@example("a/b")
@example("A")
@example("é")
@example("\u212a")  # the Kelvin sign, which becomes a k in small letters
@example("a" * 161)
@example("A" * 161)
@example("\ud83d\ude00")
def test_two_ids_never_share_a_folder_even_where_case_does_not_count(how: str, name: str):
    other = RELATED[how](name)
    if other != name:
        assert folder_name(other).casefold() != folder_name(name).casefold()


@given(st.lists(IDS, unique=True))
def test_no_two_of_many_ids_share_a_folder(names: list[str]):
    assert len({folder_name(name).casefold() for name in names}) == len(names)


def test_hostile_names_have_folders_of_their_own():
    folders = [folder_name(name).casefold() for name in HOSTILE_NAMES]
    assert len(set(folders)) == len(HOSTILE_NAMES)


@given(IDS)
def test_a_folder_tells_its_stream_unless_its_name_was_cut(name: str):
    folder = folder_name(name)
    assert stream_name(folder) == (None if re.search("~[0-9a-f]{64}$", folder) else name)


@given(st.text() | IDS.map(folder_name).map(str.upper) | IDS.map(folder_name).map(str.lower))
@example("a~0123456789abcdef")
@example("A~0123456789abcdef")
@example("A")
@example("%")
@example("%%")
@example("%2F")
@example("%61")
@example("%ff")
@example("..")
@example("a" * 161)
@example("")
@example("a\n")
def test_a_folder_that_is_no_streams_tells_none(folder: str):
    stream = stream_name(folder)
    assert stream is None or folder_name(stream) == folder


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("AJ_b7Tz-2", "AJ_b7Tz-2~4e44ebe06163a065"),
        ("room-1_a", "room-1_a"),
        ("", "%"),
        ("%", "%25"),
        ("a.b", "a%2eb"),
        ("é", "%c3%a9"),
    ],
)
def test_what_can_be_read_stays_readable(name: str, folder: str):
    assert folder_name(name) == folder
