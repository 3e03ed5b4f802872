"""Scenarios with tools: in parallel, failing, silent, and slow."""

from __future__ import annotations

from typing import Any

from livekit.agents import RunContext, function_tool
from livekit.agents.llm import StopResponse, ToolError

from earwitness.livekit.demo.scripted import ToolCall, call, say
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import Hook, Played, new_session, played, running, said


async def parallel_tools(hook: Hook) -> Played:
    """The model calls two tools at once."""

    @function_tool
    async def tables(guests: int) -> list[str]:
        """Free tables."""
        return ["window", "garden"]

    @function_tool
    async def weather() -> dict[str, Any]:
        """Tonight's weather."""
        return {"rain": 0.1, "wind": None}

    session = new_session(
        say(
            "Let me see.",
            ToolCall("tables", {"guests": 2}, "call_tables"),
            ToolCall("weather", {}, "call_weather"),
        ),
        say("The garden is free, and it stays dry."),
    )
    async with running(session, Host(tables, weather), hook):
        await session.generate_reply(user_input="Outside, for two?")
    return played(session)


async def failing_tool(hook: Hook) -> Played:
    """One tool refuses with a ToolError, another breaks."""

    @function_tool
    async def book(guests: int) -> str:
        """Books a table."""
        raise ToolError("no table for that many")

    @function_tool
    async def calendar() -> str:
        """Looks at the calendar."""
        raise ZeroDivisionError("the calendar is broken")

    session = new_session(
        say("Let me see.", ToolCall("book", {"guests": 90}), ToolCall("calendar")),
        say("I am sorry, we cannot."),
    )
    async with running(session, Host(book, calendar), hook):
        await session.generate_reply(user_input="A table for ninety.")
    return played(session)


async def stop_response(hook: Hook) -> Played:
    """A tool ends the turn: nothing is said after it."""

    @function_tool
    async def hold_the_line() -> None:
        """Puts the caller on hold."""
        raise StopResponse

    session = new_session(call("hold_the_line"), say("Thank you for waiting."))
    async with running(session, Host(hold_the_line), hook):
        await session.generate_reply(user_input="May I speak to the chef?")
        await session.generate_reply(user_input="Hello?")
    return played(session)


async def cancelled_tool_reply(hook: Hook) -> Played:
    """A listener decides that the result of a tool needs no reply."""

    @function_tool
    async def take_a_note(note: str) -> str:
        """Remembers something about the guest."""
        return "noted"

    session = new_session(call("take_a_note", note="likes the window"), say("Anything else?"))
    session.on("function_tools_executed", lambda executed: executed.cancel_tool_reply())
    async with running(session, Host(take_a_note), hook):
        await session.generate_reply(user_input="I like the window.")
        await session.generate_reply(user_input="Hello?")
    return played(session)


async def async_tool_with_progress(hook: Hook) -> Played:
    """A slow tool reports its progress twice, and the agent talks in between."""

    @function_tool
    async def search_the_cellar(ctx: RunContext[None], wine: str) -> str:
        """Looks for a bottle."""
        await ctx.update("the cellar is large")
        await said(session, "This may take a moment.")
        await ctx.update("the reds are done")
        await said(session, "No luck among the reds.")
        return "one bottle left"

    session = new_session(
        call("search_the_cellar", wine="Riesling"),
        say("This may take a moment."),
        say("No luck among the reds."),
        say("There is one bottle left."),
    )
    async with running(session, Host(search_the_cellar), hook):
        await session.generate_reply(user_input="Do you have a Riesling?")
        await said(session, "There is one bottle left.")
    return played(session)
