"""`earwitness verify` says what is sound, what is not and what could not be read, and why."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from rich.cells import cell_len

from earwitness import JournalEventStore, SessionRecorder
from earwitness.background import keeper, scribe
from earwitness.events import RecordingOpened
from earwitness.integrity.vkey import VerifierKey
from earwitness.keys import format_signing_key, generate, load_signing_key, read_verifier_keys
from earwitness.witnessing.sessions import countersign
from earwitness.witnessing.witness import Witness
from tests.cli.running import Run, begin, process, record, say
from tests.cli.test_hostile import EVIL, SESSION, acting
from tests.unit.forging import seal, write_log

UUID = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"


@pytest.fixture
def audited(store: JournalEventStore, tmp_path: Path) -> Iterator[Path]:
    """The audit log of two sessions, `one` and `two`, as JSON lines."""
    path = tmp_path / "audit.jsonl"
    with path.open("w") as file:
        logger = structlog.wrap_logger(
            structlog.PrintLogger(file), processors=[structlog.processors.JSONRenderer()]
        )
        for session_id in ("one", "two"):
            recorder = SessionRecorder(store, opened(session_id), audit=logger)
            say(recorder, "user_state_changed", said="first")
            recorder.checkpoint_soon()
            assert keeper.flush()
            say(recorder, "user_state_changed", said="second")
            recorder.close("user_initiated").result()
        assert scribe.flush()
        yield path


def opened(session_id: str) -> RecordingOpened:
    nothing: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {}, "report": {}}
    return RecordingOpened(format=1, session_id=session_id, earwitness="0", **nothing)


def vkey(store: JournalEventStore) -> str:
    return str(read_verifier_keys(store.root / "keys/verifier.key")[-1])


def tamper(store: JournalEventStore, session_id: str, old: bytes, new: bytes) -> None:
    path = store.folder(session_id) / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(old, new))


def rewrite(store: JournalEventStore, session_id: str, keep: int) -> None:
    """Cuts a log and all that goes with it, by the store's own key."""
    events = list(store.read(session_id))[:keep]
    write_log(store, session_id, events)
    signer = load_signing_key((store.root / "keys/signing.key").read_text())
    seal(store, session_id, events, signer)


# Sound and not sound


def test_a_sound_store_has_a_line_for_each_session(run: Run, store: JournalEventStore) -> None:
    for session_id in ("first", "second"):
        record(store, session_id, "Hello?")
    lines = run("verify").lines
    assert [line.split() for line in lines[:3]] == [
        ["session", "state", "sealed", "verdict"],
        ["first", "closed", "3", "of", "3", "sound"],
        ["second", "closed", "3", "of", "3", "sound"],
    ]
    assert lines[4] == "2 sessions: 2 sound, 0 not sound."
    assert VerifierKey.parse(vkey(store)).id.hex() in " ".join(lines[5:])


def test_what_is_not_sound_is_told_with_what_would_be(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    record(store, "sound", "Hello?")
    tamper(store, "call", b"Hello?", b"Hallo?")
    told = run("verify")
    lines = [line.rstrip() for line in told.out.splitlines()]
    assert told.code == 1
    assert lines[1].endswith("not sound, 1 finding")
    assert lines[2].endswith("sound")
    rule, expected, got = lines[lines.index(f"call in {store.folder('call')}") + 1 :][:3]
    assert rule.split(maxsplit=1) == [
        "commitment",
        "log.jsonl, line 2, event 1 (conversation_item_added)",
    ]
    assert (expected.split()[0], got.split()[0]) == ("expected", "got")
    assert [len(line.split()[1]) for line in (expected, got)] == [64, 64]
    assert "2 sessions: 1 sound, 1 not sound." in lines


def test_only_the_sessions_that_are_named_are_verified(run: Run, store: JournalEventStore) -> None:
    for session_id in ("one", "two", "three"):
        record(store, session_id, "Hello?")
    tamper(store, "two", b"Hello?", b"Hallo?")
    assert run("verify", "one", "th", "one").lines[-3] == "2 sessions: 2 sound, 0 not sound."
    assert run("verify", "last").code == 0
    assert run("verify", "tw").code == 1


def test_json_has_all_of_it(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    sound = run("verify", "--json").json
    assert (sound["sound"], sound["own_keys"], sound["findings"]) == (True, True, [])
    [session] = sound["sessions"]
    facts = {name: session[name] for name in ("session_id", "state", "events", "sealed", "sound")}
    assert facts == {
        "session_id": "call",
        "state": "closed",
        "events": 3,
        "sealed": 3,
        "sound": True,
    }
    assert session["signed_by"] == sound["keys"]
    tamper(store, "call", b"Hello?", b"Hallo?")
    told = run("verify", "--json")
    [session] = json.loads(told.out)["sessions"]
    [finding] = session["findings"]
    assert (told.code, session["sound"]) == (1, False)
    assert finding.keys() == {"rule", "where", "expected", "got", "event"}
    assert (finding["rule"], finding["event"]) == ("commitment", 1)


def test_what_is_no_fault_is_kept_apart(run: Run, store: JournalEventStore) -> None:
    """Live and interrupted sessions, what is not sealed, and torn lines."""
    live = begin(store, "live")
    recorder = begin(store, "interrupted")
    say(recorder, "user_state_changed")
    recorder.checkpoint_soon()
    assert keeper.flush()
    say(recorder, "user_state_changed")
    store.release("interrupted")
    with (store.folder("interrupted") / "log.jsonl").open("ab") as log:
        log.write(b'{"n"')
    told = run("verify", "--json").json
    found = {session["session_id"]: session for session in told["sessions"]}
    assert [found["live"][name] for name in ("state", "sound")] == ["live", True]
    names = ("state", "sealed", "after_checkpoint", "torn_bytes")
    assert [found["interrupted"][name] for name in names] == ["interrupted", 2, 1, 4]
    said = " ".join(run("verify").out.split())
    assert "sound, 1 event after the last checkpoint, 4 bytes of an unfinished line" in said
    assert "live 0 of 1 sound, nothing sealed" in said
    live.close("done").result()


def test_withheld_payloads_are_counted(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    run("prove", "call", "--disclose", "1", "--to", str(store.root.parent / "copy"))
    told = run("verify", "--store", str(store.root.parent / "copy"), "--key", vkey(store))
    assert told.code == 0
    assert "sound, 2 withheld" in told.out


def test_a_session_that_cannot_be_read_is_no_reason_to_stop(
    run: Run, store: JournalEventStore
) -> None:
    for session_id in ("a", "b"):
        record(store, session_id, "Hello?")
    log = store.folder("a") / "log.jsonl"
    log.unlink()
    log.mkdir()
    told = run("verify")
    assert told.code == 2
    assert "2 sessions: 1 sound, 0 not sound, 1 could not be read." in told.out
    assert "log.jsonl: Is a directory" in told.out
    tamper(store, "b", b"Hello?", b"Hallo?")
    assert run("verify").code == 1


def test_a_store_is_more_than_its_sessions(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    shutil.copytree(store.folder("call"), store.root / "1999-01-01" / "call")
    told = run("verify")
    assert told.code == 1
    assert "2 folders" in told.out
    assert "1 session: 1 sound, 0 not sound." in told.out
    assert run("verify", "call").code == 0


def test_an_empty_store_has_a_friendly_line(run: Run, store: JournalEventStore) -> None:
    store.root.mkdir()
    assert run("verify").out.startswith("No sessions in")
    assert run("verify", "--json").json["sessions"] == []


# Keys


def test_an_auditors_key_is_trusted_and_the_stores_is_not(
    run: Run, store: JournalEventStore
) -> None:
    record(store, "call", "Hello?")
    auditors = str(generate("auditor").verifier)
    told = run("verify", "--key", auditors)
    assert told.code == 1
    assert "signature" in told.out
    assert run("verify", "--key", vkey(store)).code == 0
    assert (
        run("verify", "--key", auditors, "--key", vkey(store), "--json").json["own_keys"] is False
    )


def test_a_key_that_was_put_into_the_store_convinces_nobody_else(
    run: Run, store: JournalEventStore
) -> None:
    """Who forges a store leaves his own key in it."""
    record(store, "call", "Hello?")
    genuine = vkey(store)
    mallory = generate("mallory")
    seal(store, "call", list(store.read("call")), mallory)
    (store.root / "keys/verifier.key").write_text(f"{mallory.verifier}\n")
    assert run("verify").code == 0
    assert run("verify", "--key", genuine).code == 1


def test_keys_may_stand_in_a_file(run: Run, store: JournalEventStore, tmp_path: Path) -> None:
    record(store, "call", "Hello?")
    file = tmp_path / "trusted+keys"
    file.write_text(f"\n{generate('other').verifier}\n{vkey(store)}\n")
    assert run("verify", "--key", str(file)).code == 0


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "not a verifier key"), ("", "holds no verifier key"), ("x", "not a verifier key")],
)
def test_what_is_no_key_is_an_error(
    run: Run, store: JournalEventStore, tmp_path: Path, content: str | None, rule: str
) -> None:
    record(store, "call", "Hello?")
    file = tmp_path / "keys"
    if content is not None:
        file.write_text(content)
    refused = run("verify", "--key", str(file))
    assert (refused.code, refused.out) == (2, "")
    assert rule in refused.err


def test_a_secret_that_is_given_as_a_key_is_not_repeated(
    run: Run, store: JournalEventStore, tmp_path: Path
) -> None:
    record(store, "call", "Hello?")
    secret = format_signing_key(generate("mine"))
    file = tmp_path / "signing.key"
    file.write_text(secret)
    for given in (secret, f" {secret}\n", f"'{secret}'", secret * 9, f"x{secret * 9}", str(file)):
        refused = run("verify", "--key", given)
        assert refused.code == 2
        assert secret.split("+", 4)[4][:16] not in refused.err


def test_a_store_without_keys_needs_one(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    genuine = vkey(store)
    shutil.rmtree(store.root / "keys")
    refused = run("verify")
    assert (refused.code, refused.out) == (2, "")
    assert "There is no verifier key to verify with." in refused.err
    assert run("verify", "--key", genuine).code == 0


# The audit log


def test_a_store_that_is_as_the_audit_log_knows_it_is_sound(run: Run, audited: Path) -> None:
    told = run("verify", "--audit-log", str(audited))
    assert told.code == 0
    assert "The audit log tells of 4 checkpoints of 2 sessions." in told.lines
    document = run("verify", "--audit-log", str(audited), "--json").json
    assert [session["published"] for session in document["sessions"]] == [2, 2]
    assert document["audit_log"]["checkpoints"] == 4


def test_the_audit_log_may_come_from_standard_input(
    run: Run, audited: Path, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(store, "one", keep=2)
    assert run("verify").code == 0
    lines = io.TextIOWrapper(io.BytesIO(audited.read_bytes()))
    monkeypatch.setattr("sys.stdin", lines)
    told = run("verify", "--audit-log", "-")
    assert told.code == 1
    assert "4 events, by the audit log's checkpoint" in told.out


def test_a_session_that_is_gone_is_missed(
    run: Run, audited: Path, store: JournalEventStore
) -> None:
    shutil.rmtree(store.folder("one"))
    assert run("verify").code == 0
    told = run("verify", "--audit-log", str(audited))
    assert told.code == 1
    assert "no such session" in told.out
    assert "1 session: 1 sound, 0 not sound." in told.out
    shutil.rmtree(store.folder("two"))
    assert run("verify", "--audit-log", str(audited)).code == 1


def test_a_session_that_the_audit_log_does_not_know_is_remarked(
    run: Run, audited: Path, store: JournalEventStore
) -> None:
    record(store, "three", "Hello?")
    told = run("verify", "--audit-log", str(audited))
    assert told.code == 0
    assert told.out.count("not in the audit log") == 1


def test_several_audit_logs_are_one(run: Run, audited: Path, tmp_path: Path) -> None:
    lines = audited.read_text().splitlines(keepends=True)
    parts = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    for part, some in zip(parts, (lines[:5], lines[5:]), strict=True):
        part.write_text("".join(some))
    options = [option for part in parts for option in ("--audit-log", str(part))]
    assert run("verify", *options, "--json").json["audit_log"]["checkpoints"] == 4


def test_a_malformed_line_is_a_warning(run: Run, audited: Path) -> None:
    with audited.open("a") as file:
        file.write('{"event": "checkpoint", "origin": "a/b", "size": -3, "root": "AAAA"}\n')
    told = run("verify", "--audit-log", str(audited))
    number = len(audited.read_text().splitlines())
    assert told.code == 0
    assert f"line {number}" in told.out
    [line] = run("verify", "--audit-log", str(audited), "--json").json["audit_log"]["malformed"]
    assert line["where"] == f"{audited}, line {number}"


@pytest.mark.parametrize("content", ["", "nothing\nof the kind\n"])
def test_an_audit_log_that_tells_nothing_is_an_error(
    run: Run, store: JournalEventStore, tmp_path: Path, content: str
) -> None:
    """It would let everything pass."""
    record(store, "call", "Hello?")
    file = tmp_path / "app.log"
    file.write_text(content)
    refused = run("verify", "--audit-log", str(file))
    assert (refused.code, refused.out) == (2, "")
    assert "tells of no checkpoint" in refused.err


def test_an_audit_log_that_is_not_there_is_an_error(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    assert run("verify", "--audit-log", "nowhere").code == 2


# Witnesses


def test_a_quorum_of_witnesses_is_counted(
    run: Run, store: JournalEventStore, tmp_path: Path
) -> None:
    record(store, "call", "Hello?")
    keys = read_verifier_keys(store.root / "keys/verifier.key")
    witness = Witness(tmp_path / "witness", generate("witness.example"), keys)
    stranger = Witness(tmp_path / "stranger", generate("stranger.example"), keys)
    given = "--witness", str(witness.key), "--witness", str(stranger.key)
    assert run("verify", *given).code == 0
    assert run("verify", *given, "--quorum", "1").code == 1
    countersign(store, "call", witness, [witness.key])
    told = run("verify", *given, "--quorum", "1")
    assert told.code == 0
    assert "3 events countersigned by witness.example" in " ".join(told.out.split())
    assert run("verify", *given, "--quorum", "2").code == 1
    [session] = run("verify", *given, "--json").json["sessions"]
    assert (session["cosigned"], session["cosigned_by"]) == (3, ["witness.example"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--quorum", "1"),
        ("--quorum", "0", "--witness", "x"),
        ("--witness", "nonsense+12345678+AAAA"),
        ("--proof", "x", "call"),
        ("--proof", "x", "--audit-log", "y"),
        ("nobody",),
        ("--bogus",),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    run: Run, store: JournalEventStore, arguments: tuple[str, ...]
) -> None:
    record(store, "call", "Hello?")
    refused = run("verify", *arguments)
    assert (refused.code, refused.out) == (2, "")


# How it looks


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_nothing_is_broken_or_left_out(
    run: Run, store: JournalEventStore, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.chdir(store.root.parent)
    record(store, UUID, "Hello?")
    tamper(store, UUID, b"Hello?", b"Hallo?")
    told = run("verify")
    folder = f"{UUID} in {store.folder(UUID).relative_to(Path.cwd())}"
    lines = told.out.splitlines()
    lines.remove(folder)
    assert any(UUID in line for line in lines)
    assert max(map(cell_len, lines)) <= int(columns)


@pytest.mark.parametrize("columns", ["60", "80", "400"])
def test_nothing_that_was_chosen_by_others_acts(
    run: Run, store: JournalEventStore, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither session ids nor the names in a checkpoint or an audit log."""
    monkeypatch.setenv("COLUMNS", columns)
    record(store, SESSION, EVIL)
    record(store, "call", "Hello?")
    checkpoint = store.folder("call") / "checkpoint"
    name = "evil\x9b31m\u202e"
    _, rest = checkpoint.read_bytes().split(b"\n", 1)
    checkpoint.write_bytes(f"{name}/call\n".encode() + rest.replace(b"earwitness-", b"\xc2\x9bx"))
    audit = store.root.parent / f"audit{SESSION}".replace("/", "")
    audit.write_text('{"event": "checkpoint", "origin": 3, "size": 3, "root": "x"}\n')
    for options in ((), ("--audit-log", str(audit))):
        shown = run("verify", *options)
        assert shown.code == 1
        assert acting(shown.out) == []
        assert acting(run("verify", "--json", *options).out) == []


def test_a_bar_is_shown_on_a_terminal_and_nothing_of_it_elsewhere(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "call", "Hello?")
    assert run("verify").err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = run("verify")
    assert "Verifying 1 session" in shown.err
    assert "Verifying" not in shown.out


def test_it_needs_no_livekit_and_no_recorder(store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    told = process("verify", "--json", cwd=store.root)
    assert json.loads(told.stdout)["sound"] is True
    assert told.stderr == b""
