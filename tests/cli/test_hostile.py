"""Nothing that was said, and no name that others chose, acts on the terminal or the layout."""

from __future__ import annotations

import re
import time
import unicodedata
from typing import Any

import pytest
from rich.cells import cell_len

from earwitness import JournalEventStore, SessionRecorder
from earwitness.visible import visible
from tests.cli.running import Run, begin, record, say, strings

EVIL = "\x1b[2J\x1b]0;title\x07[bold red]x[/] :smile: \r\u202edlog\u2028\x9b31m\ud800"
SPELT = r"\x1b[2J\x1b]0;title\x07[bold red]x[/] :smile: \r\u202edlog\u2028\x9b31m\ud800"
SESSION = "evil" + EVIL.replace("\ud800", "")
COMMANDS = [("ls",), ("show", "evil"), ("report", "evil")]


@pytest.fixture
def hostile(store: JournalEventStore) -> JournalEventStore:
    """A session in which everything that others choose is hostile."""
    report = {"room": EVIL, "tags": [EVIL], "options": {EVIL: EVIL}, "errors": {EVIL: 0}}
    lists: dict[str, Any] = {"events": [], "chat_history": {"items": []}, "usage": []}
    facts = {"sdk": {"name": EVIL}, "job": {EVIL: EVIL}, "report": report | lists}
    recorder = begin(store, SESSION, **facts)
    misbehave(recorder)
    recorder.close(EVIL).result()
    return store


def misbehave(recorder: SessionRecorder) -> None:
    at = {"created_at": time.time()}
    agents = {"old_agent_id": EVIL, "new_agent_id": EVIL}
    message = {"type": "message", "content": [EVIL], "interrupted": True} | at
    call, output = {"call_id": EVIL, "name": EVIL}, {"call_id": EVIL, "is_error": True}
    add = "conversation_item_added"
    say(recorder, add, item={"id": "1", "type": "agent_handoff"} | agents | at)
    say(recorder, add, item={"id": "2", "role": "user"} | message)
    say(recorder, add, item={"id": "3", "role": "assistant"} | message)
    say(
        recorder,
        "function_tools_executed",
        function_calls=[{"id": "4"} | call | at],
        function_call_outputs=[{"id": "5"} | output | at],
    )
    say(recorder, "error", error={"type": EVIL}, source={"model": EVIL})
    say(recorder, "session_usage_updated", usage={"model_usage": [{"type": EVIL, EVIL: 3}]})
    say(recorder, "close", reason=EVIL)


def acting(text: str) -> list[str]:
    """The characters that a terminal would obey."""
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return [char for char in text if unicodedata.category(char) in kinds and char != "\n"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["60", "80", "400"])
def test_no_text_acts_on_the_terminal(
    command: tuple[str, ...],
    columns: str,
    run: Run,
    hostile: JournalEventStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = run(*command)
    assert shown.code == 0
    assert acting(shown.out) == []
    assert max(cell_len(line) for line in shown.out.splitlines()) <= int(columns)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_meant_to_act_is_spelt_out(
    command: tuple[str, ...], run: Run, hostile: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markup of ours and names of emoji among it."""
    monkeypatch.setenv("COLUMNS", "400")
    assert SPELT.removesuffix(r"\ud800") in run(*command).out


@pytest.mark.parametrize("command", COMMANDS)
def test_in_colour_every_escape_is_ours(
    command: tuple[str, ...], run: Run, hostile: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = run(*command).out
    assert "\x1b[" in shown
    assert acting(re.sub(r"\x1b\[[0-9;]*m", "", shown)) == []


@pytest.mark.parametrize("command", [("ls", "--json"), ("show", "evil", "--json")])
def test_json_holds_it_unchanged_in_ascii(
    command: tuple[str, ...], run: Run, hostile: JournalEventStore
) -> None:
    shown = run(*command)
    assert shown.out.isascii()
    assert acting(shown.out) == []
    assert EVIL in strings(shown.json)


def test_an_error_does_not_act_either(run: Run, hostile: JournalEventStore) -> None:
    begin(hostile, SESSION + "2")
    refused = run("show", "evil")
    assert (refused.code, acting(refused.err)) == (2, [])
    assert "More than one session" in refused.err
    assert acting(run("show", EVIL).err) == []


def test_a_line_feed_cannot_forge_a_line_of_the_transcript(
    run: Run, store: JournalEventStore
) -> None:
    recorder = begin(store, "call")
    item = {"id": "1", "type": "message", "role": "user", "content": ["Hi\n0:00.1  host  Yes"]}
    say(recorder, "conversation_item_added", item=item | {"created_at": time.time()})
    recorder.close("user_initiated").result()
    first, forged = run("show", "call").section("Transcript")
    assert first.endswith("user  Hi")
    assert forged.startswith(" " * first.index("Hi") + "0:00.1")


@pytest.mark.parametrize(
    "command",
    [
        *(("ls",), ("ls", "--search", "Hello"), ("verify",), ("show", "call")),
        *(("erase", "call", "--event", "1", "--dry-run"), ("prune", "--older-than", "0d")),
        ("hold", "call", "--reason", "r", "--actor", "a"),
    ],
    ids=" ".join,
)
def test_nor_can_one_in_an_id_forge_a_line_of_a_list(
    command: tuple[str, ...], run: Run, store: JournalEventStore
) -> None:
    record(store, "call\nother  closed  9 of 9  sound", "Hello?")
    shown = run(*command)
    assert shown.code == 0
    assert r"call\nother" in shown.out
    assert not any(line.lstrip().startswith("other") for line in shown.lines)


@pytest.mark.parametrize(
    "text", ["", "Grüß Gott", "日本語", "שלום", "👩‍👩‍👧", "می‌خواهم", "two\nlines"]
)
def test_what_only_shows_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_every_acting_character_is_spelt_out() -> None:
    everything = "".join(map(chr, range(0x110000)))
    kept = {"\u200c", "\u200d"}
    assert set(acting(visible(everything))) == kept
