"""Scenarios on the telephone: speech in, speech out, and everything that can cut it short."""

from __future__ import annotations

from livekit.agents import APIError

from earwitness.livekit.demo.scripted import say
from tests.livekit.fakes import NOISE, Caller
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import (
    Hook,
    Played,
    event,
    new_call,
    played,
    running,
    said,
    speaking,
    turn_options,
)


async def voice_conversation(hook: Hook) -> Played:
    """Two turns by voice."""
    caller = Caller()
    session = new_call(caller, say("Good evening. For how many?"), say("See you at eight."))
    async with running(session, Host(), hook):
        caller.says("A table, please.")
        await said(session, "Good evening.")
        caller.says("Two, at eight.")
        await said(session, "See you")
    return played(session)


async def interruption(hook: Hook) -> Played:
    """The caller barges in while the agent speaks."""
    caller = Caller()
    session = new_call(caller, say("Our menu begins with oysters, and then"), say("Very well."))
    async with running(session, Host(), hook):
        caller.loudspeaker.hold_next(heard="Our menu begins")
        caller.says("What do you serve?")
        await speaking(session)
        caller.says("Just a coffee, please.")
        await said(session, "Very well.")
    return played(session)


async def false_interruption(hook: Hook) -> Played:
    """A noise makes the agent pause; nobody said anything, so it talks on."""
    caller = Caller()
    session = new_call(caller, say("Our menu begins with oysters."), **turn_options("vad", 0.01))
    async with running(session, Host(), hook):
        caller.loudspeaker.hold_next(heard="Our menu")
        caller.says("What do you serve?")
        await speaking(session)
        caller.says(NOISE)
        await said(session, "Our menu begins")
    return played(session)


async def close_mid_speech(hook: Hook) -> Played:
    """The call ends while the agent speaks."""
    caller = Caller()
    session = new_call(caller, say("Our menu begins with oysters, and then"))
    async with running(session, Host(), hook):
        caller.loudspeaker.hold_next(heard="Our menu begins")
        caller.says("What do you serve?")
        await speaking(session)
    return played(session)


async def stt_error(hook: Hook) -> Played:
    """The ears fail and recover on the retry, then fail for good."""
    caller = Caller()
    session = new_call(caller, say("Good evening."))
    async with running(session, Host(), hook):
        caller.says(APIError("noise on the line"))
        caller.says("Good evening?")
        await said(session, "Good evening.")
        caller.says(APIError("noise on the line"))
        caller.says(APIError("the line is dead"))
        await event(session, "error", lambda failed: not failed.error.recoverable)
    return played(session)


async def tts_error(hook: Hook) -> Played:
    """The voice fails and recovers on the retry, then fails for good."""
    caller = Caller()
    session = new_call(caller, say("Good evening."), say("Are you still there?"))
    async with running(session, Host(), hook):
        caller.tts.failures.append(APIError("hoarse"))
        caller.says("Good evening.")
        await said(session, "Good evening.")
        caller.tts.failures.extend([APIError("hoarse"), APIError("mute")])
        await session.generate_reply(user_input="Hello?")
    return played(session)
