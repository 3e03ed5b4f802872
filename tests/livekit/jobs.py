"""A real job without a server: its context, its temporary folder, and how it ends."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from livekit import rtc
from livekit.agents import AgentSession, JobContext, JobExecutorType, job
from livekit.protocol import agent as agent_proto
from livekit.protocol import models

from tests.livekit.stage import Played

try:
    from livekit.agents.testing import fake_job_context
except ImportError:  # an SDK before 1.6
    fake_job_context = None


@contextmanager
def fake_job(job_id: str = "AJ_bench", *, recording: bool = False) -> Iterator[JobContext]:
    """A job that `get_job_context()` finds; LiveKit records audio in it if `recording`.

    `end_job` ends it; without that, all that is left to do is to remove its temporary folder.
    """
    make = fake_job_context or _job_context
    with make(room=rtc.Room(), job_id=job_id) as ctx:
        ctx.job.agent_name = "front-desk"
        ctx.job.room.CopyFrom(models.Room(name="kitchen-line", sid="RM_bench"))
        ctx.job.enable_recording = recording
        try:
            yield ctx
        finally:
            ctx._tempdir.cleanup()


async def end_job(
    ctx: JobContext,
    *sessions: AgentSession,
    reason: str = "",
    on_session_end: Callable[[JobContext], Awaitable[None]] | None = None,
) -> Played:
    """Shuts the job down in LiveKit's own order, and reports on the sessions before the cleanup.

    The primary session closes first; the others are closed by their shutdown callbacks.
    """
    primary = ctx._primary_agent_session
    assert primary is not None, "no session was started in this job"
    await primary.aclose()
    if on_session_end is not None:
        await on_session_end(ctx)
    report = ctx.make_session_report(primary)
    await asyncio.gather(*(callback(reason) for callback in ctx._shutdown_callbacks))
    reports = [
        report if session is primary else ctx.make_session_report(session) for session in sessions
    ]
    path = report.audio_recording_path
    audio = path.read_bytes() if path else None
    cleaned = ctx._on_cleanup()
    if inspect.isawaitable(cleaned):
        await cleaned
    return Played(list(sessions), reports, audio)


@contextmanager
def _job_context(*, room: rtc.Room, job_id: str) -> Iterator[JobContext]:
    """What `livekit.agents.testing.fake_job_context` does, for the SDKs that do not have it."""
    info = job.RunningJobInfo(
        accept_arguments=job.JobAcceptArguments(identity="bench", name="", metadata=""),
        job=agent_proto.Job(id=job_id, type=agent_proto.JobType.JT_ROOM),
        url="",
        token="",
        worker_id="bench",
        fake_job=True,
    )
    ctx = JobContext(
        proc=job.JobProcess(
            executor_type=JobExecutorType.THREAD, user_arguments=None, http_proxy=None
        ),
        info=info,
        room=room,
        on_connect=lambda: None,
        on_shutdown=lambda _: None,
        inference_executor=None,  # type: ignore[arg-type]
    )
    ctx._connected = True
    token = job._JobContextVar.set(ctx)
    try:
        yield ctx
    finally:
        job._JobContextVar.reset(token)
