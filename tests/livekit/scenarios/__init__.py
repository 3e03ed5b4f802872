"""Short stories a real AgentSession plays, offline, on every supported SDK.

Each is `async def name(hook) -> Played`; `hook(session)` is called before the session starts.
"""

from __future__ import annotations

from livekit.agents import AgentSession, RunContext
from livekit.agents.llm import FunctionCall

from tests.livekit.scenarios import jobs, meddling, text, tools, voice
from tests.livekit.stage import Hook, Played, Scenario

__all__ = ["SCENARIOS", "Hook", "Played", "Scenario"]

SCENARIOS: dict[str, Scenario] = {
    story.__name__: story
    for story, playable in [
        (text.plain_text, True),
        (text.handoff, True),
        (text.update_instructions, True),
        (text.update_options, hasattr(AgentSession, "update_options")),
        (text.llm_error, True),
        (text.closed_by_an_error, True),
        (tools.parallel_tools, True),
        (tools.failing_tool, True),
        (tools.stop_response, True),
        (tools.cancelled_tool_reply, True),
        (tools.async_tool_with_progress, hasattr(RunContext, "update")),
        (meddling.history_edited, True),
        (meddling.bytes_in_extra, "extra" in FunctionCall.model_fields),
        (meddling.reentrant_listener, True),
        (voice.voice_conversation, True),
        (voice.interruption, True),
        (voice.false_interruption, True),
        (voice.close_mid_speech, True),
        (voice.stt_error, True),
        (voice.tts_error, True),
        (jobs.job_with_audio, True),
        (jobs.several_sessions_in_one_job, True),
    ]
    if playable
}
"""The scenarios the installed SDK can play, by name."""
