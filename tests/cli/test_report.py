"""`earwitness report` folds LiveKit's report from the log."""

from __future__ import annotations

import json

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, begin, process
from tests.livekit.recording import recorded


@pytest.mark.parametrize("name", ["handoff", "llm_error", "job_with_audio"])
async def test_json_is_report_json_to_the_last_byte(name: str, store: JournalEventStore) -> None:
    play = await recorded(name, store)
    await play.recorder.finalize()
    folder = store.folder(play.recorder.session_id)
    printed = process("report", "last", "--json", cwd=folder)
    assert (printed.returncode, printed.stderr) == (0, b"")
    assert printed.stdout == (folder / "report.json").read_bytes() + b"\n"


async def test_the_summary_speaks_livekits_words(run: Run, store: JournalEventStore) -> None:
    play = await recorded("job_with_audio", store)
    report = await play.recorder.finalize()
    summary = run("report", "last")
    told = dict(line.split(maxsplit=1) for line in summary.section("Report"))
    assert told["room"] == "kitchen-line"
    assert told["job_id"] == report.data["job_id"]
    assert "max_tool_steps" in "".join(summary.section("Options"))
    counted = {line.split()[1]: int(line.split()[0]) for line in summary.section("Events")}
    assert sum(counted.values()) == len(report.events)
    history = {line.split()[1]: int(line.split()[0]) for line in summary.section("Chat history")}
    assert sum(history.values()) == len(report.chat_history["items"])


async def test_the_summary_shows_usage(run: Run, store: JournalEventStore) -> None:
    """Also that of LiveKit versions whose report has none."""
    play = await recorded("voice_conversation", store)
    await play.recorder.finalize()
    usage = run("report", "last").section("Usage")
    assert {line.split()[0] for line in usage} == {"llm", "stt", "tts"}


def test_a_live_session_has_a_report(run: Run, store: JournalEventStore) -> None:
    begin(store, "call", report={"room": "kitchen", "events": [], "chat_history": {"items": []}})
    assert json.loads(run("report", "call", "--json").out)["room"] == "kitchen"
    assert "  room  kitchen" in run("report", "call").lines
