"""The guides on witnesses and timestamps show what their commands print."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.integrity.signer import Ed25519Signer
from earwitness.keys import SIGNING_KEY_FILE, format_signing_key, make_key_files
from earwitness.witnessing.identity import witness_signer
from earwitness.witnessing.witness import Witness
from tests.cli.running import Run, record
from tests.witness.authority import new_authority, openssl_can_stamp
from tests.witness.recordings import forge
from tests.witness.serving import served

GUIDES = Path(__file__).parents[2] / "docs/how-to"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (earwitness .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

SIGNER = Ed25519Signer.from_seed("calls.example/kitchen", bytes(range(32)))


def examples(guide: str) -> list[tuple[str, str]]:
    """The commands of a guide, and what is shown below each."""
    text = (GUIDES / guide).read_text("utf-8")
    return [found for block in CONSOLE.findall(text) for found in COMMAND.findall(block)]


def plain(text: str) -> list[str]:
    """The lines that are printed, without what is different each time."""
    text = re.sub(r"\+[0-9a-f]{8}\+\S+", "+<key>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", "<time>", text)
    return [" ".join(line.split()) for line in text.splitlines()]


def check(run: Run, command: str, shown: str, url: str) -> None:
    arguments = shlex.split(re.sub(r"https://\S+", url, command))[1:]
    printed = run(*arguments)
    assert printed.code == (1 if "not countersigned" in shown else 0), printed.err
    expected = plain(shown.partition("...\n")[0])
    assert plain(printed.out)[: len(expected)] == expected, command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournalEventStore:
    """Where the reader is: with a store, and the files that the others gave."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EARWITNESS_STORE")
    monkeypatch.setenv("COLUMNS", "160")
    keys = Path("recordings/keys")
    keys.mkdir(parents=True)
    (keys / SIGNING_KEY_FILE).write_text(format_signing_key(SIGNER))
    make_key_files(keys, SIGNER.name)
    Path("kitchen.key").write_text(f"{SIGNER.verifier}\n")
    store = JournalEventStore("recordings")
    record(store, "order-17", "Good evening!", "A table for four, please", "At eight.")
    record(store, "order-18", "Hm?")
    return store


def test_the_guide_on_witnesses(run: Run, folder: JournalEventStore) -> None:
    state = Path("witness")
    witness = Witness(state, witness_signer(state, "auditor.example/w1"), [SIGNER.verifier])
    Path("auditor.key").write_text(f"{witness.key}\n")
    shown = examples("witness.md")
    assert len(shown) == 5
    with served(witness) as service:
        for command, said in shown:
            if "--serve" in command:
                assert plain(said) == plain(f"{witness.key} countersigns at http://127.0.0.1:8480")
                continue
            if "--store copy" in command:
                shutil.copytree("recordings", "copy")
                for cosigned in Path("copy").rglob("checkpoint.cosigned"):
                    cosigned.unlink()
            if "not countersigned" in said:
                forge(folder, "order-17", 2)
            check(run, command, said, service.url)


def test_what_the_guide_says_of_a_refusal_is_what_is_said(
    run: Run, folder: JournalEventStore
) -> None:
    text = (GUIDES / "witness.md").read_text("utf-8")
    told = re.findall(r"^\| ([A-Z][^|]*) \| ", text, re.MULTILINE)
    source = Path(__file__).parents[2] / "src/earwitness"
    code = "".join(path.read_text("utf-8") for path in source.rglob("*.py"))
    assert len(told) == 7
    assert [what for what in told if f'"{what}."' not in code] == []


@pytest.mark.skipif(not openssl_can_stamp(), reason="openssl has no `ts` here")
def test_the_guide_on_timestamps(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("rfc3161_client", reason='needs the extra "timestamps"')
    authority = new_authority(tmp_path / "authority")
    shutil.copy(authority.root_file, "tsa-root.pem")
    shown = examples("timestamp.md")
    assert len(shown) == 2
    with authority.served() as url:
        for command, said in shown:
            check(run, command, said, url)
