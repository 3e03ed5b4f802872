"""The guide on verifying shows what its commands print."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import structlog

from earwitness import JournalEventStore, SessionRecorder
from earwitness.background import scribe
from earwitness.events import RecordingOpened
from earwitness.integrity.signer import Ed25519Signer
from earwitness.keys import SIGNING_KEY_FILE, format_signing_key, make_key_files
from tests.cli.running import Run, say

GUIDE = (Path(__file__).parents[2] / "docs/how-to/verify-a-recording.md").read_text("utf-8")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

SHOWN = [example for block in CONSOLE.findall(GUIDE) for example in COMMAND.findall(block)]
EXAMPLES = [(command, said) for command, said in SHOWN if command.startswith("earwitness ")]

SIGNER = Ed25519Signer.from_seed("calls.example/kitchen", bytes(range(32)))
CALLS = {
    "order-17": ["Good evening!", "A table for four, please", "At eight."],
    "order-18": ["Hm?"],
}


def hold(store: JournalEventStore, session_id: str, said: list[str], audit: Any) -> None:
    facts: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {}, "report": {}}
    opened = RecordingOpened(format=1, session_id=session_id, earwitness="0", **facts)
    recorder = SessionRecorder(store, opened, audit=audit)
    for text in said:
        item = {"id": text, "type": "message", "role": "user", "content": [text]}
        say(recorder, "conversation_item_added", item=item)
    recorder.close("user_initiated").result()
    assert scribe.flush()


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the guide's reader is: with a store, an audit log and the key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("EARWITNESS_STORE")
    keys = Path("recordings/keys")
    keys.mkdir(parents=True)
    (keys / SIGNING_KEY_FILE).write_text(format_signing_key(SIGNER))
    make_key_files(keys, SIGNER.name)
    Path("verifier.key").write_text(str(SIGNER.verifier))
    with Path("audit.log").open("w") as audit_log:
        processors = [structlog.processors.JSONRenderer()]
        audit = structlog.wrap_logger(structlog.PrintLogger(audit_log), processors=processors)
        for session_id, said in CALLS.items():
            hold(JournalEventStore("recordings"), session_id, said, audit)
    assert [json.loads(line) for line in Path("audit.log").read_text().splitlines()]
    return tmp_path


def say_five_for_four(log: Path, *, instead: bool) -> None:
    """Changes a word of a log, or puts it right."""
    said, other = (b"four", b"five") if instead else (b"five", b"four")
    log.write_bytes(log.read_bytes().replace(said, other))


def plain(text: str) -> list[str]:
    """The lines that are printed, without what is different each time."""
    text = re.sub(r"[0-9a-f]{64}", "<digest>", text)
    text = re.sub(r"\+[0-9a-f]{8}\+\S+", "+<key>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", "<day>", text)
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_examples_print_what_the_guide_shows(folder: Path, run: Run) -> None:
    """Columns aside; behind three dots there may be more."""
    (log,) = folder.glob("recordings/*/order-17/log.jsonl")
    assert len(EXAMPLES) >= 8
    for command, shown in EXAMPLES:
        changed = "not sound, 1" in shown
        say_five_for_four(log, instead=changed)
        elsewhere = ("--store", "another") if "keygen" in command else ()
        ran = run(*shlex.split(command)[1:], *elsewhere)
        assert ran.code == (1 if changed else 0), ran.err
        expected = plain(shown.partition("...\n")[0])
        assert plain(ran.out)[: len(expected)] == expected, command
