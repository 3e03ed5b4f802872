"""Whoever cannot read a session is told so, why, and what to do: never is it shown as empty."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.custody.erasing import erase
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.exceptions import PayloadEncryptedError
from tests.cli.running import Ran, Run, ran, record
from tests.viewer.conftest import asking

SAID = "My card is 4111 1111 1111 1111."
GIVE = "$EARWITNESS_KEYRING says where the keys are"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: ran(arguments, capsys)


@pytest.fixture
def ring(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the key of the session `call`, for which nobody has the keyring any more."""
    name = run("keyring", "new", str(tmp_path / "ring")).out.strip()
    with monkeypatch.context() as patch:
        patch.setenv("EARWITNESS_KEYRING", f"file:{tmp_path}/ring")
        record(JournalEventStore(tmp_path / "store"), "call", SAID)
    monkeypatch.setenv("EARWITNESS_STORE", str(tmp_path / "store"))
    return name


def flat(text: str) -> str:
    """What is printed, wherever its lines were broken."""
    return " ".join(text.split())


REFUSING: Sequence[Sequence[str]] = [
    ("report", "call"),
    ("report", "call", "--json"),
    ("export", "call"),
    ("export", "call", "--format", "md"),
]


@pytest.mark.parametrize("command", REFUSING, ids=" ".join)
def test_no_report_and_no_transcript_is_made_of_what_nobody_can_read(
    run: Run, ring: str, command: Sequence[str]
) -> None:
    refused = run(*command)
    assert (refused.code, refused.out) == (2, "")
    said = flat(refused.err)
    assert "The session is encrypted." in said
    assert repr(ring) in said
    assert GIVE in said


def test_a_refused_export_leaves_no_file(run: Run, ring: str, tmp_path: Path) -> None:
    assert run("export", "call", "-o", str(tmp_path / "call.vtt")).code == 2
    assert not (tmp_path / "call.vtt").exists()


def told(shown: Ran) -> str:
    return flat(shown.out + shown.err)


@pytest.mark.parametrize(
    "command", [("show", "call"), ("tail", "call"), ("compare", "call"), ("prove", "call", "1")]
)
def test_what_is_shown_without_the_key_says_that_it_is_not_here(
    run: Run, ring: str, command: Sequence[str]
) -> None:
    shown = run(*command)
    assert shown.code == 0
    assert "are encrypted" in told(shown) or "is encrypted" in told(shown)
    assert repr(ring) in told(shown)
    assert GIVE in told(shown)


def test_a_program_is_told_as_well(run: Run, ring: str) -> None:
    unread = run("show", "call", "--json").json["unread"]
    assert (unread["encrypted"], unread["erased"], unread["left_out"]) == (3, 0, 0)
    assert ring in unread["why"][0]
    for line in run("tail", "call", "--json").lines:
        assert json.loads(line)["encrypted"]


def test_a_list_does_not_count_what_it_does_not_know(run: Run, ring: str) -> None:
    assert "closed, encrypted" in run("ls").out
    [session] = run("ls", "--json").json["sessions"]
    assert session["encrypted"]
    assert (session["turns"], session["tools"], session["errors"]) == (None, None, None)


def test_a_search_says_where_it_did_not_look(run: Run, ring: str) -> None:
    found = run("ls", "--search", "card")
    assert "Not looked into, being encrypted: 1 session." in found.err
    assert not run("ls").err


def test_an_encrypted_session_does_not_change_the_median(run: Run, ring: str) -> None:
    sides = run("compare", "call", "--json").json["sides"]
    assert [side["turns"] for side in sides] == [None, None]


def test_the_key_that_was_destroyed_is_told_from_one_that_is_elsewhere(run: Run, ring: str) -> None:
    run("keyring", "destroy", "call", "--yes", "--reason", "request 12", "--actor", "dpo")
    shown = told(run("show", "call"))
    assert "Its key was destroyed on" in shown
    assert "by dpo: request 12." in shown
    assert GIVE not in shown
    assert "request 12" in run("export", "call").err


def test_a_copy_without_its_keys_says_that_nobody_told_of_a_destruction(
    run: Run, ring: str, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "store" / "keys" / "sessions")
    assert "nobody told of its destruction" in told(run("show", "call"))


def test_a_payload_that_is_encrypted_is_not_called_erased(
    run: Run, ring: str, tmp_path: Path
) -> None:
    refused = run("prove", "call", "--disclose", "1", "--to", str(tmp_path / "copy"))
    assert refused.code == 2
    assert "is encrypted, and its key is not here" in flat(refused.err)


def test_the_library_makes_no_empty_report_either(ring: str, tmp_path: Path) -> None:
    with pytest.raises(PayloadEncryptedError, match="encrypted"):
        JournalEventStore(tmp_path / "store").report("call")


def test_the_viewer_says_it_on_its_page_and_in_its_api(ring: str, tmp_path: Path) -> None:
    with asking(JournalEventStore(tmp_path / "store")) as client:
        page = client.get("/sessions/call")
        assert "The session is encrypted." in page.text
        assert ring in page.text
        facts = client.get("/api/v1/sessions/call").json()
        assert facts["encrypted"]
        assert ring in facts["unread"][0]
        events = client.get("/api/v1/sessions/call/events").json()["events"]
        assert all(event["encrypted"] for event in events)
        assert ring in client.get("/compare?a=call&b=call").text
        assert ring in client.get("/compare?a=call").text
        report = client.get("/api/v1/sessions/call/report")
        assert report.status_code == 422
        assert report.json()["type"] == "urn:earwitness:problem:unread"


def test_the_viewer_does_not_call_a_wrong_keyring_a_broken_seal(
    run: Run, ring: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("keyring", "new", str(tmp_path / "other"))
    monkeypatch.setenv("EARWITNESS_KEYRING", f"file:{tmp_path}/other")
    with asking(JournalEventStore(tmp_path / "store")) as client:
        problem = client.get("/api/v1/sessions/call/story").json()
    assert problem["type"] == "urn:earwitness:problem:unread"
    assert "lacks the key" in problem["detail"]


@pytest.fixture
def erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournalEventStore:
    """A store in whose session one of two sentences was erased, and the digest of both with it."""
    store = JournalEventStore(tmp_path / "store")
    record(store, "call", SAID, "Thank you.")
    erase(store, "call", events=[1], reason="request 12", actor="dpo")
    monkeypatch.setenv("EARWITNESS_STORE", str(store.root))
    return store


@pytest.mark.parametrize(
    "command", [("show",), ("report",), ("report", "--json"), ("export",), ("tail",), ("compare",)]
)
def test_what_was_erased_is_said_beside_what_is_left(
    erased: JournalEventStore, run: Run, command: Sequence[str]
) -> None:
    shown = run(command[0], "call", *command[1:])
    assert shown.code == 0
    assert "2 of 5 payloads are erased: request 12." in told(shown)


def test_what_is_not_in_a_copy_is_not_called_erased(
    erased: JournalEventStore, run: Run, tmp_path: Path
) -> None:
    run("prove", "call", "--disclose", "2", "--to", str(tmp_path / "copy"))
    shown = told(run("show", "call", "--store", str(tmp_path / "copy")))
    assert "4 of 5 payloads are left out of this copy." in shown
    assert "erased" not in shown


def test_without_the_key_nobody_says_that_what_was_erased_was_left_out(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What tells of the erasure is encrypted as well."""
    monkeypatch.setenv("EARWITNESS_STORE", str(tmp_path / "store"))
    store = JournalEventStore(tmp_path / "store", keyring=SecretKeyring(new_key()))
    record(store, "call", SAID, "Thank you.")
    erase(store, "call", events=[1], reason="request 12", actor="dpo")
    assert "2 of 5 payloads are erased, or left out of this copy." in told(run("show", "call"))


def test_evidence_of_what_was_erased_says_so(erased: JournalEventStore, run: Run) -> None:
    assert "1 of 1 payloads is erased" in flat(run("prove", "call", "1").err)
    assert not run("prove", "call", "2").err


def test_of_a_damaged_log_that_is_said_and_nothing_else(
    erased: JournalEventStore, run: Run
) -> None:
    log = erased.folder("call") / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:3], b"nonsense\n", *lines[4:]]))
    shown = run("tail", "call")
    assert shown.code == 2
    assert "not an event" in flat(shown.err)
    assert "erased" not in shown.err
