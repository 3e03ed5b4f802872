"""How the command line behaves, whatever the command: errors, exit codes, pipes, start."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from earwitness import JournalEventStore, opening
from earwitness.catalogue import Catalogue
from earwitness.cli import options
from tests.cli.running import EARWITNESS, Run, process, record
from tests.livekit.recording import recorded

READERS = [("ls",), ("show", "last"), ("report", "last")]

REFERENCE = Path(__file__, "../../../docs/reference/cli.md").resolve()
USAGES = [
    usage
    for usage in re.findall(r"^## `earwitness (.+)`$", REFERENCE.read_text(), re.MULTILINE)
    if usage != "keyring"
]

# What a mere --help has no use for.
SLOW = "asyncio", "attrs", "cattrs", "cryptography", "livekit", "msgspec", "rich", "structlog"
SAY_WHAT_IS_LOADED = f"""
import sys
import earwitness.cli
print([name for name in {SLOW} if name in sys.modules])
"""


@pytest.mark.parametrize("command", READERS)
def test_a_store_that_does_not_exist_is_an_error(command: tuple[str, ...], run: Run) -> None:
    refused = run(*command, "--store", "nowhere")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: There is no such store.\n")
    assert "  where     nowhere" in refused.err


@pytest.mark.parametrize("command", READERS)
def test_a_store_that_is_a_file_is_an_error(
    command: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = run(*command, "--store", str(file))
    assert (refused.code, refused.out) == (2, "")
    assert "a file" in refused.err


def test_the_store_can_be_named_by_option_and_by_variable(run: Run, tmp_path: Path) -> None:
    record(JournalEventStore(tmp_path / "elsewhere"), "call", "Hello?")
    assert run("ls", "--store", str(tmp_path / "elsewhere")).code == 0
    assert run("ls").code == 2  # the variable of the tests names another


def test_the_defaults_are_those_of_open_store() -> None:
    assert str(options.DEFAULT_STORE) == opening.DEFAULT_STORE
    assert options.STORE_VARIABLE == opening.STORE_VARIABLE


def test_a_wrong_command_is_an_error(run: Run) -> None:
    assert run("bogus").code == 2
    assert run("show").code == 2
    assert run("ls", "--bogus").code == 2


def test_help_and_version_are_not(run: Run) -> None:
    for command in ((), ("demo",), ("ls",), ("show",), ("report",)):
        assert run(*command, "--help").code == 0
    assert run("--version").out.startswith("earwitness ")


@pytest.mark.parametrize("usage", USAGES)
def test_help_names_what_a_command_takes_as_the_reference_does(usage: str, run: Run) -> None:
    command, *arguments = usage.split()
    first, *others = run(command, "--help").lines
    assert first.split() == ["Usage:", "earwitness", command, "[OPTIONS]", *arguments]
    assert re.findall(r"<[a-z\[\]]+>", "".join(others)) == []  # a type of Python


@pytest.mark.parametrize(
    "command",
    [
        ("hold", "call", "--actor", "a", "--reason", "x" * 1_001),
        ("hold", "call", "--actor", "x" * 1_001, "--reason", "r"),
        ("show", "call", "--actor", "x" * 1_001),
        ("prune", "--older-than", "1d", "--reason", ""),
        ("erase", "--subject", " ", "--dry-run"),
    ],
)
def test_what_the_stores_log_cannot_take_is_an_error_without_a_traceback(
    command: tuple[str, ...], run: Run, store: JournalEventStore
) -> None:
    record(store, "call", "Hello?")
    refused = run(*command)
    assert (refused.code, refused.out) == (2, "")
    assert "Usage: earwitness" in refused.err
    assert not (store.root / "store.log").exists()


def test_an_unreadable_file_is_an_error_without_a_traceback(
    run: Run, store: JournalEventStore
) -> None:
    record(store, "call", "Hello?")
    log = store.folder("call") / "log.jsonl"
    log.unlink()
    log.mkdir()
    refused = run("show", "call")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: Is a directory\n")
    assert "log.jsonl" in refused.err.replace("\n", "")


def test_an_interruption_from_the_keyboard_is_quiet(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    store.root.mkdir()
    monkeypatch.setattr(Catalogue, "refresh", interrupt)
    interrupted = run("ls")
    assert (interrupted.code, interrupted.out, interrupted.err) == (130, "", "")


@pytest.mark.parametrize("command", [*READERS, ("report", "last", "--json"), ("ls", "--json")])
def test_a_reader_that_goes_away_is_no_reason_to_complain(
    command: tuple[str, ...], store: JournalEventStore
) -> None:
    for number in range(50):
        record(store, f"call-{number}", "Hello? " * 1000)
    writer = subprocess.Popen(
        [*EARWITNESS, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(60) in (0, 1)


def test_a_terminal_without_our_letters_is_served(store: JournalEventStore) -> None:
    record(store, "call", "Grüß Gott → 日本語")
    shown = process("show", "call", cwd=store.root, PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert rb"Gr\xfc\xdf Gott" in shown.stdout


@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_no_line_is_wider_than_the_terminal(
    columns: int, run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("job_with_audio", "llm_error", "failing_tool"):
        play = await recorded(name, store)
        await play.recorder.finalize()
        for command in READERS:
            lines = run(*command).out.splitlines()
            assert max(map(cell_len, lines)) <= columns


def test_colour_is_for_terminals(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "call", "Hello?")
    assert "\x1b" not in run("ls").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1m" in run("ls").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run("show", "last").out


def test_each_command_is_described_in_one_line_of_eighty(run: Run) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]


def test_it_starts_without_what_help_does_not_need() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", SAY_WHAT_IS_LOADED], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"
