"""What others know of a log holds even against who has its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from earwitness import Event
from earwitness.integrity.cosignature import CosignerKey
from earwitness.integrity.merkle import EMPTY_ROOT
from earwitness.integrity.note import parse_note
from earwitness.integrity.signer import Ed25519Signer
from earwitness.keys import generate
from earwitness.verify import Finding, Quorum, TreeHead, Verification, verify_session
from earwitness.witnessing.sessions import COSIGNED_NAME, countersign
from earwitness.witnessing.witness import Witness
from tests.seal.recordings import OTHER_SIGNER, SIGNER, Recording
from tests.unit.forging import head, seal, sealed_call, write_log

WITNESSES = [Ed25519Signer.from_seed(f"witness.example/{n}", bytes([n]) * 32) for n in (1, 2)]
COSIGNERS = [CosignerKey.of(signer) for signer in WITNESSES]


@pytest.fixture
def sealed(tmp_path: Path) -> Recording:
    return sealed_call(tmp_path / "sealed")


def heads(events: list[Event], *sizes: int) -> list[TreeHead]:
    return [TreeHead(size, head(events[:size]).root()) for size in sizes]


def rewritten(recording: Recording, events: list[Event]) -> None:
    """By somebody who has the key, and leaves nothing that contradicts anything."""
    write_log(recording.store, "call", events)
    seal(recording.store, "call", events, SIGNER)
    (recording.folder / "report.json").write_bytes(recording.store.report("call").to_json())


def later(events: list[Event], position: int) -> list[Event]:
    """The same events, one of them recorded a microsecond later."""
    changed = evolve(events[position], recorded_at=events[position].recorded_at + 1)
    return [*events[:position], changed, *events[position + 1 :]]


def verify(recording: Recording, published: list[TreeHead]) -> Verification:
    return verify_session(recording.store, "call", recording.keys, published=published)


def audited(verification: Verification) -> Iterator[Finding]:
    return (each for each in verification.findings if each.rule == "audit-log")


# The audit log


def test_a_log_that_is_as_published_is_sound(sealed: Recording) -> None:
    found = verify(sealed, heads(sealed.events, 0, 1, 7, 20))
    assert (found.sound, found.published) == (True, 4)


def test_a_log_that_was_rewritten_by_who_has_the_key_is_found(sealed: Recording) -> None:
    """Between two heads that are known, and nowhere else."""
    known = heads(sealed.events, 3, 7, 12, 20)
    rewritten(sealed, later(sealed.events, 9))
    assert sealed.verify().sound
    found = list(audited(verify(sealed, known)))
    assert [finding.where for finding in found] == [
        "log.jsonl, events 7 to 11",
        "log.jsonl, events 7 to 19",
    ]
    assert found[0].expected == (
        f"root {known[2].root.hex()}, by the audit log's checkpoint of 12 events"
    )


def test_a_log_cut_to_an_older_checkpoint_is_found(sealed: Recording) -> None:
    """The key has signed every byte of what is left."""
    known = heads(sealed.events, 7, 20)
    rewritten(sealed, sealed.events[:7])
    assert sealed.verify().sound
    found = verify(sealed, known)
    assert [(each.rule, each.expected, each.got) for each in found.findings] == [
        ("audit-log", "20 events, by the audit log's checkpoint", "7 events"),
        ("checkpoint", "a checkpoint of 20 events or more", "one of 7"),
    ]


def test_an_older_checkpoint_over_a_log_that_is_whole_is_found(sealed: Recording) -> None:
    events = sealed.events
    seal(sealed.store, "call", events[:7], SIGNER)
    found = verify(sealed, heads(events, 20))
    assert {finding.rule for finding in found.findings} == {"checkpoint", "unsealed"}


def test_a_checkpoint_that_was_removed_from_an_open_log_is_found(sealed: Recording) -> None:
    events = sealed.events
    write_log(sealed.store, "call", events[:19])
    (sealed.folder / "checkpoint").unlink()
    assert sealed.verify().sound
    [finding] = verify(sealed, heads(events, 7)).findings
    assert (finding.rule, finding.got) == ("checkpoint", "no such file")


def test_two_heads_of_one_size_cannot_both_be_right(sealed: Recording) -> None:
    events = sealed.events
    other = heads(later(events, 3), 7)
    found = verify(sealed, [*heads(events, 7), *other])
    assert len(list(audited(found))) == 1


def test_a_head_of_no_events_has_one_root(sealed: Recording) -> None:
    assert verify(sealed, [TreeHead(0, EMPTY_ROOT)]).sound
    assert not verify(sealed, [TreeHead(0, bytes(32))]).sound


# Witnesses


def cosigned(recording: Recording, folder: Path, *signers: Ed25519Signer) -> None:
    for number, signer in enumerate(signers):
        witness = Witness(folder / str(number), signer, recording.keys)
        countersign(recording.store, "call", witness, [witness.key])


def counted(recording: Recording, size: int) -> Verification:
    quorum = Quorum(COSIGNERS, size)
    return verify_session(recording.store, "call", recording.keys, quorum=quorum)


def test_witnesses_that_countersigned_are_counted(sealed: Recording, tmp_path: Path) -> None:
    cosigned(sealed, tmp_path, *WITNESSES)
    found = counted(sealed, 2)
    assert (found.sound, found.cosigned) == (True, 20)
    assert sorted(found.cosigned_by) == [key.name for key in COSIGNERS]


def test_too_few_witnesses_are_no_quorum(sealed: Recording, tmp_path: Path) -> None:
    assert [finding.got for finding in counted(sealed, 1).findings] == ["those of 0"]
    cosigned(sealed, tmp_path, WITNESSES[0])
    assert counted(sealed, 0).sound
    assert counted(sealed, 1).sound
    [finding] = counted(sealed, 2).findings
    assert (finding.rule, finding.where) == ("quorum", COSIGNED_NAME)
    assert (finding.expected, finding.got) == (
        "countersignatures of 2 known witnesses",
        "those of 1",
    )


def test_a_stranger_is_no_witness(sealed: Recording, tmp_path: Path) -> None:
    cosigned(sealed, tmp_path, generate("stranger.example"))
    found = counted(sealed, 1)
    assert (found.cosigned, found.cosigned_by) == (0, [])
    assert [finding.rule for finding in found.findings] == ["quorum"]


def test_a_closed_recording_is_countersigned_to_its_close(
    sealed: Recording, tmp_path: Path
) -> None:
    events = sealed.events
    seal(sealed.store, "call", events[:7], SIGNER)
    cosigned(sealed, tmp_path, WITNESSES[0])
    seal(sealed.store, "call", events, SIGNER)
    assert counted(sealed, 0).sound
    [finding] = counted(sealed, 1).findings
    assert (finding.rule, finding.got) == ("quorum", "over 7")


def test_what_was_countersigned_holds_against_who_has_the_key(
    sealed: Recording, tmp_path: Path
) -> None:
    """Also where nobody asks for a quorum."""
    cosigned(sealed, tmp_path, WITNESSES[0])
    rewritten(sealed, later(sealed.events, 9))
    [finding] = sealed.verify().findings
    assert (finding.rule, finding.where) == ("cosigned", "log.jsonl, events 0 to 19")


def test_a_countersigned_checkpoint_must_be_the_logs_own(sealed: Recording) -> None:
    events, path = sealed.events, sealed.folder / "checkpoint"
    genuine = path.read_bytes()
    for signer, origin in (
        (OTHER_SIGNER, None),
        (SIGNER, f"{SIGNER.name}/another"),
    ):
        seal(sealed.store, "call", events, signer, origin=origin)
        path.rename(sealed.folder / COSIGNED_NAME)
        path.write_bytes(genuine)
        [finding] = sealed.verify().findings
        assert (finding.rule, finding.where) == ("cosigned", COSIGNED_NAME)


def test_a_countersignature_that_its_witness_did_not_make_is_found(
    sealed: Recording, tmp_path: Path
) -> None:
    """It counts for nothing, and is told of."""
    cosigned(sealed, tmp_path, WITNESSES[0])
    path = sealed.folder / COSIGNED_NAME
    note = parse_note(path.read_bytes())
    [genuine] = [each for each in note.signatures if each.name == WITNESSES[0].name]
    forged = evolve(genuine, signature=bytes(72))
    others = [each for each in note.signatures if each is not genuine]
    path.write_bytes(evolve(note, signatures=(*others, forged)).format())
    found = counted(sealed, 1)
    assert [finding.rule for finding in found.findings] == ["cosigned", "quorum"]
    assert found.cosigned_by == []
