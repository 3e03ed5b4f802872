"""`earwitness prove` writes evidence, and copies with little in them, and says how to verify."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.evidence import prove, verify_evidence
from earwitness.keys import read_verifier_keys
from earwitness.verify import verify_session
from tests.cli.running import Run, begin, process, record, say

LAST = 4


@pytest.fixture(autouse=True)
def call(store: JournalEventStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record(store, "call", "Hello?", "Is anybody there?", "No.")
    monkeypatch.chdir(tmp_path)


def test_evidence_is_printed_to_the_last_byte(store: JournalEventStore) -> None:
    printed = process("prove", "call", "2", cwd=store.root)
    assert (printed.returncode, printed.stderr) == (0, b"")
    assert printed.stdout == prove(store, "call", 2)
    keys = read_verifier_keys(store.root / "keys/verifier.key")
    assert verify_evidence(printed.stdout, keys).event.position == 2


def test_evidence_is_written_to_a_file_that_only_its_owner_can_read(
    run: Run, store: JournalEventStore
) -> None:
    said = run("prove", "last", "2", "--output", "an evidence.txt")
    file = Path("an evidence.txt")
    assert file.read_bytes() == prove(store, "call", 2)
    assert file.stat().st_mode & 0o777 == 0o600
    assert said.lines[0] == "Evidence of event 2 of call: an evidence.txt"
    assert shlex.split(said.lines[-1])[:4] == ["earwitness", "verify", "--proof", str(file)]


def test_a_file_is_not_overwritten(run: Run) -> None:
    Path("evidence").write_text("mine")
    refused = run("prove", "call", "2", "-o", "evidence")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: File exists\n")
    assert Path("evidence").read_text() == "mine"


def test_a_terminal_is_shown_evidence_and_obeys_none_of_it(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = begin(store, "hostile")
    recorder.record("said", '"\x9b2J \u202e"'.encode())
    recorder.close("user_initiated").result()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run("prove", "hostile", "1")
    assert shown.out.startswith("earwitness/evidence@v1\n")
    assert r'"d":"\x9b2J \u202e"}' in shown.out


@pytest.mark.parametrize("positions", ["2", "2,3", "3,2,2"])
def test_a_copy_is_made_and_can_be_verified(
    positions: str, run: Run, store: JournalEventStore
) -> None:
    said = run("prove", "call", "--disclose", positions, "--to", "for an auditor")
    copy = JournalEventStore("for an auditor")
    keys = read_verifier_keys(store.root / "keys/verifier.key")
    verification = verify_session(copy, "call", keys)
    amount = len(set(positions.split(",")))
    assert (verification.findings, verification.withheld) == ([], LAST + 1 - amount)
    assert f"{amount} payload" in said.lines[0]
    command = shlex.split(said.lines[-1])
    assert command[:4] == ["earwitness", "verify", "--store", "for an auditor"]


def test_a_copy_can_be_listed_and_shown(run: Run) -> None:
    run("prove", "call", "--disclose", "2", "--to", "copy")
    (listed,) = run("ls", "--store", "copy", "--json").json["sessions"]
    assert (listed["state"], listed["events"], listed["damage"]) == ("closed", LAST + 1, None)
    shown = run("show", "call", "--store", "copy", "--json").json
    assert [utterance["text"] for utterance in shown["transcript"]] == ["Is anybody there?"]
    assert run("report", "call", "--store", "copy", "--json").code == 0


def test_a_copy_is_not_made_over_another(run: Run) -> None:
    assert run("prove", "call", "--disclose", "2", "--to", "copy").code == 0
    refused = run("prove", "call", "--disclose", "3", "--to", "copy")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: The session is there already")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("2", "--disclose", "3", "--to", "copy"),
        ("2", "--to", "copy"),
        ("--disclose", "2"),
        ("--disclose", "2", "--to", "copy", "--output", "file"),
        ("--disclose", "", "--to", "copy"),
        ("--disclose", "2;3", "--to", "copy"),
        ("--disclose", "2-3", "--to", "copy"),
        ("--disclose", "-1", "--to", "copy"),
        ("two",),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    refused = run("prove", "call", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("arguments", [("5",), ("--disclose", "2,5", "--to", "copy")])
def test_an_event_that_does_not_exist_is_an_error(arguments: tuple[str, ...], run: Run) -> None:
    refused = run("prove", "call", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: The session has no such event.\n")
    assert f"one from 0 to {LAST}" in refused.err


def test_an_event_of_a_live_session_is_not_sealed_at_once(
    run: Run, store: JournalEventStore
) -> None:
    recorder = begin(store, "live")
    say(recorder, "conversation_item_added")
    refused = run("prove", "live", "1")
    assert refused.err.startswith("Error: The event is not sealed yet")
    assert "within seconds" in refused.err
    recorder.close("user_initiated").result()
    assert run("prove", "live", "1").code == 0
