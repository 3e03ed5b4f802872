"""What the log tells of a session besides its events, and what becomes of its report."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from livekit.agents.llm import FunctionCallOutput

import earwitness
from earwitness import InMemoryEventStore, JournalEventStore, SessionReport
from earwitness.events import SessionEnded
from earwitness.projections.report import fold_report
from tests.livekit.recording import recorded
from tests.livekit.scenarios import SCENARIOS

WITHOUT_LIVEKIT = """
import sys
sys.modules["livekit"] = None
import earwitness
sys.stdout.buffer.write(earwitness.open_store(sys.argv[1]).report(sys.argv[2]).to_json())
"""


def payloads(store: Any, session_id: str, type: str) -> list[Any]:
    return [event.payload for event in store.read(session_id) if event.type == type]


def is_there(path: str) -> bool:
    return Path(path).exists()


@pytest.mark.parametrize("name", ["handoff", "bytes_in_extra", "voice_conversation"])
async def test_another_process_without_livekit_folds_the_same_bytes(
    name: str, tmp_path: Path
) -> None:
    play = await recorded(name, JournalEventStore(tmp_path))
    report = await play.recorder.finalize()
    folded = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WITHOUT_LIVEKIT, str(tmp_path), play.recorder.session_id],
        capture_output=True,
        check=True,
    )
    written = JournalEventStore(tmp_path).folder(play.recorder.session_id) / "report.json"
    assert folded.stdout == report.to_json() == written.read_bytes()


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_what_is_derived_from_the_events_is_what_livekit_says_at_the_end(name: str) -> None:
    """So the report of a session that never came to its end can be trusted as well."""
    store = InMemoryEventStore()
    play = await recorded(name, store)
    for recorder in play.recorders:
        whole = (await recorder.finalize()).data
        events = [e for e in store.read(recorder.session_id) if e.type != SessionEnded.TAG]
        derived = fold_report(events).data
        for reckoned in ("timestamp", "duration_ms", "tags"):
            whole.pop(reckoned, None)
            derived.pop(reckoned, None)
        assert derived == whole


async def test_the_log_begins_with_what_is_known_of_the_recording(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path)
    play = await recorded("job_with_audio", store)
    await play.recorder.finalize()
    [opened] = payloads(store, play.recorder.session_id, "recording_opened")
    assert opened["format"] == 1
    assert opened["session_id"] == play.recorder.session_id
    assert opened["job"] == {
        "job": "AJ_bench",
        "room": "kitchen-line",
        "room_id": "RM_bench",
        "agent": "front-desk",
    }
    assert opened["sdk"]["name"] == "livekit-agents"
    assert opened["host"]["pid"]
    assert opened["clock"].keys() == {"wall_ns", "monotonic_ns"}


async def test_start_and_end_are_marked_around_the_sessions_events(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path)
    play = await recorded("plain_text", store)
    await play.recorder.finalize()
    types = [event.type for event in store.read(play.recorder.session_id)]
    assert types[:2] == ["recording_opened", "session_started"]
    assert types[-3:] == ["close", "session_ended", "recording_closed"]


async def test_audio_is_kept_before_livekit_deletes_it(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path)
    play = await recorded("job_with_audio", store)
    await play.recorder.finalize()
    session_id = play.recorder.session_id
    [sealed] = payloads(store, session_id, "audio_sealed")
    [started] = payloads(store, session_id, "audio_recording_started")
    kept = (store.folder(session_id) / sealed["file"]).read_bytes()
    assert kept == play.played.audio
    assert not is_there(started["path"])
    assert sealed["sha256"] == hashlib.sha256(kept).hexdigest()
    assert sealed["bytes"] == len(kept)
    assert sealed["seconds"] > 0
    assert started["started_at"] == play.played.report.audio_recording_started_at


async def test_changed_options_are_recorded_with_what_was_asked_for() -> None:
    store = InMemoryEventStore()
    play = await recorded("update_options", store)
    report = await play.recorder.finalize()
    [changed] = payloads(store, play.recorder.session_id, "options_changed")
    assert changed["options"] == report.to_dict()["options"]
    assert changed["options"]["min_endpointing_delay"] == 0.25
    assert changed["requested"]


@pytest.mark.skipif(
    "reply_required" not in FunctionCallOutput.model_fields,
    reason="this SDK keeps a cancelled reply to itself",
)
async def test_a_cancelled_tool_reply_is_amended_at_once() -> None:
    store = InMemoryEventStore()
    play = await recorded("cancelled_tool_reply", store)
    await play.recorder.finalize()
    events = list(store.read(play.recorder.session_id))
    [executed] = [e for e in events if e.type == "function_tools_executed"]
    [amended] = [e for e in events if e.type == "event_amended"]
    assert executed.payload["function_call_outputs"][0]["reply_required"] is True
    assert amended.position == executed.position + 1
    assert amended.payload["position"] == executed.position
    assert amended.payload["payload"]["function_call_outputs"][0]["reply_required"] is False


async def test_the_audit_trail_tells_what_happened_and_nothing_that_was_said(
    tmp_path: Path,
) -> None:
    with structlog.testing.capture_logs() as lines:
        for name in ("handoff", "failing_tool", "llm_error", "job_with_audio"):
            play = await recorded(name, JournalEventStore(tmp_path / name), audit=True)
            report = await play.recorder.finalize()
            written = json.dumps(lines)
            for item in report.chat_history["items"]:
                for said in (*item.get("content", ()), item.get("output", "")):
                    assert len(said) < 5 or said not in written
    told = {line["event"] for line in lines}
    assert told >= {
        "session_opened",
        "turn_completed",
        "tool_executed",
        "handoff",
        "error",
        "session_closed",
    }
    assert all("session" in line for line in lines)
    assert any(line.get("job") == "AJ_bench" and line.get("room") for line in lines)
    outcomes = {
        (line["tool"], line["outcome"]) for line in lines if line["event"] == "tool_executed"
    }
    assert {outcome for _, outcome in outcomes} >= {"ok", "error"}


async def test_sinks_take_the_report_and_a_bad_one_stops_nobody(tmp_path: Path) -> None:
    taken: list[SessionReport] = []
    never = asyncio.Event()

    async def takes(report: SessionReport) -> None:
        taken.append(report)

    async def hangs(report: SessionReport) -> None:
        await never.wait()

    def fails(report: SessionReport) -> None:
        raise ConnectionError("unreachable")

    store = InMemoryEventStore()
    sinks = [fails, hangs, takes, earwitness.FileSink(tmp_path / "elsewhere")]
    play = await recorded("plain_text", store, sinks=sinks, sink_deadline=0.5)
    report = await play.recorder.finalize()
    assert taken == [report]
    [copy] = (tmp_path / "elsewhere").iterdir()
    assert copy.read_bytes() == report.to_json()
    failed = payloads(store, play.recorder.session_id, "sink_failed")
    assert [failure["error"] for failure in failed] == ["ConnectionError", "DeadlineExceeded"]
    assert store.session(play.recorder.session_id).state == "closed"
    assert store.report(play.recorder.session_id).to_json() == report.to_json()


async def test_finalize_without_a_close_closes_the_recording(tmp_path: Path) -> None:
    """As when a session's close hangs and only the job's shutdown callbacks still run."""
    from earwitness.livekit.demo.scripted import say
    from tests.livekit.scenarios.cast import Host
    from tests.livekit.stage import new_session

    store = JournalEventStore(tmp_path)
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await session.generate_reply(user_input="Hello?")
    report = (await recorder.finalize()).to_dict()
    assert [item.get("role") for item in report["chat_history"]["items"]][-2:] == [
        "user",
        "assistant",
    ]
    assert store.session(recorder.session_id).state == "closed"
    await session.aclose()
