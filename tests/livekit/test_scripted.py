"""The scripted model, and the fake job it is used in."""

from __future__ import annotations

from livekit.agents import JobContext, get_job_context, llm

from earwitness.livekit.demo.scripted import Reply, ScriptedLLM, say
from tests.livekit.jobs import end_job, fake_job
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_session, running, said


async def test_a_script_may_be_a_function_of_the_conversation() -> None:
    def echo(chat_ctx: llm.ChatContext) -> Reply:
        last = chat_ctx.items[-1]
        return say(f"You said: {getattr(last, 'text_content', '')}")

    session = new_session(llm=ScriptedLLM(echo))
    async with running(session, Host(), lambda session: None):
        await session.generate_reply(user_input="fish")
        await said(session, "You said: fish")


async def test_a_script_that_is_too_short_fails_loudly() -> None:
    session = new_session()
    async with running(session, Host(), lambda session: None):
        session.generate_reply(user_input="Hello?")
        failed = await event(session, "error")
    assert isinstance(failed.error.error, LookupError)
    assert not failed.error.recoverable


async def test_a_job_is_found_from_inside() -> None:
    with fake_job("AJ_inside", recording=True) as ctx:
        assert get_job_context() is ctx
        assert (ctx.job.id, ctx.job.enable_recording) == ("AJ_inside", True)


async def test_a_job_ends_in_livekit_s_order() -> None:
    """Close, on_session_end, shutdown callbacks with the reason, and last the temporary folder."""
    order: list[str] = []

    async def on_session_end(ctx: JobContext) -> None:
        order.append("on_session_end")

    async def on_shutdown(reason: str) -> None:
        order.append(reason)
        assert ctx.session_directory.exists()

    with fake_job() as ctx:
        session = new_session()
        session.on("close", lambda closed: order.append("close"))
        ctx.add_shutdown_callback(on_shutdown)
        await session.start(Host(), record=False)
        await end_job(ctx, session, reason="closing time", on_session_end=on_session_end)
    assert order == ["close", "on_session_end", "closing time"]
    assert not ctx.session_directory.exists()
