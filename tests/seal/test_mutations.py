"""Whatever is changed of a sealed log, verification finds it and says what it is and where."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from random import Random

from tests.seal.mutations import (
    broken_rule,
    byte_changes,
    byte_insertions,
    byte_removals,
    fields,
    rearrangements,
    truncations,
    withheld_variants,
)
from tests.seal.recordings import SIGNER, Recording

# The rules whose findings name the line; the others name the events that were sealed together.
NAMING_THE_LINE = {"format", "position", "commitment"}


def unnoticed(recording: Recording, variants: Iterable[bytes]) -> list[str]:
    """The changed logs of which verification does not say what it should."""
    lines, missed, amount = recording.lines, [], 0
    for changed in variants:
        if changed == recording.log:
            continue
        amount += 1
        rule, line = broken_rule(lines, changed)
        where = f"log.jsonl, line {line}," if rule in NAMING_THE_LINE else ""
        found = recording.verify_with("log.jsonl", changed).findings
        if not any(each.rule == rule and where in f"{each.where}," for each in found):
            missed.append(f"{rule} in line {line} of {changed!r}: {found}")
    assert amount > 0
    return missed[:3]


def test_the_unchanged_recording_is_sound(recording: Recording) -> None:
    verification = recording.verify()
    assert verification.findings == []
    assert verification.sealed == verification.events == len(recording.lines)
    assert verification.signed_by == [f"{SIGNER.name}+{SIGNER.verifier.id.hex()}"]


def test_every_withheld_variant_is_sound(recording: Recording, random: Random) -> None:
    for lines in withheld_variants(recording.lines, random, 500):
        verification = recording.verify_with("log.jsonl", b"".join(lines))
        assert verification.findings == []
        assert verification.withheld == sum(fields(line)["d"] is None for line in lines)


def test_a_recovered_recording_is_sound(mended: Recording) -> None:
    verification = mended.verify()
    assert verification.findings == []
    assert verification.sealed == verification.events == len(mended.lines)


def test_each_changed_byte_is_found(recording: Recording, random: Random) -> None:
    assert unnoticed(recording, byte_changes(recording.log, random)) == []


def test_inserted_bytes_are_found(recording: Recording, random: Random) -> None:
    assert unnoticed(recording, byte_insertions(recording.log, random, 600)) == []


def test_removed_bytes_are_found(recording: Recording, random: Random) -> None:
    assert unnoticed(recording, byte_removals(recording.log, random, 600)) == []


def test_lines_inserted_removed_swapped_and_forged_are_found(recording: Recording) -> None:
    """Also where each line then has the position that it should have there."""
    assert unnoticed(recording, rearrangements(recording.lines)) == []


def test_changes_of_a_recovered_recording_are_found(mended: Recording, random: Random) -> None:
    changes = random.sample(list(byte_changes(mended.log, random)), 500)
    assert unnoticed(mended, changes) == []


def test_truncations_are_found(recording: Recording, random: Random) -> None:
    variants = list(truncations(recording.log, random, 600))
    assert {broken_rule(recording.lines, variant)[0] for variant in variants} == {"size"}
    assert unnoticed(recording, variants) == []


def test_changes_of_withheld_variants_are_found(recording: Recording, random: Random) -> None:
    for lines in islice(withheld_variants(recording.lines, random, 0), 0, None, 8):
        with recording.tampered("log.jsonl", b"".join(lines)):
            changes = list(byte_changes(recording.log, random))
            assert unnoticed(recording, random.sample(changes, 250)) == []
