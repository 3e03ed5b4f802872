"""The test bench itself: each scenario really makes LiveKit do what the scenario is named for."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from livekit.agents import AgentSession, get_job_context

from tests.livekit.scenarios import SCENARIOS, Played

Play = Callable[[str], Awaitable[Played]]

NOISY = {"closed_by_an_error", "failing_tool", "llm_error", "stt_error", "tts_error"}
"""Scenarios in which LiveKit logs errors, as it should."""


@pytest.fixture
def play() -> Play:
    async def play_it(name: str) -> Played:
        if name not in SCENARIOS:
            pytest.skip("the installed SDK cannot play this")
        return await SCENARIOS[name](lambda session: None)

    return play_it


def events(played: Played, tag: str) -> list[Any]:
    return [event for event in played.session._recorded_events if event.type == tag]


def items(played: Played, kind: str = "message") -> list[Any]:
    return [item for item in played.session.history.items if item.type == kind]


def transcript(played: Played) -> list[str]:
    return [f"{item.role}: {item.text_content}" for item in items(played)]


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_session_is_hooked_before_it_starts(name: str) -> None:
    hooked: list[AgentSession] = []

    def hook(session: AgentSession) -> None:
        assert not session._recorded_events
        hooked.append(session)

    played = await SCENARIOS[name](hook)
    assert hooked == played.sessions


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_session_ends_with_a_close_and_has_its_report(name: str, play: Play) -> None:
    played = await play(name)
    assert len(played.sessions) == len(played.reports) > 0
    for session, report in zip(played.sessions, played.reports, strict=True):
        assert Counter(event.type for event in session._recorded_events)["close"] == 1
        assert session._recorded_events[-1].type == "close"
        assert report.events is session._recorded_events
        assert report.chat_history.items == session.history.items


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - NOISY))
async def test_nothing_fails_that_should_not(
    name: str, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    await play(name)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"bytes_in_extra"}))
async def test_the_report_is_a_dictionary(name: str, play: Play) -> None:
    for report in (await play(name)).reports:
        assert report.to_dict()["chat_history"]["items"]


async def test_plain_text_has_two_turns(play: Play) -> None:
    assert transcript(await play("plain_text")) == [
        "user: A table, please.",
        "assistant: Good evening. For how many?",
        "user: Two, at eight.",
        "assistant: See you at eight.",
    ]


async def test_usage_is_reported_by_the_scripted_model(play: Play) -> None:
    metrics = [event.metrics for event in events(await play("plain_text"), "metrics_collected")]
    assert [each.completion_tokens for each in metrics if each.type == "llm_metrics"] == [5, 4]


async def test_parallel_tools_run_in_one_step(play: Play) -> None:
    played = await play("parallel_tools")
    [executed] = events(played, "function_tools_executed")
    assert [call.call_id for call in executed.function_calls] == ["call_tables", "call_weather"]
    assert len(items(played, "function_call_output")) == 2


async def test_a_failing_tool_answers_with_an_error(play: Play) -> None:
    outputs = items(await play("failing_tool"), "function_call_output")
    assert [(output.name, output.is_error) for output in outputs] == [
        ("book", True),
        ("calendar", True),
    ]
    assert outputs[0].output == "no table for that many"


@pytest.mark.parametrize("name", ["stop_response", "cancelled_tool_reply"])
async def test_a_silenced_tool_gets_no_reply(name: str, play: Play) -> None:
    played = await play(name)
    assert len(events(played, "function_tools_executed")) == 1
    assert [line.split(":")[0] for line in transcript(played)] == ["user", "user", "assistant"]


async def test_a_slow_tool_reports_its_progress(play: Play) -> None:
    played = await play("async_tool_with_progress")
    updates = [event.update for event in events(played, "tool_execution_updated")]
    progress = [update.message for update in updates if update.type == "tool_call_updated"]
    assert progress == ["the cellar is large", "the reds are done"]
    assert [item.call_id for item in items(played, "function_call")] == [
        "request_1_call_0",
        "request_1_call_0_update_1",
        "request_1_call_0_final",
    ]


async def test_a_handoff_is_in_the_history(play: Play) -> None:
    handoffs = items(await play("handoff"), "agent_handoff")
    assert [(item.old_agent_id, item.new_agent_id) for item in handoffs] == [
        (None, "host"),
        ("host", "kitchen"),
    ]


async def test_new_instructions_bring_new_tools(play: Play) -> None:
    played = await play("update_instructions")
    [executed] = events(played, "function_tools_executed")
    assert executed.function_call_outputs[0].output == "sea bream"
    assert played.session.current_agent.instructions == "You recommend fish."


async def test_new_options_are_in_the_report(play: Play) -> None:
    options = (await play("update_options")).report.to_dict()["options"]
    assert (options["min_endpointing_delay"], options["max_endpointing_delay"]) == (0.25, 0.75)


@pytest.mark.parametrize("name", ["llm_error", "stt_error", "tts_error"])
async def test_models_fail_recoverably_and_for_good(name: str, play: Play) -> None:
    errors = [event.error for event in events(await play(name), "error")]
    assert {error.type for error in errors} == {name}
    assert {error.recoverable for error in errors} == {True, False}


async def test_the_conversation_goes_on_after_a_failing_model(play: Play) -> None:
    lines = transcript(await play("llm_error"))
    assert "assistant: Sorry, I am back." in lines
    assert lines[-1] == "assistant: Where were we?"


async def test_an_error_too_many_closes_the_session(play: Play) -> None:
    [closed] = events(await play("closed_by_an_error"), "close")
    assert closed.reason.value == "error"
    assert closed.error.type == "llm_error"


async def test_an_edited_history_differs_from_the_events(play: Play) -> None:
    lines = transcript(await play("history_edited"))
    assert lines == [
        "user: Good evening.",
        "system: The caller is a regular guest.",
        "user: My card is [removed].",
        "assistant: Thank you.\nAnd see you soon.",
        "user: Goodbye.",
        "assistant: Goodbye.",
    ]


async def test_extra_holds_what_json_cannot_say(play: Play) -> None:
    played = await play("bytes_in_extra")
    [executed] = events(played, "function_tools_executed")
    assert executed.function_calls[0].extra["raw"] == b"\xff\xfe\x00"
    assert math.isnan(items(played)[1].extra["score"])
    assert type(items(played)[1].extra["lock"]) is object
    with pytest.raises(ValueError, match="serialize"):
        played.report.to_dict()


async def test_a_reentrant_listener_emits_within_an_event(play: Play) -> None:
    tags = [event.type for event in (await play("reentrant_listener")).session._recorded_events]
    added = tags.index("conversation_item_added", tags.index("speech_created"))
    assert tags[added + 1] == "speech_created"


async def test_speech_becomes_interim_and_final_transcripts(play: Play) -> None:
    transcripts = events(await play("voice_conversation"), "user_input_transcribed")
    assert [(each.transcript, each.is_final) for each in transcripts[:4]] == [
        ("A", False),
        ("A table, please.", True),
        ("Two,", False),
        ("Two, at eight.", True),
    ]


async def test_a_call_is_metered(play: Play) -> None:
    metrics = events(await play("voice_conversation"), "metrics_collected")
    assert {each.metrics.type for each in metrics} == {
        "eou_metrics",
        "llm_metrics",
        "stt_metrics",
        "tts_metrics",
        "vad_metrics",
    }


@pytest.mark.parametrize("name", ["interruption", "close_mid_speech"])
async def test_speech_that_is_cut_short_keeps_what_was_heard(name: str, play: Play) -> None:
    cut = [item for item in items(await play(name)) if item.interrupted]
    assert [item.text_content for item in cut] == ["Our menu begins"]


async def test_a_noise_interrupts_only_for_a_moment(play: Play) -> None:
    played = await play("false_interruption")
    [forgiven] = events(played, "agent_false_interruption")
    assert forgiven.resumed
    assert not items(played)[-1].interrupted


async def test_a_job_gives_its_name_and_its_audio(play: Play) -> None:
    played = await play("job_with_audio")
    assert (played.report.job_id, played.report.room) == ("AJ_bench", "kitchen-line")
    assert played.report.audio_recording_started_at is not None
    assert played.audio is not None
    assert played.audio.startswith(b"OggS")


async def test_the_end_of_a_job_deletes_its_folder(play: Play) -> None:
    played = await play("job_with_audio")
    assert played.report.audio_recording_path is not None
    assert not played.report.audio_recording_path.parent.exists()
    with pytest.raises(RuntimeError, match="no job context"):
        get_job_context()


async def test_the_end_of_a_job_closes_its_other_sessions(play: Play) -> None:
    played = await play("several_sessions_in_one_job")
    reasons = [session._recorded_events[-1].reason.value for session in played.sessions]
    assert reasons == ["user_initiated", "job_shutdown"]
