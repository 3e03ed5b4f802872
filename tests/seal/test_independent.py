"""The page on the log format is enough to write a verifier from.

``independent_verifier.py`` was written from that page and uses nothing of the package. It and the
package agree on which rules a session breaks, whatever was done to it.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from random import Random

import pytest

import earwitness
import earwitness.verify
from earwitness import JournalEventStore
from tests.seal import independent_verifier
from tests.seal.mutations import (
    byte_changes,
    byte_insertions,
    byte_removals,
    forged,
    rearrangements,
    truncations,
    withheld_variants,
)
from tests.seal.recordings import OTHER_SIGNER, SIGNER, Recording, sealed

PROGRAM = Path(independent_verifier.__file__)

# What the events fold to, and what their types promise, are the business of another page.
OF_OTHER_PAGES = {"payload", "history", "report"}


def disagreements(recording: Recording, file: str, variants: Iterable[bytes | None]) -> list[str]:
    keys, found, amount = [str(key) for key in recording.keys], [], 0
    for changed in variants:
        amount += 1
        with recording.tampered(file, changed):
            findings = {finding.rule for finding in recording.verify().findings} - OF_OTHER_PAGES
            broken = independent_verifier.broken_rules(recording.folder, keys) - OF_OTHER_PAGES
        if findings != broken:
            found.append(f"{findings} != {broken}: {file} {changed!r}")
    assert amount > 0
    return found[:3]


def test_it_is_short_and_uses_nothing_of_the_package() -> None:
    source = PROGRAM.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 170
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


@pytest.fixture
def erased(recording: Recording, tmp_path: Path) -> Recording:
    """The recording without its card, its large payloads and its audio."""
    shutil.copytree(recording.store.root, tmp_path / "store")
    store = JournalEventStore(tmp_path / "store", signer=SIGNER)
    earwitness.erase(store, recording.session_id, party="user", reason="r", actor="a")
    return Recording(store, recording.session_id)


def test_both_take_what_was_erased_for_sound(erased: Recording, recording: Recording) -> None:
    """Unless it was put back, or the erasure is not sealed."""
    keys = [str(key) for key in recording.keys]
    assert independent_verifier.broken_rules(erased.folder, keys) == set()
    assert erased.verify().findings == []
    [position, *_] = [n for n, line in enumerate(erased.lines) if b'"s":' not in line]
    lines = erased.lines
    lines[position] = recording.lines[position]
    back = b"".join(lines)
    assert disagreements(erased, "log.jsonl", [back, b"".join(erased.lines[:-1])]) == []
    assert erased.rules_broken("log.jsonl", back) == {"erased", "report"}
    before = (recording.folder / "checkpoint").read_bytes()
    assert disagreements(erased, "checkpoint", [before]) == []
    assert "audio" in erased.rules_broken("checkpoint", before)


def test_the_page_names_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/log-format.md").read_text("utf-8")
    rules = re.findall(r"^``([a-z-]+)``", earwitness.verify.__doc__ or "", re.MULTILINE)
    assert len(rules) > 10
    section = page[page.index("## Verifying") : page.index("## Tags")]
    assert [rule for rule in rules if f"`{rule}`" not in section] == []


@pytest.mark.parametrize(
    ("signer", "said", "code"), [(SIGNER, "sound", 0), (OTHER_SIGNER, "signature", 1)]
)
def test_it_runs_by_itself(recording: Recording, signer: object, said: str, code: int) -> None:
    command = [sys.executable, "-I", PROGRAM, recording.folder, str(signer.verifier)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (code, [said], "")


def test_it_agrees_on_what_is_sound(recording: Recording, random: Random) -> None:
    variants = [b"".join(lines) for lines in withheld_variants(recording.lines, random, 300)]
    assert disagreements(recording, "log.jsonl", [recording.log, *variants]) == []


def test_it_agrees_on_changed_bytes(recording: Recording, random: Random) -> None:
    log = recording.log
    variants = random.sample(list(byte_changes(log, random)), 400)
    variants += [*byte_insertions(log, random, 100), *byte_removals(log, random, 100)]
    assert disagreements(recording, "log.jsonl", variants) == []


def test_it_agrees_on_changed_lines(recording: Recording, random: Random) -> None:
    variants = random.sample(list(rearrangements(recording.lines)), 300)
    variants += truncations(recording.log, random, 200)
    assert disagreements(recording, "log.jsonl", variants) == []


def test_it_agrees_on_changed_withheld_variants(recording: Recording, random: Random) -> None:
    for lines in islice(withheld_variants(recording.lines, random, 0), 0, None, 10):
        changes = list(byte_changes(b"".join(lines), random))
        assert disagreements(recording, "log.jsonl", random.sample(changes, 100)) == []


def test_it_agrees_on_what_is_appended(recording: Recording) -> None:
    *_, closed = recording.lines
    late = [
        b'{"n":',
        closed.replace(b'"n":14', b'"n":15'),
        closed.replace(b'"n":14', b'"n":15').replace(b"recording_closed", b"sink_failed"),
        closed.replace(b'"n":14', b'"n":15').replace(b"recording_closed", b"close"),
    ]
    assert disagreements(recording, "log.jsonl", [recording.log + each for each in late]) == []


def test_it_agrees_on_a_recovered_recording(mended: Recording, random: Random) -> None:
    (torn,) = mended.folder.glob("torn-*.bin")
    content = torn.read_bytes()
    changes = [*byte_changes(content, random), content[1:], b"", None]
    assert disagreements(mended, torn.name, [content, *changes]) == []
    log = random.sample(list(byte_changes(mended.log, random)), 300)
    assert disagreements(mended, "log.jsonl", log) == []


def test_it_agrees_on_a_session_that_was_given_another_name(recording: Recording) -> None:
    copy = recording.folder.with_name("renamed")
    shutil.copytree(recording.folder, copy)
    renamed = Recording(recording.store, "renamed")
    assert disagreements(renamed, "log.jsonl", [renamed.log]) == []
    assert independent_verifier.broken_rules(copy, [str(SIGNER.verifier)]) >= {"session"}
    shutil.rmtree(copy)


def test_it_agrees_on_checkpoints(recording: Recording, other: Recording, random: Random) -> None:
    note = (recording.folder / "checkpoint").read_bytes()
    lines = recording.lines
    variants = [
        *byte_changes(note, random, rounds=2),
        *truncations(note, random, 100),
        *(sealed(lines[:size]) for size in range(len(lines))),
        (other.folder / "checkpoint").read_bytes(),
        sealed(forged(lines)),
        sealed(lines, signer=OTHER_SIGNER),
        note + "— a.witness AAAAAAAA\n".encode(),
        None,
    ]
    assert disagreements(recording, "checkpoint", variants) == []


def test_it_agrees_on_what_stands_beside(recording: Recording, random: Random) -> None:
    for path in [recording.folder / "audio.ogg", *(recording.folder / "blobs").iterdir()]:
        content = path.read_bytes()
        variants = random.sample(list(byte_changes(content, random)), 50)
        file = str(path.relative_to(recording.folder))
        assert disagreements(recording, file, [*variants, content[1:], b"", None]) == []
