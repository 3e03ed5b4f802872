"""`earwitness keygen` makes keys, and takes none away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.integrity.vkey import VerifierKey
from earwitness.keys import KEY_VARIABLE, load_signing_key, read_verifier_keys
from tests.cli.running import Run, process, record


@pytest.fixture
def keys(store: JournalEventStore) -> Path:
    return store.root / "keys"


def verifiers(keys: Path) -> list[str]:
    return [str(key) for key in read_verifier_keys(keys / "verifier.key")]


def test_a_store_gets_its_first_key(run: Run, store: JournalEventStore, keys: Path) -> None:
    """Its verifier key alone goes to standard output, and what is recorded next is signed by it."""
    made = run("keygen", "--name", "calls.example/kitchen")
    [vkey] = made.lines
    assert VerifierKey.parse(vkey).name == "calls.example/kitchen"
    assert verifiers(keys) == [vkey]
    assert "signing.key" in made.err
    record(store, "call", "Hello?")
    assert run("verify", "--key", vkey).code == 0


def test_a_key_that_is_there_is_not_replaced_unasked(run: Run, keys: Path) -> None:
    run("keygen")
    before = (keys / "signing.key").read_bytes()
    refused = run("keygen", "--name", "another.example")
    assert (refused.code, refused.out) == (2, "")
    assert "The store has a key already." in refused.err
    assert "--rotate" in refused.err
    assert (keys / "signing.key").read_bytes() == before


def test_a_key_is_rotated_when_asked(run: Run, store: JournalEventStore, keys: Path) -> None:
    record(store, "before", "Hello?")
    [old] = verifiers(keys)
    rotated = run("keygen", "--rotate")
    [new] = rotated.lines
    assert verifiers(keys) == [old, new]
    assert f"signing-{VerifierKey.parse(old).id.hex()}.key" in rotated.err
    record(JournalEventStore(store.root), "after", "Hello?")
    assert run("verify").code == 0
    told = run("verify", "--key", new)
    assert told.code == 1
    assert "2 sessions: 1 sound, 1 not sound." in told.out
    assert VerifierKey.parse(old).id.hex() in told.out


def test_json_names_the_files(run: Run, keys: Path) -> None:
    made = run("keygen", "--json").json
    assert made == {
        "verifier_key": verifiers(keys)[0],
        "signing_key_file": str(keys / "signing.key"),
        "retired_key_file": None,
    }
    rotated = run("keygen", "--rotate", "--json").json
    assert Path(rotated["retired_key_file"]).is_file()


def test_a_printed_key_signs_by_way_of_the_environment(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret goes to standard output alone, so that a shell can take it from there."""
    printed = run("keygen", "--print", "--name", "calls.example")
    [secret] = printed.lines
    assert not store.root.exists()
    monkeypatch.setenv(KEY_VARIABLE, secret)
    record(store, "call", "Hello?")
    vkey = str(load_signing_key(secret).verifier)
    assert vkey in printed.err.splitlines()
    assert run("verify", "--key", vkey).code == 0
    refused = run("verify")
    assert refused.code == 2
    assert "There is no verifier key to verify with." in refused.err


def test_a_printed_key_as_json(run: Run) -> None:
    made = run("keygen", "--print", "--json").json
    assert str(load_signing_key(made["signing_key"]).verifier) == made["verifier_key"]


def test_printing_and_rotating_are_two_things(run: Run) -> None:
    assert run("keygen", "--print", "--rotate").code == 2


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
@pytest.mark.parametrize("option", [(), ("--print",)])
def test_a_name_that_no_key_may_have_is_an_error(
    run: Run, store: JournalEventStore, name: str, option: tuple[str, ...]
) -> None:
    refused = run("keygen", "--name", name, *option)
    assert (refused.code, refused.out) == (2, "")
    assert not store.root.exists()


def test_who_sets_the_variable_is_told_that_it_comes_first(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, run("keygen", "--print").lines[0])
    assert f"${KEY_VARIABLE} is set" in run("keygen").err


def test_a_damaged_key_is_set_aside_once_the_new_one_has_a_name(run: Run, keys: Path) -> None:
    run("keygen")
    (keys / "signing.key").write_text("damaged")
    refused = run("keygen", "--rotate")
    assert refused.code == 2
    assert "Name the new key" in refused.err
    assert run("keygen", "--rotate", "--name", "calls.example").code == 0


def test_a_secret_is_never_part_of_an_error(run: Run, keys: Path) -> None:
    run("keygen")
    secret = (keys / "signing.key").read_text().strip()
    (keys / "signing.key").write_text(f"{secret}x")
    refused = run("keygen", "--rotate")
    assert refused.code == 2
    assert secret.split("+", 4)[4][:20] not in refused.err


def test_standard_output_holds_nothing_but_the_key(tmp_path: Path) -> None:
    made = process("keygen", "--store", str(tmp_path / "s"), cwd=tmp_path)
    assert made.stdout.count(b"\n") == 1
    printed = process("keygen", "--print", "--json", cwd=tmp_path)
    assert json.loads(printed.stdout).keys() == {"signing_key", "verifier_key"}
