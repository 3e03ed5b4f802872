"""`earwitness show` tells one session."""

from __future__ import annotations

import re

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, begin, damage, record
from tests.livekit.recording import recorded


async def test_the_transcript_says_who_said_what_and_when(
    run: Run, store: JournalEventStore
) -> None:
    play = await recorded("handoff", store)
    await play.recorder.finalize()
    said = [re.split(r"\s{2,}", line.strip()) for line in run("show", "last").section("Transcript")]
    assert [line[1:] for line in said] == [
        ["user", "Are there nuts in it?"],
        ["host", "I put you through."],
        ["kitchen", "Kitchen speaking."],
        ["user", "Any nuts?"],
        ["kitchen", "No nuts, I promise."],
    ]
    assert all(re.fullmatch(r"0:\d\d\.\d", line[0]) for line in said)


async def test_an_interruption_is_marked(run: Run, store: JournalEventStore) -> None:
    play = await recorded("interruption", store)
    await play.recorder.finalize()
    transcript = run("show", "last").section("Transcript")
    assert [line for line in transcript if line.endswith("Our menu begins (interrupted)")]
    assert sum("(interrupted)" in line for line in transcript) == 1


async def test_turns_show_their_latencies(run: Run, store: JournalEventStore) -> None:
    """A column for each figure that LiveKit gave; none for those it never gave."""
    for name, title in [
        ("voice_conversation", "turn at eou llm tts e2e tools"),
        ("plain_text", "turn at llm tools"),
    ]:
        play = await recorded(name, store)
        await play.recorder.finalize()
        head, *turns = run("show", play.recorder.session_id).section("Turns")
        assert head.split() == title.split()
        assert len(turns) == 2


async def test_tools_show_how_they_ended(run: Run, store: JournalEventStore) -> None:
    play = await recorded("failing_tool", store)
    await play.recorder.finalize()
    tools = run("show", "last").section("Tools")
    assert [line.split()[1::2] for line in tools] == [["book", "failed"], ["calendar", "failed"]]
    assert "book failed, calendar failed" in run("show", "last").out


async def test_a_tool_that_ends_the_turn_has_no_output(run: Run, store: JournalEventStore) -> None:
    play = await recorded("stop_response", store)
    await play.recorder.finalize()
    [tool] = run("show", "last", "--json").json["tools"]
    assert (tool["name"], tool["outcome"]) in [
        ("hold_the_line", "no output"),  # before LiveKit 1.7
        ("hold_the_line", "ok"),
    ]


async def test_handoffs_are_shown(run: Run, store: JournalEventStore) -> None:
    play = await recorded("handoff", store)
    await play.recorder.finalize()
    [handoff] = run("show", "last").section("Handoffs")
    assert handoff.endswith("host → kitchen")


async def test_errors_are_shown(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    play = await recorded("llm_error", store)
    await play.recorder.finalize()
    recovered, fatal = run("show", "last").section("Errors")
    assert "llm_error" in recovered
    assert recovered.endswith("  recoverable")
    assert fatal.endswith("  not recoverable")


async def test_job_and_audio_are_shown(run: Run, store: JournalEventStore) -> None:
    play = await recorded("job_with_audio", store)
    await play.recorder.finalize()
    shown = run("show", "last")
    assert "room     kitchen-line" in shown.lines
    assert f"Files in {store.folder(play.recorder.session_id)}" in shown.out.replace("\n", "")
    assert "  audio.ogg    " in shown.out


async def test_json_tells_the_same(run: Run, store: JournalEventStore) -> None:
    play = await recorded("handoff", store)
    await play.recorder.finalize()
    told = run("show", "last", "--json").json
    assert told["session_id"] == play.recorder.session_id
    assert [each["speaker"] for each in told["transcript"]] == [
        "user",
        "agent",
        "agent",
        "user",
        "agent",
    ]
    assert told["turns"][0]["tools"][0]["name"] == "ask_the_kitchen"
    [handoff] = told["handoffs"]
    assert (handoff["from_agent"], handoff["to_agent"]) == ("host", "kitchen")
    assert told["opened_at"] <= handoff["at"] <= told["opened_at"] + told["duration"]


def test_a_session_of_which_nothing_is_known_yet_is_shown(
    run: Run, store: JournalEventStore
) -> None:
    begin(store, "call")
    assert run("show", "call").lines[:2] == ["session  call", "state    live"]


def test_a_session_is_found_by_any_unique_beginning(run: Run, store: JournalEventStore) -> None:
    record(store, "abc123", "One")
    record(store, "abd456", "Two")
    for name, session_id in [("abc", "abc123"), ("abd456", "abd456"), ("last", "abd456")]:
        assert run("show", name, "--json").json["session_id"] == session_id


def test_an_ambiguous_beginning_names_the_candidates(run: Run, store: JournalEventStore) -> None:
    record(store, "abc123", "One")
    record(store, "abd456", "Two")
    refused = run("show", "ab")
    assert (refused.code, refused.out) == (2, "")
    assert "More than one session begins like that." in refused.err
    assert "abc123, abd456" in refused.err


@pytest.mark.parametrize("command", ["show", "report"])
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_an_unknown_session_is_an_error(
    command: str, json: tuple[str, ...], run: Run, store: JournalEventStore
) -> None:
    record(store, "abc123", "One")
    refused = run(command, "xyz", *json)
    assert (refused.code, refused.out) == (2, "")
    assert "no such session" in refused.err


def test_a_damaged_session_is_an_error_that_says_where(run: Run, store: JournalEventStore) -> None:
    record(store, "broken", "One")
    damage(store, "broken")
    refused = run("show", "broken")
    assert (refused.code, refused.out) == (2, "")
    assert "line 2" in refused.err.replace("\n", "")
