"""A checkpoint is C2SP tlog-checkpoint's: one log's tree head, said in one way, signed."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import SealFormatError, SignatureError, UnknownSignerError, WrongOriginError
from earwitness.integrity.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    open_checkpoint,
    sign_checkpoint,
)
from earwitness.integrity.encoding import MAX_DECIMAL
from tests.integrity.notes import ALICE, BOB, note, signature
from tests.integrity.trees import ROOTS, flips

ORIGIN = "alice.example/calls/7"
HEAD = Checkpoint(ORIGIN, 8, ROOTS[8])
ROOT = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
TEXT = f"{ORIGIN}\n8\n{ROOT}\n"

lines = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(0, MAX_DECIMAL),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
)


def test_a_checkpoint_says_origin_size_and_root():
    assert HEAD.text == TEXT
    assert Checkpoint.parse(TEXT) == HEAD


def test_a_log_that_is_still_empty_has_size_0():
    empty = Checkpoint(ORIGIN, 0, ROOTS[0])
    assert empty.text == f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert Checkpoint.parse(empty.text) == empty


@given(checkpoints)
def test_every_checkpoint_comes_back_as_it_was(checkpoint: Checkpoint):
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    opened = open_checkpoint(sign_checkpoint(checkpoint, ALICE), [ALICE.verifier])
    assert opened.checkpoint == checkpoint


@given(st.text(alphabet="a0189=A\n ", max_size=12))
def test_text_that_is_a_checkpoint_is_spelled_as_it_would_be_written(text: str):
    for candidate in (text, f"a\n{text}{ROOT}\n", TEXT + text):
        try:
            read = Checkpoint.parse(candidate)
        except SealFormatError:
            continue
        assert read.text == candidate


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "three lines", id="nothing"),
        pytest.param(f"{ORIGIN}\n8\n", "three lines", id="two lines"),
        pytest.param(TEXT[:-1], "three lines", id="no newline at the end"),
        pytest.param(f"\n8\n{ROOT}\n", "An origin must", id="no origin"),
        pytest.param(f"{ORIGIN}\n\n{ROOT}\n", "not a decimal", id="no size"),
        pytest.param(f"{ORIGIN}\n08\n{ROOT}\n", "not a decimal", id="a leading zero"),
        pytest.param(f"{ORIGIN}\n-8\n{ROOT}\n", "not a decimal", id="a negative size"),
        pytest.param(f"{ORIGIN}\n{1 << 63}\n{ROOT}\n", "not a decimal", id="too large a size"),
        pytest.param(f"{ORIGIN}\n8\n\n", "not 32 bytes", id="no root"),
        pytest.param(f"{ORIGIN}\n8\nAQID\n", "not 32 bytes", id="a short root"),
        pytest.param(f"{ORIGIN}\n8\n{ROOT[:-2]}h=\n", "not base64", id="bits that mean nothing"),
        pytest.param(f"{TEXT}\n", "An extension must", id="an empty line last"),
        pytest.param(f"{TEXT}\nmore\n", "An extension must", id="an empty line"),
    ],
)
def test_a_malformed_checkpoint_is_refused_by_the_rule_it_breaks(text: str, rule: str):
    with pytest.raises(SealFormatError, match=rule):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"origin": ""}, "An origin must"),
        ({"origin": "a\nb"}, "An origin must"),
        ({"size": -1}, "size must"),
        ({"size": MAX_DECIMAL + 1}, "size must"),
        ({"root": bytes(31)}, "root must"),
        ({"extensions": ("",)}, "An extension must"),
        ({"extensions": ("a\nb",)}, "An extension must"),
    ],
)
def test_no_checkpoint_is_made_that_could_not_be_read(change: dict[str, Any], rule: str):
    with pytest.raises(SealFormatError, match=rule):
        evolve(HEAD, **change)


def test_no_checkpoint_is_signed_that_no_note_can_say():
    with pytest.raises(SealFormatError, match="without control characters"):
        sign_checkpoint(evolve(HEAD, origin="a\tb"), ALICE)


# Opening


def test_an_opened_checkpoint_tells_what_it_says_and_who_signed():
    data = sign_checkpoint(HEAD, ALICE)
    assert open_checkpoint(data, [BOB.verifier, ALICE.verifier], ORIGIN) == SignedCheckpoint(
        HEAD, note(TEXT, ALICE), (ALICE.verifier,)
    )


def test_a_key_that_was_rotated_still_opens_what_it_signed():
    keys = [ALICE.verifier, BOB.verifier]
    assert open_checkpoint(sign_checkpoint(HEAD, ALICE), keys).signers == (ALICE.verifier,)
    assert open_checkpoint(sign_checkpoint(HEAD, BOB), keys).signers == (BOB.verifier,)


def test_a_checkpoint_of_another_log_is_refused():
    data = sign_checkpoint(HEAD, ALICE)
    with pytest.raises(WrongOriginError) as caught:
        open_checkpoint(data, [ALICE.verifier], "alice.example/calls/8")
    assert (caught.value.expected, caught.value.got) == ("alice.example/calls/8", ORIGIN)


def test_a_checkpoint_of_a_foreign_key_is_refused():
    with pytest.raises(UnknownSignerError):
        open_checkpoint(sign_checkpoint(HEAD, BOB), [ALICE.verifier])


def test_a_checkpoint_with_another_size_under_the_signature_is_refused():
    data = note(TEXT, ALICE).format().replace(b"\n8\n", b"\n7\n")
    with pytest.raises(SignatureError, match="did not make this signature"):
        open_checkpoint(data, [ALICE.verifier])


def test_a_signed_note_that_is_no_checkpoint_is_refused():
    with pytest.raises(SealFormatError, match="three lines"):
        open_checkpoint(note("hello\n", ALICE).format(), [ALICE.verifier])


def test_nothing_is_read_of_a_checkpoint_that_is_not_signed():
    with pytest.raises(UnknownSignerError):
        open_checkpoint(note("no checkpoint\n", BOB).format(), [ALICE.verifier])


def test_other_signatures_do_not_keep_a_checkpoint_from_being_opened():
    data = note(TEXT, ALICE).signed_also(signature(BOB, "anything\n")).format()
    opened = open_checkpoint(data, [ALICE.verifier])
    assert opened.signers == (ALICE.verifier,)
    assert len(opened.note.signatures) == 2


def test_every_flipped_bit_of_a_checkpoint_is_found():
    for mutant in flips(sign_checkpoint(HEAD, ALICE)):
        with pytest.raises((SealFormatError, SignatureError)):
            open_checkpoint(mutant, [ALICE.verifier], ORIGIN)
