"""`earwitness erase`: shows what would go, asks, and erases in one session or in all."""

from __future__ import annotations

import json
import pty
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len

from earwitness import JournalEventStore
from earwitness.verify import verify_session
from tests.cli.running import EARWITNESS, Run
from tests.privacy.sessions import (
    CARD,
    IDENTITY,
    WISH,
    Call,
    a_call,
    begin,
    contents,
    places_of,
)

WHO = ("--reason", "request 12", "--actor", "dpo")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.delenv("LOGNAME", raising=False)
    store = JournalEventStore(tmp_path / "store", sync="never")
    monkeypatch.setenv("EARWITNESS_STORE", str(store.root))
    return a_call(store)


def test_a_dry_run_lists_positions_types_sizes_and_files(call: Call, run: Run) -> None:
    before = contents(call.store.root)
    shown = run("erase", "call", "--party", "user", "--dry-run")
    assert contents(call.store.root) == before
    lines = [line.split() for line in shown.lines]
    transcript = call.positions("user_input_transcribed")[0]
    size = len(call.events[transcript].data or b"")
    assert [str(transcript), "user_input_transcribed", str(size), "bytes"] in [
        line[:4] for line in lines
    ]
    assert ["audio.ogg", "1.3", "kB", "the", "voice"] in lines
    document = run("erase", "call", "--party", "user", "--dry-run", "--json").json
    [session] = document["sessions"]
    assert (document["done"], session["session_id"], session["position"]) == (False, "call", None)
    assert {"position", "type", "bytes", "why"} == set(session["payloads"][0])


def test_it_erases_and_says_where_the_log_tells_of_it(call: Call, run: Run) -> None:
    done = run("erase", "call", "--party", "user", *WHO, "--yes")
    assert f"event {len(call.events) - 1} of its log says so" in " ".join(done.out.split())
    assert places_of(call.store.root, CARD) == []
    verdict = run("verify", "call")
    assert "payloads erased" in verdict.out
    assert verdict.code == 0
    assert run("erase", "call", "--party", "user", *WHO, "--yes").lines == ["Nothing to erase."]


def test_events_are_named_by_position(call: Call, run: Run) -> None:
    first, second, *_ = call.positions("conversation_item_added")
    done = run(
        "erase", "call", "--event", f"{first},{second}", "--event", "1", *WHO, "-y", "--json"
    )
    positions = {payload["position"] for payload in done.json["sessions"][0]["payloads"]}
    assert {1, first, second} <= positions


def test_without_a_terminal_nobody_is_asked_and_nothing_is_done(call: Call, run: Run) -> None:
    before = contents(call.store.root)
    refused = run("erase", "call", "--audio", *WHO)
    assert (refused.code, "nobody is there to be asked" in refused.err) == (2, True)
    assert run("erase", "call", "--audio", *WHO, "--json").code == 2
    assert contents(call.store.root) == before


@pytest.mark.parametrize(("answer", "code", "erased"), [(b"n\n", 1, False), (b"y\n", 0, True)])
def test_on_a_terminal_somebody_is_asked(
    call: Call, answer: bytes, code: int, erased: bool
) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "r+b", buffering=0) as terminal, open(theirs, "r+b", buffering=0) as its:
        command = [*EARWITNESS, "erase", "call", "--audio", *WHO]
        asking = subprocess.Popen(command, stdin=its, stdout=its, stderr=subprocess.DEVNULL)
        said = b""
        while b"[y/N]" not in said:
            said += terminal.read(1_000)
        terminal.write(answer)
        assert asking.wait(60) == code
    assert (call.positions("payload_erased") != []) is erased


@pytest.mark.parametrize(
    "arguments",
    [
        ("call", *WHO),
        ("call", "--party", "cook", *WHO),
        ("call", "--event", "one", *WHO),
        ("--audio", *WHO),
        ("call", "--audio", "--actor", "dpo"),
        ("call", "--audio", "--reason", "request 12"),
        ("call", "--event", "99999", *WHO),
        ("nobody", "--audio", *WHO),
    ],
)
def test_what_makes_no_sense_is_refused(call: Call, run: Run, arguments: tuple[str, ...]) -> None:
    before = contents(call.store.root)
    assert run("erase", *arguments, "--yes").code == 2
    assert contents(call.store.root) == before


def test_a_person_is_erased_from_every_session_that_names_them(call: Call, run: Run) -> None:
    """Those that cannot be erased from are told, and the exit code says so."""
    other = a_call(call.store, "other", room="nobody's")
    again = a_call(call.store, "again")
    live = begin(call.store, "live", room=IDENTITY)
    done = run("erase", "--subject", IDENTITY, *WHO, "--yes", "--json")
    document = json.loads(done.out)
    assert done.code == 1
    assert {each["session_id"] for each in document["sessions"]} == {"call", "again"}
    assert [each["session_id"] for each in document["refused"]] == ["live"]
    shown = run("erase", "--subject", IDENTITY, *WHO, "--yes")
    assert (shown.code, shown.out.count("live  refused")) == (1, 1)
    live.close("done").result()
    assert run("erase", "--subject", IDENTITY, *WHO, "--yes").code == 0
    assert places_of(call.store.root, IDENTITY) == []
    assert WISH in json.dumps([event.payload for event in other.events], ensure_ascii=False)
    for each in (call, other, again):
        found = verify_session(call.store, each.session_id, [call.store.signer().verifier])
        assert found.findings == []


def test_an_erasure_that_was_cut_short_is_finished_by_the_same_command(
    call: Call, run: Run
) -> None:
    """Even where nothing names the person any more."""
    run("erase", "--subject", IDENTITY, *WHO, "--yes")
    (call.folder / "audio.ogg").write_bytes(b"as if it had not come to that")
    shown = run("erase", "--subject", IDENTITY, "--dry-run").out
    assert "An erasure was cut short before; it is finished." in shown
    done = run("erase", "--subject", IDENTITY, *WHO, "--yes")
    assert "call  finished what was begun" in done.out
    assert not (call.folder / "audio.ogg").exists()


def test_the_audit_trail_hears_of_the_new_checkpoint(call: Call, run: Run) -> None:
    told = run("erase", "call", "--audio", *WHO, "--yes", "--audit")
    lines = [json.loads(line) for line in told.err.splitlines()]
    assert [line["origin"].rpartition("/")[2] for line in lines] == ["store.log", "call"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(
    call: Call, run: Run, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run("hold", "call", "--reason", "a long dispute about a table " * 3, "--actor", "legal")
    run("hold", "call", "--release", "--reason", "settled", "--actor", "legal")
    commands = [
        ("hold",),
        ("erase", "call", "--party", "user", "--dry-run"),
        ("prune", "--older-than", "0d"),
        ("access",),
        ("verify",),
    ]
    for command in commands:
        lines = run(*command).out.splitlines()
        assert max(map(cell_len, lines)) <= columns, command
