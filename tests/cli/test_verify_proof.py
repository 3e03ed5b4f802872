"""`earwitness verify --proof` checks one event without its store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.keys import generate, read_verifier_keys
from tests.cli.running import Run, begin, record
from tests.cli.test_hostile import acting


@pytest.fixture
def key(store: JournalEventStore) -> str:
    record(store, "call", "Hello?")
    return str(read_verifier_keys(store.root / "keys/verifier.key")[0])


@pytest.fixture
def proof(run: Run, store: JournalEventStore, key: str, tmp_path: Path) -> str:
    """Evidence of what was said; the store is gone."""
    file = tmp_path / "evidence"
    assert run("prove", "call", "1", "--output", str(file)).code == 0
    shutil.rmtree(store.root)
    return str(file)


def test_what_is_proven_is_told(run: Run, proof: str, key: str) -> None:
    lines = run("verify", "--proof", proof, "--key", key).lines
    assert lines[0] == "Sound: event 1 is in the log, as it stands here."
    told = dict(line.strip().split("  ", 1) for line in lines[1:6])
    name = key.partition("+")[0]
    assert told["log"].strip() == f"{name}/call"
    assert told["event"].strip() == "1 (conversation_item_added)"
    assert told["sealed"].strip() == "among the log's first 3"
    assert told["signed by"].strip().startswith(f"{name}+")
    assert any('"Hello?"' in line for line in lines[6:])


def test_json_tells_the_same(run: Run, proof: str, key: str) -> None:
    told = run("verify", "--proof", proof, "--key", key, "--json").json
    assert (told["sound"], told["position"], told["size"]) == (True, 1, 3)
    assert told["type"] == "conversation_item_added"
    assert told["payload"]["item"]["content"] == ["Hello?"]


def test_the_stores_key_will_do_where_the_store_is_there(
    run: Run, store: JournalEventStore, key: str, tmp_path: Path
) -> None:
    run("prove", "call", "1", "--output", str(tmp_path / "evidence"))
    assert run("verify", "--proof", str(tmp_path / "evidence")).code == 0


def test_without_any_key_nothing_is_proven(run: Run, proof: str) -> None:
    refused = run("verify", "--proof", proof)
    assert (refused.code, refused.out) == (2, "")
    assert "There is no verifier key" in refused.err


def test_another_word_is_found(run: Run, proof: str, key: str) -> None:
    path = Path(proof)
    path.write_bytes(path.read_bytes().replace(b"Hello?", b"Hallo?"))
    told = run("verify", "--proof", proof, "--key", key)
    assert told.code == 1
    assert told.out.startswith("Not sound: The payload is not the one")
    assert "expected" in told.out
    document = run("verify", "--proof", proof, "--key", key, "--json")
    assert document.code == 1
    assert json.loads(document.out)["sound"] is False
    assert json.loads(document.out)["flaw"]["where"] == "event 1 (conversation_item_added)"


def test_a_foreign_key_proves_nothing(run: Run, proof: str) -> None:
    foreign = str(generate("foreign").verifier)
    assert run("verify", "--proof", proof, "--key", foreign).code == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x00" * 100, b"\xff\n\n\xff"])
def test_what_is_no_evidence_is_not_sound(
    run: Run, key: str, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "evidence"
    file.write_bytes(content)
    assert run("verify", "--proof", str(file), "--key", key).code == 1


def test_a_file_that_is_not_there_could_not_be_read(run: Run, key: str) -> None:
    assert run("verify", "--proof", "nowhere", "--key", key).code == 2


def test_nothing_that_was_said_acts_on_the_terminal(
    run: Run, store: JournalEventStore, tmp_path: Path
) -> None:
    recorder = begin(store, "hostile")
    recorder.record("said", '{"a":"\x9b31m\u202e\\u001b[2J"}'.encode())
    recorder.close("done").result()
    file = tmp_path / "evidence"
    run("prove", "hostile", "1", "-o", str(file))
    for option in ((), ("--json",)):
        shown = run("verify", "--proof", str(file), *option)
        assert shown.code == 0
        assert acting(shown.out) == []
