"""`earwitness ls` lists what is in a store, whatever state it is in."""

from __future__ import annotations

import pytest

from earwitness import JournalEventStore
from earwitness.cli.headlines import HEADLINES
from tests.cli.running import Run, begin, damage, record, say
from tests.livekit.recording import recorded

UUID = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"


def test_sessions_are_listed_newest_first(run: Run, store: JournalEventStore) -> None:
    for session_id in ("first", "second", "third"):
        record(store, session_id, "Hello?")
    title, *lines = run("ls").lines
    assert title.split() == ["session", "when", "length", "turns", "tools", "errors", "state"]
    assert [line.split()[0] for line in lines] == ["third", "second", "first"]


async def test_a_session_is_counted(run: Run, store: JournalEventStore) -> None:
    """Turns, tools, errors of models, and why it was closed."""
    play = await recorded("llm_error", store)
    await play.recorder.finalize()
    assert run("ls").lines[1].endswith(" 3      0       2  closed: user_initiated")
    [session] = run("ls", "--json").json["sessions"]
    counts = {name: session[name] for name in ("turns", "tools", "errors", "events_lost")}
    assert counts == {"turns": 3, "tools": 0, "errors": 2, "events_lost": 0}


async def test_tools_are_counted(run: Run, store: JournalEventStore) -> None:
    play = await recorded("failing_tool", store)
    await play.recorder.finalize()
    [session] = run("ls", "--json").json["sessions"]
    assert session["tools"] == 2


def test_a_session_is_live_while_it_is_recorded(run: Run, store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    assert run("ls", "--json").json["sessions"][0]["state"] == "live"
    assert run("ls").lines[1].endswith("live")
    recorder.close("user_initiated").result()
    assert run("ls", "--json").json["sessions"][0]["state"] == "closed"


def test_a_session_that_nobody_holds_is_interrupted(run: Run, store: JournalEventStore) -> None:
    begin(store, "call")
    store.release("call")
    [session] = run("ls", "--json").json["sessions"]
    assert (session["state"], session["close_reason"]) == ("interrupted", None)


@pytest.mark.parametrize("columns", range(60, 100, 3))
def test_no_state_is_cut_off(
    columns: int, run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the table is too wide for it there are two lines a session."""
    begin(store, "bp32jwt7ajwx").record("close", b'{"type":"close","reason":"user_initiated"}')
    store.release("bp32jwt7ajwx")
    monkeypatch.setenv("COLUMNS", str(columns))
    assert "  interrupted: user_initiated" in run("ls").out


def test_a_damaged_log_is_marked_and_hides_no_other(run: Run, store: JournalEventStore) -> None:
    record(store, "sound", "Hello?")
    record(store, "broken", "Hello?")
    damage(store, "broken")
    listed = run("ls")
    assert [line.split()[0] for line in listed.lines[1:3]] == ["broken", "sound"]
    assert listed.lines[1].endswith("damaged")
    broken, sound = run("ls", "--json").json["sessions"]
    assert broken["state"] == "damaged"
    assert "line 2" in broken["damage"]
    assert broken.keys() == sound.keys()
    assert sound["damage"] is None


def test_a_payload_that_is_not_json_is_damage(run: Run, store: JournalEventStore) -> None:
    recorder = begin(store, "odd")
    recorder.record("conversation_item_added", b"nonsense")
    store.release("odd")
    record(store, "sound", "Hello?")
    states = {each["session_id"]: each["state"] for each in run("ls", "--json").json["sessions"]}
    assert states == {"odd": "damaged", "sound": "closed"}


@pytest.mark.parametrize(
    "payload", [b'"nonsense"', b"{}", b"null", b"[1]", b'{"item":[],"error":3}']
)
def test_what_an_application_emits_under_livekits_names_is_no_damage(
    payload: bytes, run: Run, store: JournalEventStore
) -> None:
    recorder = begin(store, "odd")
    for type in (*HEADLINES, "unheard_of"):
        recorder.record(type, payload)
    store.release("odd")
    assert run("ls", "--json").json["sessions"][0]["state"] != "damaged"
    for command in ("show", "report"):
        assert run(command, "odd").code == 0


def test_a_log_without_a_whole_line_is_listed(run: Run, store: JournalEventStore) -> None:
    begin(store, "torn")
    store.release("torn")
    (store.folder("torn") / "log.jsonl").write_bytes(b'{"n":0,')
    [session] = run("ls", "--json").json["sessions"]
    assert (session["state"], session["events"], session["opened_at"]) == ("interrupted", 0, None)
    assert run("ls").code == 0


def test_an_empty_store_has_a_friendly_line(run: Run, store: JournalEventStore) -> None:
    store.root.mkdir()
    assert run("ls").out.startswith("No sessions in")
    assert run("ls", "--json").json == {"sessions": [], "total": 0}


def test_a_narrow_terminal_gets_two_lines_a_session(
    run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "k3v9x0qm2abc", "Hello?")
    monkeypatch.setenv("COLUMNS", "60")
    first, second = run("ls").lines
    assert first == "k3v9x0qm2abc  closed: user_initiated"
    assert second.endswith(", 1 turn, 0 tools, 0 errors")


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_an_id_is_never_broken(
    columns: str, run: Run, store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there to be copied."""
    monkeypatch.setenv("COLUMNS", columns)
    record(store, UUID, "Hello?")
    assert UUID in run("ls").out


def test_lost_events_are_told(run: Run, store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    say(recorder, "events_lost", count=3, types={"a": 3}, reason="OSError")
    recorder.close("user_initiated").result()
    assert run("ls", "--json").json["sessions"][0]["events_lost"] == 3
    assert "lost     3 events" in run("show", "call").lines
