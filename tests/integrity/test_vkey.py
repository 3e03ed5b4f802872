"""A verifier key has one spelling, which is C2SP signed-note's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import SealFormatError
from earwitness.integrity.cosignature import CosignerKey
from earwitness.integrity.encoding import encode_base64
from earwitness.integrity.vkey import VerifierKey, check_name, key_id
from tests.integrity.notes import FOO_KEY, PETER_KEY

FOO = VerifierKey.parse(FOO_KEY)

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2028\u2029\u202f\u205f\u3000"

names = st.text(min_size=1).filter(
    lambda name: not any(c.isspace() or c == "+" or c < " " for c in name)
)


@pytest.mark.parametrize("vkey", [FOO_KEY, PETER_KEY])
def test_the_published_keys_come_back_as_they_were(vkey: str):
    assert str(VerifierKey.parse(vkey)) == vkey


def test_the_id_of_the_published_key_is_the_published_one():
    assert FOO.name == "example.com/foo"
    assert FOO.id.hex() == key_id(FOO.name, 0x01, FOO.public_key).hex() == "530d903a"


@given(names, st.binary(min_size=32, max_size=32), st.sampled_from([VerifierKey, CosignerKey]))
def test_every_key_comes_back_as_it_was(name: str, public_key: bytes, cls: type[VerifierKey]):
    key = cls(name, public_key)
    assert cls.parse(str(key)) == key


@pytest.mark.parametrize("name", ["", *(f"a{c}b" for c in SPACES), "a+b", "a\x00", "a\ud800"])
def test_a_name_that_no_key_may_have_is_refused(name: str):
    with pytest.raises(SealFormatError, match="cannot have this name"):
        check_name(name, where="")
    with pytest.raises(SealFormatError, match="cannot have this name"):
        VerifierKey(name, bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_public_key_of_another_length_is_refused(size: int):
    material = encode_base64(b"\x01" + bytes(size))
    with pytest.raises(SealFormatError, match="not a verifier key") as caught:
        VerifierKey.parse(f"foo+00000000+{material}")
    assert caught.value.got == f"{size} bytes"


@pytest.mark.parametrize(
    ("vkey", "expected"),
    [
        pytest.param("", "<name>+<key id>+<base64>", id="nothing"),
        pytest.param("example.com/foo+530d903a", "<name>+<key id>+<base64>", id="a part missing"),
        pytest.param(FOO_KEY.replace("530d", "530D"), "key id 530d903a", id="id in capitals"),
        pytest.param(FOO_KEY.replace("530d", "530e"), "key id 530d903a", id="another id"),
        pytest.param(FOO_KEY.replace("+530d", "+0530d"), "key id 530d903a", id="a longer id"),
        pytest.param("foo+530d903a+", "signature type 01", id="no key"),
        pytest.param("foo+530d903a+BA==", "signature type 01", id="a key of another type"),
        pytest.param(f"{FOO_KEY}\n", "standard base64", id="something after it"),
        pytest.param(FOO_KEY[:-1], "standard base64", id="something missing at its end"),
        pytest.param(FOO_KEY.replace("example", "ex ample"), "a name without", id="a bad name"),
    ],
)
def test_a_malformed_key_is_refused_by_the_rule_it_breaks(vkey: str, expected: str):
    with pytest.raises(SealFormatError) as caught:
        VerifierKey.parse(vkey)
    assert caught.value.expected.startswith(expected)


def test_no_key_is_read_as_one_of_another_type():
    cosigner = CosignerKey(FOO.name, FOO.public_key)
    assert cosigner != FOO
    assert cosigner.id != FOO.id
    with pytest.raises(SealFormatError, match="of the type that is wanted"):
        CosignerKey.parse(FOO_KEY)
    with pytest.raises(SealFormatError, match="of the type that is wanted"):
        VerifierKey.parse(str(cosigner))
