"""`earwitness demo` plays a call and shows what was recorded of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, process

# An interpreter in which LiveKit is not installed.
WITHOUT_LIVEKIT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "livekit":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refuse())
from earwitness.cli import main
main(["demo"])
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[bytes]:
    """The demo, once, in a process of its own, with a store of its own below its folder."""
    folder = tmp_path_factory.mktemp("demo")
    return process("demo", "--fast", "--store", str(folder / "its store"), cwd=folder, COLUMNS="80")


@pytest.fixture
def screen(played: subprocess.CompletedProcess[bytes]) -> str:
    assert played.returncode == 0, played.stderr
    return played.stdout.decode()


@pytest.fixture
def its_store(screen: str, played: subprocess.CompletedProcess[bytes]) -> JournalEventStore:
    return JournalEventStore(Path(played.args[-1]))


def test_it_says_nothing_on_stderr(played: subprocess.CompletedProcess[bytes]) -> None:
    """LiveKit's own log of the errors in the story among it."""
    assert played.stderr == b""


def test_it_shows_every_event_of_the_log(screen: str, its_store: JournalEventStore) -> None:
    [session] = its_store.sessions()
    shown = re.findall(r"^ +(\d+) +\d:\d\d\.\d  ([a-z]\w+)", screen, re.MULTILINE)
    events = its_store.read(session.session_id)
    assert shown == [(str(event.position), event.type) for event in events]


def test_its_story_has_all_that_can_happen(
    run: Run, screen: str, its_store: JournalEventStore
) -> None:
    """A tool, one that fails, a handoff, and a model that fails and recovers."""
    told = run("show", "last", "--json", "--store", str(its_store.root)).json
    assert [(tool["name"], tool["outcome"]) for tool in told["tools"]] == [
        ("book_table", "ok"),
        ("reserve_wine", "failed"),
        ("leave_note", "ok"),
        ("ask_the_kitchen", "ok"),
    ]
    assert [each["to_agent"] for each in told["handoffs"]] == ["kitchen"]
    assert [each["recoverable"] for each in told["errors"]] == [True]
    assert len(told["transcript"]) == 11
    assert (told["state"], told["close_reason"]) == ("closed", "user_initiated")


def test_it_ends_with_what_was_recorded(screen: str) -> None:
    titles = re.findall(r"^([A-Z]\w+)(?: in .*| next)?$", screen, re.MULTILINE)
    assert titles == ["Transcript", "Turns", "Usage", "Files", "Try"]
    assert "Buona sera, Trattoria Aurora." in screen
    assert "report.json" in screen


def test_the_next_commands_can_be_copied(screen: str, its_store: JournalEventStore) -> None:
    assert f"\n  earwitness show last --store '{its_store.root}'\n" in screen


def test_the_report_of_it_is_whole(its_store: JournalEventStore) -> None:
    [session] = its_store.sessions()
    report = json.loads((its_store.folder(session.session_id) / "report.json").read_bytes())
    assert [event["type"] for event in report["events"]][-1] == "close"


def test_a_store_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = process("demo", "--fast", "--store", str(file / "store"), cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith(b"Error: The store cannot be written to.\n")


def test_without_livekit_it_says_how_to_install_it() -> None:
    refused = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIVEKIT], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert 'pip install "earwitness[demo]"' in refused.stderr
    assert "Traceback" not in refused.stderr
