"""A cosignature is C2SP tlog-cosignature's: a second party's, over the checkpoint and the time."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import EarwitnessError, SealFormatError, SignatureError
from earwitness.integrity.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from earwitness.integrity.cosignature import (
    CosignerKey,
    cosign,
    cosigned_message,
    verify_cosignatures,
)
from earwitness.integrity.encoding import MAX_DECIMAL
from earwitness.integrity.note import Note, Signature, parse_note
from earwitness.integrity.vkey import key_id, verify_ed25519
from tests.integrity.notes import ALICE, BOB, signature
from tests.integrity.trees import ROOTS, flips

HEAD = Checkpoint("alice.example/calls/7", 8, ROOTS[8])
CAROL = evolve(BOB, name="carol.example/w2")
NOW = 1679315147
WITNESS = CosignerKey.of(BOB)
OTHER = CosignerKey.of(CAROL)
LOG_NOTE = parse_note(sign_checkpoint(HEAD, ALICE))


def cosigned(*signatures: Signature) -> Note:
    return LOG_NOTE.signed_also(*signatures)


def test_the_signed_message_is_a_header_the_time_and_the_whole_text():
    text = HEAD.text.encode()
    assert cosigned_message(text, NOW) == b"cosignature/v1\ntime 1679315147\n" + text


def test_a_cosignature_is_the_time_and_an_ed25519_signature():
    made = cosign(HEAD, BOB, NOW)
    assert made.signature[:8] == NOW.to_bytes(8, "big")
    message = cosigned_message(HEAD.text.encode(), NOW)
    assert verify_ed25519(BOB.verifier.public_key, message, made.signature[8:])


def test_a_cosigners_key_has_type_4_and_an_id_of_its_own():
    assert WITNESS.id == key_id(BOB.name, 0x04, BOB.verifier.public_key) != BOB.verifier.id
    assert CosignerKey.parse(str(WITNESS)) == WITNESS
    assert cosign(HEAD, BOB, NOW).key_id == WITNESS.id


def test_extension_lines_are_cosigned():
    extended = evolve(HEAD, extensions=("more",))
    made = Note(extended.text, (cosign(extended, BOB, NOW),))
    assert verify_cosignatures(made, [WITNESS]) == {WITNESS: NOW}
    with pytest.raises(SignatureError):
        verify_cosignatures(evolve(made, text=HEAD.text), [WITNESS])


@given(st.integers(1, MAX_DECIMAL))
def test_every_time_comes_back_as_it_was(time: int):
    assert verify_cosignatures(cosigned(cosign(HEAD, BOB, time)), [WITNESS]) == {WITNESS: time}


@pytest.mark.parametrize("time", [-1, 0, MAX_DECIMAL + 1])
def test_nothing_is_cosigned_at_a_time_that_cannot_be(time: int):
    with pytest.raises(SealFormatError, match="cannot have this time"):
        cosign(HEAD, BOB, time)


def test_each_witness_that_cosigned_is_told_with_its_time():
    made = cosigned(cosign(HEAD, BOB, NOW), cosign(HEAD, CAROL, NOW + 1))
    assert verify_cosignatures(made, [WITNESS, OTHER]) == {WITNESS: NOW, OTHER: NOW + 1}


def test_a_witness_that_cosigned_twice_counts_once():
    made = cosigned(cosign(HEAD, BOB, NOW), cosign(HEAD, BOB, NOW + 1))
    assert verify_cosignatures(made, [WITNESS]) == {WITNESS: NOW}


def test_unknown_witnesses_and_missing_ones_are_no_error():
    made = cosigned(cosign(HEAD, BOB, NOW))
    assert verify_cosignatures(made, [OTHER]) == {}
    assert verify_cosignatures(LOG_NOTE, [WITNESS]) == {}


def test_a_log_cannot_be_its_own_witness_by_its_signature():
    assert verify_cosignatures(LOG_NOTE, [CosignerKey.of(ALICE)]) == {}


def test_a_witness_cannot_speak_for_the_log():
    made = Note(HEAD.text, (cosign(HEAD, BOB, NOW),))
    with pytest.raises(SignatureError):
        open_checkpoint(made.format(), [BOB.verifier])


def test_a_checkpoint_with_cosignatures_is_still_the_logs():
    made = cosigned(cosign(HEAD, BOB, NOW))
    assert open_checkpoint(made.format(), [ALICE.verifier]).checkpoint == HEAD


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(cosign(evolve(HEAD, size=9), BOB, NOW).signature, id="of another checkpoint"),
        pytest.param(signature(BOB, HEAD.text).signature, id="without the time"),
        pytest.param(bytes(8) + cosign(HEAD, BOB, NOW).signature[8:], id="of another time"),
        pytest.param(b"\xff" * 8 + cosign(HEAD, BOB, NOW).signature[8:], id="past the last time"),
        pytest.param(cosign(HEAD, BOB, NOW).signature[:8], id="only a time"),
        pytest.param(cosign(HEAD, BOB, NOW).signature[:-1], id="cut short"),
        pytest.param(cosign(HEAD, BOB, NOW).signature + b"\0", id="something after it"),
        pytest.param(b"\0", id="hardly anything"),
    ],
)
def test_a_cosignature_of_a_known_witness_that_does_not_hold_is_refused(data: bytes):
    with pytest.raises(SignatureError, match="did not make this signature"):
        verify_cosignatures(cosigned(Signature(WITNESS.name, WITNESS.id, data)), [WITNESS])


def test_a_time_of_2_to_the_63_is_refused_even_if_it_was_signed():
    time = MAX_DECIMAL + 1
    forged = BOB.sign(cosigned_message(HEAD.text.encode(), time))
    made = cosigned(Signature(WITNESS.name, WITNESS.id, time.to_bytes(8, "big") + forged))
    with pytest.raises(SignatureError):
        verify_cosignatures(made, [WITNESS])


def test_every_flipped_bit_of_a_cosigned_checkpoint_is_found_or_costs_the_witness():
    keys = [WITNESS]
    for mutant in flips(Note(HEAD.text, (cosign(HEAD, BOB, NOW),)).format()):
        try:
            verified = verify_cosignatures(parse_note(mutant), keys)
        except EarwitnessError:
            continue
        assert verified == {}
