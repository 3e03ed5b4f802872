"""Evidence of one event stands alone, says nothing of the others, and cannot be changed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from random import Random

import pytest

from earwitness.evidence import prove, verify_evidence
from earwitness.exceptions import (
    EarwitnessError,
    LogFormatError,
    PayloadWithheldError,
    ProofError,
    SealFormatError,
    SessionNotFoundError,
    StoreError,
    UnknownSignerError,
    UnsupportedFormatError,
    WrongOriginError,
)
from earwitness.integrity.merkle import leaf_hash
from earwitness.integrity.proof import format_proof, parse_proof, verify_proof
from tests.seal.mutations import (
    byte_changes,
    byte_insertions,
    byte_removals,
    fields,
    forged,
    recommitted,
    truncations,
    withheld,
)
from tests.seal.recordings import CLOSED, LARGE, OTHER_SIGNER, SIGNER, Recording, sealed

KEYS = [SIGNER.verifier]


def position_of(recording: Recording, text: str) -> int:
    """The position of the event in which something was said."""
    for event in recording.store.read(recording.session_id):
        if text in json.dumps(event.payload, ensure_ascii=False):
            return event.position
    raise AssertionError(text)


@pytest.fixture
def evidence(recording: Recording) -> bytes:
    return prove(recording.store, "call", position_of(recording, "four"))


@pytest.fixture
def with_blob(recording: Recording) -> bytes:
    return prove(recording.store, "call", position_of(recording, LARGE))


def test_each_event_can_be_proven(recording: Recording) -> None:
    events = list(recording.store.read("call"))
    for event in events:
        proven = verify_evidence(prove(recording.store, "call", event.position), KEYS)
        assert proven.event == event
        assert (proven.origin, proven.size) == (f"{SIGNER.name}/call", len(events))
        assert proven.signers == (SIGNER.verifier,)


def test_nothing_of_the_other_events_is_in_it(recording: Recording, evidence: bytes) -> None:
    """Not even their commitments."""
    others = [fields(line) for line in recording.lines if line not in evidence]
    assert len(others) == len(recording.lines) - 1
    for other in others:
        assert not any(other[name] in evidence for name in ("c", "s", "d"))


def test_a_payload_that_is_a_blob_is_in_it(with_blob: bytes) -> None:
    event = verify_evidence(with_blob, KEYS).event
    assert event.payload["item"]["content"] == [LARGE]


def test_the_event_of_a_lost_blob_is_proven_withheld(recording: Recording) -> None:
    position = position_of(recording, LARGE)
    blob = json.loads(recording.lines[position])["d"]["$blob"]
    with recording.tampered(f"blobs/{blob}", None):
        event = verify_evidence(prove(recording.store, "call", position), KEYS).event
    with pytest.raises(PayloadWithheldError):
        _ = event.payload


def test_its_last_part_is_a_tlog_proof_to_the_last_byte(evidence: bytes) -> None:
    head, _, rest = evidence.partition(b"\n\n")
    line = head.split(b"\n")[1]
    leaf = leaf_hash(withheld(line).removesuffix(b"\n"))
    proof = parse_proof(rest)
    assert format_proof(proof.index, proof.hashes, proof.checkpoint) == rest
    assert verify_proof(proof, leaf, KEYS, f"{SIGNER.name}/call").checkpoint.size


def test_each_changed_byte_is_refused(evidence: bytes, with_blob: bytes, random: Random) -> None:
    for original in (evidence, with_blob):
        variants = [
            *byte_changes(original, random),
            *byte_insertions(original, random, 300),
            *byte_removals(original, random, 300),
            *truncations(original, random, 300),
        ]
        for changed in variants:
            if changed != original:
                with pytest.raises(EarwitnessError):
                    verify_evidence(changed, KEYS)


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def replace(evidence: bytes) -> bytes:
        assert old in evidence
        return evidence.replace(old, new, 1)

    return replace


def line_changed(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def replace(evidence: bytes) -> bytes:
        header, line, rest = evidence.split(b"\n", 2)
        return b"\n".join([header, change(line), rest])

    return replace


@pytest.mark.parametrize(
    ("change", "error", "what"),
    [
        (replaced(b"@v1", b"@v2"), SealFormatError, "must begin with the line"),
        (lambda _: b"", SealFormatError, "blank line before its proof"),
        (lambda evidence: evidence.split(b"\n\n")[0], SealFormatError, "blank line before"),
        (lambda _: b"earwitness/evidence@v1\n\n", SealFormatError, "must have an event"),
        (line_changed(lambda line: line[1:]), LogFormatError, "not an event"),
        (line_changed(lambda line: line + b"\nblob YQ=="), SealFormatError, "Nothing but a blob"),
        (line_changed(lambda line: line.replace(b"four", b"five")), ProofError, "payload is not"),
        (line_changed(lambda line: recommitted(line, b'"five"')), ProofError, "to the root"),
        (line_changed(lambda line: recommitted(line, b"five")), LogFormatError, "not JSON"),
        (replaced(b"\nindex ", b"\nindex 1"), ProofError, "another event's"),
        (replaced(b"\nindex ", b"\nextra YQ==\nindex "), SealFormatError, "extra data"),
        (replaced(b"c2sp.org/tlog-proof", b"c2sp.org/proof"), SealFormatError, "begin with"),
    ],
)  # fmt: skip
def test_each_malformation_has_its_own_refusal(
    change: Callable[[bytes], bytes], error: type[EarwitnessError], what: str, evidence: bytes
) -> None:
    with pytest.raises(error) as refused:
        verify_evidence(change(evidence), KEYS)
    assert what in refused.value.what


def test_a_blob_must_be_there_and_be_the_one(with_blob: bytes) -> None:
    head, proof = with_blob.split(b"\n\n", 1)
    header, line, blob = head.split(b"\n")
    for lines, error in (
        ([header, line], SealFormatError),
        ([header, line, blob, blob], SealFormatError),
        ([header, line, b"blob " + base64.b64encode(b"another")], ProofError),
        ([header, line, b"blob ?"], SealFormatError),
    ):
        with pytest.raises(error):
            verify_evidence(b"\n".join(lines) + b"\n\n" + proof, KEYS)


def test_a_withheld_event_can_be_proven_too(evidence: bytes) -> None:
    """Who cuts the payload out of evidence still proves that there was such an event."""
    without = line_changed(lambda line: withheld(line).removesuffix(b"\n"))(evidence)
    proven = verify_evidence(without, KEYS)
    assert (proven.event.withheld, proven.event.type) == (True, "conversation_item_added")


def test_it_is_refused_by_who_has_another_key(evidence: bytes) -> None:
    with pytest.raises(UnknownSignerError):
        verify_evidence(evidence, [OTHER_SIGNER.verifier])
    with pytest.raises(UnknownSignerError):
        verify_evidence(evidence, [])
    assert verify_evidence(evidence, [OTHER_SIGNER.verifier, SIGNER.verifier]).signers


@pytest.mark.parametrize("session", ["", "a/b"])
def test_a_checkpoint_that_is_not_a_sessions_is_refused(
    session: str, recording: Recording, evidence: bytes
) -> None:
    own = (recording.folder / "checkpoint").read_bytes()
    changed = evidence.replace(own, sealed(recording.lines, session))
    with pytest.raises(WrongOriginError):
        verify_evidence(changed, KEYS)


def test_the_proof_of_another_log_is_refused(recording: Recording, evidence: bytes) -> None:
    own = (recording.folder / "checkpoint").read_bytes()
    with pytest.raises(ProofError):
        verify_evidence(evidence.replace(own, sealed(forged(recording.lines))), KEYS)


def test_a_newer_format_is_refused(recording: Recording) -> None:
    line = recording.lines[0].removesuffix(b"\n")
    newer = recommitted(line, b'{"format":2}')
    proof = format_proof(0, [], sealed([newer]))
    with pytest.raises(UnsupportedFormatError):
        verify_evidence(b"earwitness/evidence@v1\n" + newer + b"\n\n" + proof, KEYS)


# -- what cannot be proven ----------------------------------------------------------------------


def test_an_event_that_is_not_sealed_yet_cannot_be_proven(recording: Recording) -> None:
    with recording.tampered("checkpoint", sealed(recording.lines[:5])):
        assert verify_evidence(prove(recording.store, "call", 4), KEYS).size == 5
        with pytest.raises(StoreError) as refused:
            prove(recording.store, "call", 5)
    assert "not sealed yet" in refused.value.what
    assert "recover" in refused.value.hint


def test_without_a_checkpoint_nothing_can_be_proven(recording: Recording) -> None:
    with recording.tampered("checkpoint", None), pytest.raises(StoreError) as refused:
        prove(recording.store, "call", 0)
    assert "not sealed yet" in refused.value.what


@pytest.mark.parametrize("position", [-1, CLOSED + 1, 10**30])
def test_an_event_that_does_not_exist_cannot_be_proven(position: int, recording: Recording) -> None:
    with pytest.raises(StoreError) as refused:
        prove(recording.store, "call", position)
    assert (refused.value.what, refused.value.expected) == (
        "The session has no such event.",
        f"one from 0 to {CLOSED}",
    )


def test_a_session_that_does_not_exist_cannot_be_proven(recording: Recording) -> None:
    with pytest.raises(SessionNotFoundError):
        prove(recording.store, "nobody", 0)


def test_a_log_that_is_not_what_was_sealed_proves_nothing(recording: Recording) -> None:
    with (
        recording.tampered("log.jsonl", b"".join(forged(recording.lines))),
        pytest.raises(ProofError),
    ):
        prove(recording.store, "call", 0)


def test_a_payload_that_is_not_what_was_sealed_is_not_proven(recording: Recording) -> None:
    position = position_of(recording, "four")
    with (
        recording.tampered("log.jsonl", recording.log.replace(b"four", b"five")),
        pytest.raises(ProofError) as refused,
    ):
        prove(recording.store, "call", position)
    assert "five" not in str(refused.value)


def test_hashes_are_all_that_is_told_of_the_neighbours(evidence: bytes) -> None:
    """One for each level of the tree: nothing from which a payload could be guessed."""
    proof = parse_proof(evidence.partition(b"\n\n")[2])
    assert len(proof.hashes) == 4
    assert all(len(each) == hashlib.sha256().digest_size for each in proof.hashes)
