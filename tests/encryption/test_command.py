"""`earwitness keyring`, and what the other commands show of an encrypted session."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, ran, record


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: ran(arguments, capsys)


@pytest.fixture
def root(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with an encrypted call."""
    name = run("keyring", "new", str(tmp_path / "ring")).out.strip()
    assert name.startswith("keyring-")
    monkeypatch.setenv("EARWITNESS_KEYRING", f"file:{tmp_path}/ring")
    record(JournalEventStore(tmp_path / "store"), "call", "My card is 4111 1111 1111 1111.")
    return str(tmp_path / "store")


def test_with_the_keyring_a_session_is_shown_as_ever(run: Run, root: str) -> None:
    assert "4111 1111 1111 1111" in run("show", "call", "--store", root).out
    assert run("verify", "--store", root).code == 0


def test_without_it_a_session_is_shown_without_what_was_said(
    run: Run, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EARWITNESS_KEYRING")
    shown = run("show", "call", "--store", root)
    assert shown.code == 0
    assert "4111" not in shown.out
    verified = run("verify", "--store", root)
    assert verified.code == 0
    assert "encrypted" in verified.out


def test_a_wrong_keyring_is_an_error_that_names_the_key(
    run: Run, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("keyring", "new", str(tmp_path / "other"))
    monkeypatch.setenv("EARWITNESS_KEYRING", f"file:{tmp_path}/other")
    shown = run("show", "call", "--store", root)
    assert shown.code == 2
    assert "The keyring lacks the key that wrapped a session's data key." in shown.err


def test_rewrapping_lets_the_old_key_go(run: Run, root: str, tmp_path: Path) -> None:
    run("keyring", "new", str(tmp_path / "ring"))
    assert run("keyring", "rewrap", "--store", root, "--json").json == {
        "rewrapped": ["call"],
        "refused": [],
    }
    ring = tmp_path / "ring"
    ring.write_text(ring.read_text().splitlines()[0])
    assert "4111 1111" in run("show", "call", "--store", root).out


def test_a_data_key_that_is_damaged_does_not_keep_the_others_from_being_rewrapped(
    run: Run, root: str
) -> None:
    store = JournalEventStore(root)
    record(store, "also", "Hello?")
    assert store.data_keys is not None
    (store.data_keys.folder / "also.json").write_text("{}")
    wrapped = run("keyring", "rewrap", "--store", root)
    assert wrapped.code == 1
    assert "first key: 1 data key." in wrapped.out
    assert "also.json" in wrapped.err.replace("\n", "")


def test_without_a_keyring_that_is_said_once(
    run: Run, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(JournalEventStore(root), "also", "Hello?")
    monkeypatch.delenv("EARWITNESS_KEYRING")
    assert run("keyring", "rewrap", "--store", root).err.count("Error:") == 1


DESTROY = ("keyring", "destroy", "call", "--yes", "--actor", "ana", "--store")


def test_a_session_whose_key_is_destroyed_verifies_and_says_nothing(run: Run, root: str) -> None:
    assert run(*DESTROY, root, "--reason", "request 12").code == 0
    assert run("verify", "--store", root).code == 0
    assert "4111" not in run("show", "call", "--store", root).out
    told = run("access", "call", "--store", root, "--json").json["entries"]
    assert [(each["type"], each["reason"]) for each in told if each["type"] == "key_destroyed"] == [
        ("key_destroyed", "request 12")
    ]
    assert run(*DESTROY, root, "--reason", "again").code == 2


def test_the_key_of_a_session_on_hold_is_not_destroyed(run: Run, root: str) -> None:
    run("hold", "call", "--reason", "Smith v. Aurora", "--actor", "legal", "--store", root)
    refused = run(*DESTROY, root, "--reason", "request 12")
    assert refused.code == 2
    assert "Smith v. Aurora" in refused.err
    assert "4111" in run("show", "call", "--store", root).out


def test_nobody_destroys_a_key_who_is_not_there_to_be_asked(run: Run, root: str) -> None:
    refused = run(*[each for each in DESTROY if each != "--yes"], root, "--reason", "request 12")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "4111" in run("show", "call", "--store", root).out


def test_nobody_destroys_a_key_without_a_reason(run: Run, root: str) -> None:
    assert run(*DESTROY, root).code == 2
