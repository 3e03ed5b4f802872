"""A quorum counts witnesses, and not signatures."""

from __future__ import annotations

import pytest

from earwitness import SealFormatError, SignatureError
from earwitness.integrity.cosignature import CosignerKey, cosign
from earwitness.integrity.note import parse_note
from earwitness.integrity.signer import Ed25519Signer
from earwitness.witnessing import Cosigner, cosigners
from tests.witness.logs import NOW, OTHER_WITNESS, WITNESS, WITNESS_KEY, Log

LOG = Log()
OTHER_KEY = CosignerKey.of(OTHER_WITNESS)


def countersigned(*by: tuple[Ed25519Signer, int]) -> bytes:
    note = parse_note(LOG.note(10))
    signatures = [cosign(LOG.head(10), signer, time) for signer, time in by]
    return note.signed_also(*signatures).format()


def test_a_checkpoint_that_nobody_countersigned_has_no_cosigners() -> None:
    assert cosigners(LOG.note(10), [WITNESS_KEY, OTHER_KEY]) == []


def test_the_known_witnesses_are_told_by_time() -> None:
    note = countersigned((WITNESS, NOW), (OTHER_WITNESS, NOW - 5))
    told = [Cosigner(OTHER_WITNESS.name, NOW - 5), Cosigner(WITNESS.name, NOW)]
    assert cosigners(note, [WITNESS_KEY, OTHER_KEY]) == told


def test_unknown_witnesses_do_not_count() -> None:
    note = countersigned((WITNESS, NOW), (OTHER_WITNESS, NOW))
    assert cosigners(note, [OTHER_KEY]) == [Cosigner(OTHER_WITNESS.name, NOW)]
    assert cosigners(note, []) == []


def test_a_witness_counts_once_however_often_it_signed() -> None:
    note = countersigned((WITNESS, NOW), (WITNESS, NOW), (WITNESS, NOW + 1))
    assert cosigners(note, [WITNESS_KEY, WITNESS_KEY]) == [Cosigner(WITNESS.name, NOW)]


def test_a_witness_with_two_keys_counts_once_by_the_earlier() -> None:
    rotated = Ed25519Signer.from_seed(WITNESS.name, bytes([7]) * 32)
    note = countersigned((WITNESS, NOW), (rotated, NOW - 1))
    told = cosigners(note, [WITNESS_KEY, CosignerKey.of(rotated)])
    assert told == [Cosigner(WITNESS.name, NOW - 1)]


def test_a_key_under_two_names_counts_once() -> None:
    alias = Ed25519Signer("elsewhere.example", WITNESS.private_key)
    note = countersigned((WITNESS, NOW), (alias, NOW + 1))
    assert len(cosigners(note, [WITNESS_KEY, CosignerKey.of(alias)])) == 1


def test_the_logs_own_key_is_no_witness() -> None:
    as_cosigner = CosignerKey.of(LOG.signer)
    assert cosigners(LOG.note(10), [as_cosigner]) == []


def test_a_countersignature_of_another_checkpoint_is_refused() -> None:
    other = cosign(LOG.head(9), WITNESS, NOW)
    note = parse_note(LOG.note(10)).signed_also(other).format()
    with pytest.raises(SignatureError):
        cosigners(note, [WITNESS_KEY])


def test_what_is_no_note_is_refused() -> None:
    with pytest.raises(SealFormatError):
        cosigners(b"10\n", [WITNESS_KEY])
