"""A note is C2SP signed-note's: read strictly, trusted only where a known key signed it."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import EarwitnessError, SealFormatError, SignatureError, UnknownSignerError
from earwitness.integrity.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    Signature,
    parse_note,
    parse_signatures,
    verified_signatures,
    verify_note,
)
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.vkey import VerifierKey
from tests.integrity.notes import (
    ALICE,
    BOB,
    FOO_KEY,
    FOO_NOTE,
    PETER_KEY,
    PETER_SIGNATURE,
    PETER_TEXT,
    note,
    signature,
)
from tests.integrity.trees import flips

TEXT = "hello\n"
SIGNED = note(TEXT, ALICE)
LINE = str(SIGNED.signatures[0])

texts = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]))


def test_the_published_note_is_verified_by_the_published_key():
    key = VerifierKey.parse(FOO_KEY)
    published = parse_note(FOO_NOTE)
    assert published.text == "This is an example message.\n"
    assert verify_note(published, [key]) == {key: published.signatures[0]}


def test_the_note_of_gos_documentation_is_verified_by_its_key():
    key = VerifierKey.parse(PETER_KEY)
    published = parse_note(f"{PETER_TEXT}\n{PETER_SIGNATURE}\n".encode())
    assert list(verify_note(published, [key])) == [key]


@given(st.lists(texts), st.integers(1, 4))
def test_every_note_comes_back_as_it_was(lines: list[str], count: int):
    text = "".join(f"{line}\n" for line in [*lines, ""])
    made = note(text, *[ALICE] * count)
    assert parse_note(made.format()) == made


def test_a_text_may_have_blank_lines_and_lines_like_signatures():
    text = f"a\n\n{LINE}\n\n\nb\n\n"
    assert parse_note(note(text, ALICE).format()).text == text


def test_as_many_signatures_as_the_limit_allows_are_read():
    assert len(parse_note(note(TEXT, *[ALICE] * MAX_SIGNATURES).format()).signatures) == 100


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(b"", "a blank line between", id="nothing"),
        pytest.param(f"hello\n{LINE}\n".encode(), "a blank line between", id="no blank line"),
        pytest.param(b"hello\n\n", "must have a signature", id="no signature"),
        pytest.param(f"a\n\n{LINE}\n\n".encode(), "must have a signature", id="a blank line last"),
        pytest.param(f"a\n\n{LINE}".encode(), "must end in a newline", id="no newline at the end"),
        pytest.param(f"a\n\n{LINE}\n!".encode(), "must end in a newline", id="something after it"),
        pytest.param(f"\xe9\n\n{LINE}\n".encode("latin-1", "ignore"), "UTF-8", id="not UTF-8"),
        pytest.param(f"a\r\n\n{LINE}\n".encode(), "without control characters", id="CRLF"),
        pytest.param(f"a\x00\n\n{LINE}\n".encode(), "without control characters", id="NUL"),
        pytest.param(f"a\t\n\n{LINE}\n".encode(), "without control characters", id="a tab"),
        pytest.param(f"a\n\n{LINE}\r\n".encode(), "not base64", id="CRLF after a signature"),
        pytest.param(f"a\n\n-{LINE[1:]}\n".encode(), "begin with a dash", id="a hyphen"),
        pytest.param(f"a\n\n {LINE}\n".encode(), "begin with a dash", id="an indent"),
        pytest.param(f"a\n\n{LINE}\nb\n".encode(), "begin with a dash", id="text after it"),
        pytest.param("a\n\n— \n".encode(), "a key id and bytes", id="nothing after the dash"),
        pytest.param("a\n\n— foo\n".encode(), "a key id and bytes", id="only a name"),
        pytest.param("a\n\n— foo AQIDBA==\n".encode(), "a key id and bytes", id="only a key id"),
        pytest.param("a\n\n—  AQIDBAU=\n".encode(), "cannot have this name", id="no name"),
        pytest.param("a\n\n— a+b AQIDBAU=\n".encode(), "cannot have this name", id="a bad name"),
        pytest.param(f"a\n\n{LINE} \n".encode(), "not base64", id="a space at the end"),
        pytest.param(f"a\n\n{LINE} x\n".encode(), "not base64", id="a word at the end"),
        pytest.param("a\n\n— foo AQIDBAV=\n".encode(), "not base64", id="bits that mean nothing"),
        pytest.param(
            f"a\n\n{'— foo AQIDBAU=' + chr(10)}".encode() + f"{LINE}\n".encode() * MAX_SIGNATURES,
            "more than 100 signatures",
            id="too many signatures",
        ),
        pytest.param(b"a" * (MAX_NOTE_BYTES + 1), "cannot be larger", id="too large"),
    ],
)
def test_a_malformed_note_is_refused_by_the_rule_it_breaks(data: bytes, rule: str):
    with pytest.raises(SealFormatError, match=rule):
        parse_note(data)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "end in a newline"),
        ("a", "end in a newline"),
        ("a\tb\n", "without control"),
        ("\ud800\n", "without control"),
    ],
)
def test_no_note_is_made_that_could_not_be_read(text: str, rule: str):
    with pytest.raises(SealFormatError, match=rule):
        Note(text, SIGNED.signatures)


@given(st.binary(max_size=300))
def test_bytes_that_are_a_note_are_spelled_as_they_would_be_written(data: bytes):
    for candidate in (data, b"\n\n\xe2\x80\x94 a AQIDBAU=\n" + data, data + SIGNED.format()):
        try:
            read = parse_note(candidate)
        except SealFormatError:
            continue
        assert read.format() == candidate


def test_a_witnesses_answer_is_read_as_signature_lines():
    assert parse_signatures(f"{LINE}\n{LINE}\n") == SIGNED.signatures * 2
    assert parse_signatures("") == ()


# Verifying


def test_signatures_of_unknown_keys_are_ignored():
    made = note(TEXT, BOB, ALICE)
    assert verify_note(made, [ALICE.verifier]) == {ALICE.verifier: made.signatures[1]}


def test_a_key_that_shares_only_name_or_id_is_an_unknown_one():
    real = SIGNED.signatures[0]
    namesake = evolve(real, key_id=bytes(4))
    lookalike = evolve(real, name="somebody.else")
    made = Note(TEXT, (namesake, lookalike, real))
    assert verify_note(made, [ALICE.verifier]) == {ALICE.verifier: real}


def test_a_note_that_no_known_key_signed_is_refused():
    with pytest.raises(UnknownSignerError) as caught:
        verify_note(SIGNED, [BOB.verifier])
    assert caught.value.expected == f"bob.example/w1+{BOB.verifier.id.hex()}"
    assert caught.value.got == f"alice.example/calls+{ALICE.verifier.id.hex()}"
    with pytest.raises(UnknownSignerError):
        verify_note(SIGNED, [])


def test_a_reader_who_needs_no_signature_gets_none_that_is_not_there():
    assert verified_signatures(SIGNED, [BOB.verifier]) == {}


def test_a_bad_signature_of_a_known_key_spoils_the_note_whoever_else_signed():
    made = Note(TEXT, (signature(BOB, TEXT), signature(ALICE, "another text\n")))
    with pytest.raises(SignatureError, match="did not make this signature") as caught:
        verify_note(made, [BOB.verifier, ALICE.verifier])
    assert ALICE.name in caught.value.where


@pytest.mark.parametrize("data", [b"x", bytes(63), bytes(64), bytes(65)])
def test_a_signature_that_is_none_is_refused(data: bytes):
    made = Note(TEXT, (evolve(SIGNED.signatures[0], signature=data),))
    with pytest.raises(SignatureError):
        verify_note(made, [ALICE.verifier])


def test_a_key_that_signed_twice_is_one_signer_with_its_first_signature():
    made = note(TEXT, ALICE, ALICE)
    assert verify_note(made, [ALICE.verifier, ALICE.verifier]) == {
        ALICE.verifier: made.signatures[0]
    }


def test_a_bad_second_signature_of_a_key_is_not_passed_over():
    made = Note(TEXT, (signature(ALICE, TEXT), signature(ALICE, "another text\n")))
    with pytest.raises(SignatureError):
        verify_note(made, [ALICE.verifier])


def test_two_keys_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("earwitness.integrity.vkey.key_id", lambda *_: bytes(4))
    namesake = Ed25519Signer.from_seed(ALICE.name, bytes(32))
    with pytest.raises(SignatureError, match="one name and one id"):
        verify_note(SIGNED, [ALICE.verifier, namesake.verifier])


def test_every_flipped_bit_of_a_note_is_found():
    for mutant in flips(SIGNED.format()):
        with pytest.raises((SealFormatError, SignatureError)):
            verify_note(parse_note(mutant), [ALICE.verifier])


def test_every_byte_that_is_cut_off_or_taken_out_is_found():
    data = SIGNED.format()
    for n in range(len(data)):
        for mutant in (data[:n], data[:n] + data[n + 1 :], data[:n] + b" " + data[n:]):
            with pytest.raises(EarwitnessError):
                verify_note(parse_note(mutant), [ALICE.verifier])


def test_a_signature_is_added_under_the_others():
    both = SIGNED.signed_also(signature(BOB, TEXT))
    assert both == note(TEXT, ALICE, BOB)
    assert isinstance(both.signatures[1], Signature)
    assert set(verify_note(both, [ALICE.verifier, BOB.verifier])) == {ALICE.verifier, BOB.verifier}
