"""`earwitness ls` finds sessions, `tail` follows one, `compare` sets two side by side."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import EARWITNESS, Run, begin, process, record, say
from tests.replaying import replay


def ids(run: Run, *arguments: str) -> list[str]:
    return [each["session_id"] for each in run("ls", "--json", *arguments).json["sessions"]]


@pytest.fixture
def calls(store: JournalEventStore) -> list[str]:
    return replay(store.root, 6)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--room", "table-4"], [4]),
        (["--agent", "osteria"], [4, 1]),
        (["--tag", "regular", "--tag", "allergy"], [2]),
        (["--reason", "error"], [3]),
        (["--errors"], [3, 0]),
        (["--state", "live"], []),
        (["--min-duration", "1s"], []),
        (["--min-duration", "0.1"], [5, 4, 3, 2, 1, 0]),
        (["--until", "2001-01-01"], []),
        (["--since", "2001-01-01", "--limit", "2"], [5, 4]),
        (["--search", "bottle of the 2016 baro"], [0]),
        (["--search", "nothing of the kind"], []),
    ],
)
def test_sessions_are_found(asked: list[str], found: list[int], run: Run, calls: list[str]) -> None:
    assert ids(run, *asked) == [calls[number] for number in found]


def test_times_may_be_told_from_now(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    assert ids(run, "--since", "1h") == ["call"]
    assert ids(run, "--until", "1h") == []


@pytest.mark.parametrize(
    "asked", [["--since", "yesterday"], ["--until", "1y"], ["--min-duration", "long"]]
)
def test_a_time_that_is_none_is_refused(asked: list[str], run: Run, calls: list[str]) -> None:
    refused = run("ls", *asked)
    assert (refused.code, refused.out) == (2, "")


def test_the_line_that_was_found_is_shown(run: Run, calls: list[str]) -> None:
    name, details, line = run("ls", "--search", "barolo").lines
    assert name.startswith("call-000000")
    assert "6 turns" in details
    assert line == "  user: Lovely. Could you put a bottle of the 2016 Barolo aside for us?"
    match = run("ls", "--search", "barolo", "--json").json["sessions"][0]["match"]
    assert (match["speaker"], match["lines"]) == ("user", 1)


def test_a_line_that_was_found_is_plain_text(run: Run, store: JournalEventStore) -> None:
    record(store, "call", "needle \x1b[2J\u202e\r[bold]")
    assert run("ls", "--search", "needle").lines[2] == r"  user: needle \x1b[2J\u202e [bold]"


def test_only_the_newest_are_shown_and_it_says_so(run: Run, store: JournalEventStore) -> None:
    replay(store.root, 52)
    lines = run("ls").lines
    assert lines[-1] == "50 of 52 sessions; --limit shows more."
    assert run("ls", "--json").json["total"] == 52
    assert len(ids(run)) == 52


def test_nothing_found_is_said(run: Run, calls: list[str]) -> None:
    assert run("ls", "--room", "nowhere").lines == ["No session is like that."]


def test_latencies_are_shown_where_there_is_room(
    run: Run, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    title, first, *_ = run("ls").lines
    assert title.split()[4:6] == ["median", "worst"]
    assert first.split()[6:8] == ["600ms", "600ms"]
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, run("ls").lines)) <= 60


def test_a_session_that_is_over_is_shown_to_its_end(run: Run, calls: list[str]) -> None:
    lines = run("tail", "last").lines
    assert lines[0].split()[:3] == ["0", "0:00.0", "recording_opened"]
    assert lines[-1].split()[2] == "recording_closed"


def test_a_session_is_followed_until_it_is_over(store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    following = subprocess.Popen(
        [*EARWITNESS, "tail", "--json", "--store", str(store.root)],
        stdout=subprocess.PIPE,
        text=True,
        env=None,
    )
    assert following.stdout is not None
    assert json.loads(following.stdout.readline())["type"] == "recording_opened"
    say(recorder, "close", reason="\x1b[2J")
    line = following.stdout.readline()
    assert "\x1b" not in line
    assert json.loads(line)["payload"]["reason"] == "\x1b[2J"
    recorder.close("user_initiated").result()
    rest = [json.loads(line)["type"] for line in following.stdout]
    assert rest[-1] == "recording_closed"
    following.stdout.close()
    assert following.wait(60) == 0


def test_without_a_live_session_there_is_nothing_to_follow(run: Run, calls: list[str]) -> None:
    refused = run("tail")
    assert (refused.code, refused.out) == (2, "")
    assert "No session is live." in refused.err


def test_two_sessions_are_compared(run: Run, calls: list[str]) -> None:
    lines = run("compare", calls[0], calls[1]).lines
    assert lines[0].split() == calls[:2]
    [events] = [line.split() for line in lines if line.startswith("events")]
    assert events == ["events", "81", "80", "+1%"]
    [errors] = [line.split() for line in lines if line.startswith("errors")]
    assert errors == ["errors", "1", "0"]


def test_a_session_is_compared_with_the_median_of_many(run: Run, calls: list[str]) -> None:
    first, second = run("compare", calls[0], "--errors", "--json").json["sides"]
    assert first["title"] == calls[0]
    assert second["title"] == "median of 2 sessions"
    assert (second["errors"], second["turns"], second["events"]) == (1, 6, 81)
    nothing = run("compare", calls[0], "--room", "nowhere", "--json").json["sides"][1]
    assert nothing["turns"] is None


def test_what_to_compare_with_is_said_once(run: Run, calls: list[str]) -> None:
    assert run("compare", calls[0], calls[1], "--errors").code == 2


def test_a_shell_completes_the_ids_of_sessions(calls: list[str], store: JournalEventStore) -> None:
    completed = process(
        cwd=Path("/"),
        _EARWITNESS_COMPLETE="complete_bash",
        COMP_WORDS="earwitness show call-00000",
        COMP_CWORD="2",
    )
    assert completed.stdout.decode().split() == calls[::-1]
