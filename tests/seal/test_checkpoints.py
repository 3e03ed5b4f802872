"""A checkpoint that is not the recording's own, or not as it was signed, is found."""

from __future__ import annotations

import shutil
from random import Random

import pytest

from earwitness.verify import TreeHead, verify_session
from tests.seal.mutations import byte_changes, forged, truncations
from tests.seal.recordings import OTHER_SIGNER, SIGNER, Recording, sealed, tree_root


def test_each_changed_byte_is_found(recording: Recording, random: Random) -> None:
    note = (recording.folder / "checkpoint").read_bytes()
    for changed in byte_changes(note, random, rounds=5):
        rules = recording.rules_broken("checkpoint", changed)
        assert rules in ({"signature"}, {"checkpoint"}), changed


def test_a_shortened_one_is_found(recording: Recording, random: Random) -> None:
    note = (recording.folder / "checkpoint").read_bytes()
    for changed in truncations(note, random, len(note)):
        assert recording.rules_broken("checkpoint", changed) == {"checkpoint"}


def test_a_missing_one_is_found(recording: Recording) -> None:
    assert recording.rules_broken("checkpoint", None) == {"checkpoint"}


def test_that_of_another_session_is_found(recording: Recording, other: Recording) -> None:
    note = (other.folder / "checkpoint").read_bytes()
    assert recording.rules_broken("checkpoint", note) == {"checkpoint"}


def test_a_session_that_was_given_another_name_is_found(recording: Recording) -> None:
    copy = recording.folder.with_name("renamed")
    shutil.copytree(recording.folder, copy)
    findings = Recording(recording.store, "renamed").verify().findings
    shutil.rmtree(copy)
    assert {finding.rule for finding in findings} == {"checkpoint", "session"}


def test_an_older_one_below_the_end_of_a_closed_recording_is_found(recording: Recording) -> None:
    for size in range(1, len(recording.lines)):
        older = sealed(recording.lines[:size])
        assert recording.rules_broken("checkpoint", older) == {"unsealed"}


def test_one_over_a_forged_log_by_a_foreign_key_of_the_same_name_is_found(
    recording: Recording,
) -> None:
    lines = forged(recording.lines)
    with recording.tampered("log.jsonl", b"".join(lines)):
        note = sealed(lines, signer=OTHER_SIGNER)
        assert "signature" in recording.rules_broken("checkpoint", note)


def test_one_of_a_key_that_is_no_longer_known_is_found(recording: Recording) -> None:
    after_rotation = Recording(recording.store, recording.session_id, [OTHER_SIGNER.verifier])
    assert [each.rule for each in after_rotation.verify().findings] == ["signature"]


@pytest.mark.parametrize("order", [1, -1])
def test_one_of_any_key_in_the_list_is_accepted(recording: Recording, order: int) -> None:
    keys = [OTHER_SIGNER.verifier, SIGNER.verifier][::order]
    assert Recording(recording.store, recording.session_id, keys).verify().sound


def test_one_over_a_forged_log_by_the_key_itself_is_found_by_what_was_published(
    recording: Recording,
) -> None:
    """And by nothing else, once the report is rewritten too."""
    lines = forged(recording.lines)
    published = [TreeHead(len(lines), tree_root(recording.lines))]
    with (
        recording.tampered("log.jsonl", b"".join(lines)),
        recording.tampered("checkpoint", sealed(lines)),
        recording.tampered("report.json", recording.report()),
    ):
        assert recording.verify().sound
        known = verify_session(recording.store, "call", recording.keys, published=published)
    assert [finding.rule for finding in known.findings] == ["audit-log"]
