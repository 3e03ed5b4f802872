"""Scenarios in which user code lays hands on what LiveKit recorded."""

from __future__ import annotations

from typing import Any

from livekit.agents import RunContext, function_tool

from earwitness.livekit.demo.scripted import ToolCall, say
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import Hook, Played, new_session, played, running, said


async def history_edited(hook: Hook) -> Played:
    """User code inserts, rewrites and removes items of the history while the call goes on."""

    def redact(added: Any) -> None:
        if getattr(added.item, "text_content", None) == "My card is 4111 1111.":
            added.item.content[:] = ["My card is [removed]."]

    session = new_session(say("Good evening."), say("Thank you."), say("Goodbye."))
    session.on("conversation_item_added", redact)
    async with running(session, Host(), hook):
        await session.generate_reply(user_input="Good evening.")
        session.history.add_message(role="system", content="The caller is a regular guest.")
        await session.generate_reply(user_input="My card is 4111 1111.")
        thanks = await said(session, "Thank you.")
        thanks.content.append("And see you soon.")
        session.history.items.remove(await said(session, "Good evening."))
        await session.generate_reply(user_input="Goodbye.")
    return played(session)


async def bytes_in_extra(hook: Hook) -> Played:
    """User code puts what JSON cannot say into the `extra` of items.

    LiveKit's own `report.to_dict()` fails on these, and so does a request to the model: hence the
    tool waits for the end of the first, and there is no second.
    """

    @function_tool
    async def fingerprint(ctx: RunContext[None]) -> str:
        """Reads a sensor."""
        await ctx.wait_for_playout()
        ctx.function_call.extra["raw"] = b"\xff\xfe\x00"
        return "a match"

    def annotate(added: Any) -> None:
        if getattr(added.item, "role", None) == "assistant":
            added.item.extra.update(score=float("nan"), best=float("inf"), lock=object())

    session = new_session(say("Your finger, please.", ToolCall("fingerprint")))
    session.on("conversation_item_added", annotate)
    session.on("function_tools_executed", lambda executed: executed.cancel_tool_reply())
    async with running(session, Host(fingerprint), hook):
        await session.generate_reply(user_input="It is me.")
    return played(session)


async def reentrant_listener(hook: Hook) -> Played:
    """A listener makes the session emit another event before the first one is through."""

    def answer_the_door(added: Any) -> None:
        if getattr(added.item, "text_content", None) == "Are you open?":
            session.say("One moment, the door.")

    session = new_session(say("Yes, we are."))
    session.on("conversation_item_added", answer_the_door)
    async with running(session, Host(), hook):
        await session.generate_reply(user_input="Are you open?")
        await said(session, "One moment, the door.")
    return played(session)
