"""`earwitness recover` closes what was left open, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from earwitness import JournalEventStore
from earwitness.background import scribe
from earwitness.events import AudioRecordingStarted
from earwitness.keys import KEY_VARIABLE
from tests.cli.running import Run, begin, damage, process, record, say
from tests.cli.test_hostile import EVIL, SESSION, acting

TORN = b'{"n":2,"t":17'


def interrupt(store: JournalEventStore, session_id: str, torn: bytes = b"", **audio: Any) -> None:
    """Leaves a session as a recorder does that dies."""
    recorder = begin(store, session_id)
    if audio:
        recorder.record_own(AudioRecordingStarted(started_at=1.0, **audio))
    else:
        say(recorder, "user_state_changed")
    assert recorder._seal is not None
    recorder._seal.end()  # nor does anything of it live on in the background
    store.release(session_id)
    with (store.folder(session_id) / "log.jsonl").open("ab") as log:
        log.write(torn)


def test_an_interrupted_session_is_closed_and_sealed(run: Run, store: JournalEventStore) -> None:
    interrupt(store, "call")
    done = run("recover").lines
    assert done[0] == "call  recovered"
    assert done[1:3] == ["  events  4", "  sealed  yes"]
    assert done[-1] == "1 recovered. Left alone: 0 closed and 0 live."
    assert store.state("call") == "closed"
    assert run("verify").code == 0


def test_recovering_again_does_nothing(run: Run, store: JournalEventStore) -> None:
    interrupt(store, "call")
    run("recover")
    log = (store.folder("call") / "log.jsonl").read_bytes()
    assert run("recover").lines == ["Nothing to recover. Left alone: 1 closed and 0 live."]
    assert (store.folder("call") / "log.jsonl").read_bytes() == log


def test_a_torn_line_is_told_with_the_file_that_keeps_it(
    run: Run, store: JournalEventStore
) -> None:
    interrupt(store, "call", TORN)
    [line] = [line for line in run("recover").lines if "torn" in line]
    name = line.rpartition(" ")[2]
    assert line.split("  ")[-1] == f"13 bytes of an unfinished line, kept in {name}"
    assert (store.folder("call") / name).read_bytes() == TORN


def test_audio_that_was_saved_is_told(run: Run, store: JournalEventStore, tmp_path: Path) -> None:
    file = tmp_path / "audio.ogg"
    file.write_bytes(b"OggS")
    interrupt(store, "call", path=str(file))
    assert "  audio   audio.ogg, 4 bytes" in run("recover").lines


def test_audio_that_is_gone_is_told(run: Run, store: JournalEventStore, tmp_path: Path) -> None:
    interrupt(store, "call", path=str(tmp_path / "gone.ogg"))
    said = run("recover").out.replace("\n", "").replace(" ", "")
    assert "audiomissing:FileNotFoundError" in said
    assert "gone.ogg" in said


def test_others_are_left_alone_and_counted(run: Run, store: JournalEventStore) -> None:
    record(store, "closed", "Hello?")
    recorder = begin(store, "live")
    interrupt(store, "interrupted")
    assert run("recover").lines[-1] == "1 recovered. Left alone: 1 closed and 1 live."
    recorder.close("done").result()


def test_only_the_sessions_that_are_named_are_closed(run: Run, store: JournalEventStore) -> None:
    for session_id in ("one", "two", "three"):
        interrupt(store, session_id)
    assert run("recover", "on", "tw", "one").lines[-1].startswith("2 recovered.")
    assert store.state("three") == "interrupted"
    assert run("recover", "last").lines[0] == "three  recovered"


def test_a_damaged_log_is_told_and_left_as_it_is(run: Run, store: JournalEventStore) -> None:
    """The others are recovered all the same."""
    for session_id in ("a", "b"):
        interrupt(store, session_id)
    damage(store, "a")
    log = (store.folder("a") / "log.jsonl").read_bytes()
    done = run("recover")
    assert done.code == 1
    assert "a  damaged" in done.out.splitlines()
    assert "line 2" in done.out
    assert "1 recovered, 1 damaged. Left alone: 0 closed and 0 live." in done.out
    assert (store.folder("a") / "log.jsonl").read_bytes() == log


def test_a_session_that_could_not_be_sealed_needs_attention(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(store, "call")
    monkeypatch.setenv(KEY_VARIABLE, "nonsense")
    done = run("recover")
    assert done.code == 1
    assert "sealed  no: This is not a signing key." in done.out


def test_json_tells_the_same(run: Run, store: JournalEventStore, tmp_path: Path) -> None:
    record(store, "closed", "Hello?")
    interrupt(store, "call", TORN)
    done = run("recover", "--json").json
    [session] = done["sessions"]
    assert (done["closed"], done["live"]) == (1, 0)
    assert (session["session_id"], session["outcome"], session["events"]) == (
        "call",
        "recovered",
        4,
    )
    assert (session["sealed"], session["seal_error"], session["error"]) == (True, None, None)
    assert [torn["bytes"] for torn in session["torn"]] == [len(TORN)]


def test_json_tells_of_damage(run: Run, store: JournalEventStore) -> None:
    interrupt(store, "call")
    damage(store, "call")
    done = run("recover", "--json")
    assert done.code == 1
    [session] = json.loads(done.out)["sessions"]
    assert session["outcome"] == "damaged"
    assert session["error"]["what"]


def test_the_audit_trail_goes_to_standard_error(store: JournalEventStore) -> None:
    """So the checkpoint of a recovery reaches the audit log too."""
    interrupt(store, "call")
    done = process("recover", "--audit", cwd=store.root)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    [checkpoint] = [line for line in lines if line["event"] == "checkpoint"]
    assert checkpoint["size"] == 4
    assert checkpoint["timestamp"].endswith("Z")
    audit = store.root / "audit.jsonl"
    audit.write_bytes(done.stderr)
    assert process("verify", "--audit-log", "audit.jsonl", cwd=store.root).returncode == 0
    scribe.flush()


@pytest.mark.parametrize(
    "arguments", [("nobody",), ("--store", "nowhere"), ("--bogus",), ("ca",), ("",)]
)
def test_what_cannot_be_meant_is_an_error(
    run: Run, store: JournalEventStore, arguments: tuple[str, ...]
) -> None:
    interrupt(store, "call-1")
    interrupt(store, "call-2")
    assert run("recover", *arguments).code == 2
    assert store.state("call-1") == "interrupted"


def test_an_empty_store_has_nothing_to_recover(run: Run, store: JournalEventStore) -> None:
    store.root.mkdir()
    assert run("recover").lines == ["Nothing to recover. Left alone: 0 closed and 0 live."]
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_nothing_that_was_chosen_by_others_acts(
    run: Run, store: JournalEventStore, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    interrupt(store, SESSION, path=EVIL.replace("\ud800", "") + "/x.ogg")
    shown = run("recover")
    assert acting(shown.out) == []
    assert acting(run("recover", "--json").out) == []
