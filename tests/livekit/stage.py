"""What every scenario is told with: sessions without delays, waiting for events, reports."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from livekit.agents import Agent, AgentSession, APIConnectOptions, JobContext
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.report import SessionReport

from earwitness.livekit.demo.scripted import Reply, ScriptedLLM
from tests.livekit.fakes import Caller

Hook = Callable[[AgentSession], object]
Scenario = Callable[[Hook], Any]

PATIENCE = 5.0
"""Seconds to wait for an event that should come within milliseconds."""


@dataclass
class Played:
    """What a scenario leaves behind: its sessions, closed, and LiveKit's own report of each."""

    sessions: list[AgentSession]
    reports: list[SessionReport]
    audio: bytes | None = None
    """The audio file as LiveKit wrote it, taken just before LiveKit deletes it."""

    @property
    def session(self) -> AgentSession:
        return self.sessions[0]

    @property
    def report(self) -> SessionReport:
        return self.reports[0]


def played(*sessions: AgentSession) -> Played:
    """The end of a scenario without a job."""
    return Played(list(sessions), [report_outside_a_job(session) for session in sessions])


def report_outside_a_job(session: AgentSession) -> SessionReport:
    """What `JobContext.make_session_report` would say, with job and room left empty."""
    job = SimpleNamespace(id="", agent_name="", room=SimpleNamespace(sid="", name=""))
    no_job = SimpleNamespace(job=job, _tagger=SimpleNamespace(tags=[]))
    return JobContext.make_session_report(no_job, session)  # type: ignore[arg-type]


def new_session(*replies: Reply, **options: Any) -> AgentSession:
    """A session with a scripted model that never waits for anything but its models."""
    quick = APIConnectOptions(max_retry=1, retry_interval=0.01, timeout=PATIENCE)
    options = {
        "llm": ScriptedLLM(replies),
        "vad": None,
        "user_away_timeout": None,
        "conn_options": SessionConnectOptions(quick, quick, quick),
        **turn_options("manual"),
    } | options
    return AgentSession(**options)


def new_call(caller: Caller, *replies: Reply, **options: Any) -> AgentSession:
    """A session on the telephone with this caller."""
    models = {"stt": caller.stt, "tts": caller.tts, "vad": caller.vad}
    session = new_session(*replies, **models | turn_options("vad") | options)
    session.input.audio = caller.microphone
    session.output.audio = caller.loudspeaker
    return session


def turn_options(detection: str, forgive_after: float | None = None) -> dict[str, Any]:
    """Turn taking without delays, in the words of the installed SDK.

    An interruption without words is forgiven, and the agent talks on, after so many seconds.
    """
    parameters = inspect.signature(AgentSession.__init__).parameters
    if "turn_handling" not in parameters:
        return {
            "turn_detection": detection,
            "min_endpointing_delay": 0.0,
            "max_endpointing_delay": 0.0,
            "min_interruption_duration": 0.0,
            "false_interruption_timeout": forgive_after,
            "preemptive_generation": False,
        }
    interruption = {
        "mode": "vad",
        "min_duration": 0.0,
        "false_interruption_timeout": forgive_after,
    }
    return {
        "turn_handling": {
            "turn_detection": detection,
            "endpointing": {"min_delay": 0.0, "max_delay": 0.0},
            "interruption": interruption,
            "preemptive_generation": {"enabled": False},
        },
        "aec_warmup_duration": None,
        "session_close_transcript_timeout": 0.2,
    }


@asynccontextmanager
async def running(session: AgentSession, agent: Agent, hook: Hook) -> AsyncIterator[AgentSession]:
    """The session, hooked, started with the agent, and closed at the end."""
    hook(session)
    await session.start(agent)
    try:
        yield session
    finally:
        await session.aclose()


async def event(session: AgentSession, tag: str, matches: Callable[[Any], bool] = bool) -> Any:
    """The first event of this type that matches, past or future."""
    for past in session._recorded_events:
        if past.type == tag and matches(past):
            return past
    arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def listen(candidate: Any) -> None:
        if matches(candidate) and not arrived.done():
            arrived.set_result(candidate)

    session.on(tag, listen)
    try:
        return await asyncio.wait_for(arrived, PATIENCE)
    finally:
        session.off(tag, listen)


async def said(session: AgentSession, text: str) -> Any:
    """The agent's message that begins with this text, once it is in the conversation."""

    def matches(added: Any) -> bool:
        item = added.item
        return getattr(item, "role", None) == "assistant" and item.text_content.startswith(text)

    return (await event(session, "conversation_item_added", matches)).item


async def speaking(session: AgentSession) -> None:
    """Returns once the agent has begun to speak."""
    await event(session, "agent_state_changed", lambda changed: changed.new_state == "speaking")
