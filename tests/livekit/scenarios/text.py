"""Scenarios without audio: turns, failures of the model, and handoffs."""

from __future__ import annotations

import inspect

from livekit.agents import Agent, AgentSession, function_tool

from earwitness.livekit.demo.scripted import call, fail, say
from tests.livekit.scenarios.cast import Host, Kitchen
from tests.livekit.stage import Hook, Played, event, new_session, played, running, said


async def plain_text(hook: Hook) -> Played:
    """Two turns of text."""
    session = new_session(say("Good evening. For how many?"), say("See you at eight."))
    async with running(session, Host(), hook):
        await session.generate_reply(user_input="A table, please.")
        await session.generate_reply(user_input="Two, at eight.")
    return played(session)


async def handoff(hook: Hook) -> Played:
    """A tool hands the caller to another agent, which speaks first."""

    @function_tool
    async def ask_the_kitchen() -> tuple[Agent, str]:
        """Hands over to the kitchen."""
        return Kitchen(), "The kitchen takes over."

    session = new_session(
        call("ask_the_kitchen"),
        say("I put you through."),
        say("Kitchen speaking."),
        say("No nuts, I promise."),
    )
    async with running(session, Host(ask_the_kitchen), hook):
        await session.generate_reply(user_input="Are there nuts in it?")
        await said(session, "Kitchen speaking.")
        await session.generate_reply(user_input="Any nuts?")
    return played(session)


async def update_instructions(hook: Hook) -> Played:
    """Instructions and tools of the agent change in mid session."""

    @function_tool
    async def specials() -> str:
        """What the kitchen recommends today."""
        return "sea bream"

    host = Host()
    session = new_session(say("One moment."), call("specials"), say("Sea bream."))
    async with running(session, host, hook):
        await session.generate_reply(user_input="Do you have fish?")
        await host.update_instructions("You recommend fish.")
        await host.update_tools([specials])
        await session.generate_reply(user_input="Which?")
    return played(session)


async def update_options(hook: Hook) -> Played:
    """The session's options change in mid session."""
    session = new_session(say("Take your time."), say("So, at eight."))
    parameters = inspect.signature(AgentSession.update_options).parameters
    async with running(session, Host(), hook):
        await session.generate_reply(user_input="Let me think.")
        if "endpointing_opts" in parameters:
            session.update_options(endpointing_opts={"min_delay": 0.25, "max_delay": 0.75})
        else:
            session.update_options(min_endpointing_delay=0.25, max_endpointing_delay=0.75)
        await session.generate_reply(user_input="At eight.")
    return played(session)


async def llm_error(hook: Hook) -> Played:
    """The model fails and recovers on the retry, then fails for good; the call goes on."""
    session = new_session(
        fail("overloaded", recoverable=True),
        say("Sorry, I am back."),
        fail("no such model", after="I think"),
        say("Where were we?"),
    )
    async with running(session, Host(), hook):
        await session.generate_reply(user_input="Hello?")
        await session.generate_reply(user_input="Are you there?")
        await session.generate_reply(user_input="Hello??")
    return played(session)


async def closed_by_an_error(hook: Hook) -> Played:
    """The model fails once too often, and LiveKit closes the session."""
    session = new_session(fail("no such model"))
    session.conn_options.max_unrecoverable_errors = 0
    async with running(session, Host(), hook):
        session.generate_reply(user_input="Hello?")
        await event(session, "close")
    return played(session)
