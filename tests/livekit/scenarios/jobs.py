"""Scenarios inside a job: its identity in the report, its audio file, its shutdown."""

from __future__ import annotations

from earwitness.livekit.demo.scripted import say
from tests.livekit.fakes import Caller
from tests.livekit.jobs import end_job, fake_job
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import Hook, Played, new_call, new_session, said


async def job_with_audio(hook: Hook) -> Played:
    """A call in a job, recorded by LiveKit to a real audio file."""
    with fake_job(recording=True) as ctx:
        caller = Caller(playout=0.05)
        session = new_call(caller, say("Good evening. For how many?"), say("See you at eight."))
        hook(session)
        await session.start(Host())
        caller.says("A table, please.")
        await said(session, "Good evening.")
        caller.says("Two, at eight.")
        await said(session, "See you")
        if hasattr(ctx, "tagger"):
            ctx.tagger.add("regular guest")
        return await end_job(ctx, session, reason="the caller hung up")


async def several_sessions_in_one_job(hook: Hook) -> Played:
    """Two sessions at the same time; the job's end closes the second."""
    with fake_job() as ctx:
        front = new_session(say("Good evening."), say("See you at eight."))
        back = new_session(say("Two portions, chef."))
        for session, agent in ((front, Host()), (back, Host())):
            hook(session)
            await session.start(agent, record=False)
        await front.generate_reply(user_input="A table, please.")
        await back.generate_reply(user_input="What did they order?")
        await front.generate_reply(user_input="Two, at eight.")
        return await end_job(ctx, front, back, reason="closing time")
