"""An evening call to a restaurant: a booking, a tool that fails, a handoff, a model that stumbles.

Everything is a real session of LiveKit's, but for the model, which reads from a script, and the
guest, who does too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import frozen
from livekit.agents import Agent, AgentSession, APIConnectOptions, function_tool
from livekit.agents.llm import ToolError
from livekit.agents.voice.agent_session import SessionConnectOptions

from .scripted import Reply, ScriptedLLM, call, fail, say

GUEST = (
    "Good evening! A table for four tonight, please, at eight.",
    "Lovely. Could you put a bottle of the 2016 Barolo aside for us?",
    "One more thing: my daughter is allergic to nuts.",
    "Is the tiramisu safe for her?",
    "Perfect, thank you. Goodbye!",
)

MODEL = (
    say("Buona sera, Trattoria Aurora. How can I help you?"),
    call("book_table", guests=4, time="20:00"),
    say("Done: a table for four at eight, by the window."),
    call("reserve_wine", wine="Barolo 2016"),
    call("leave_note", note="Call back about a Barolo 2016"),
    say("I can't reach our cellar just now, so I left the sommelier a note to call you back."),
    call("ask_the_kitchen", about="nuts"),
    say("Let me hand you to the kitchen."),
    say("Kitchen here, this is Marta. What would you like to know?"),
    fail("the model is overloaded", recoverable=True),
    say("It is: no nuts in it, and we plate it on its own. I have marked your table."),
    say("Thank you for calling. See you at eight!"),
)


@frozen
class Pace:
    """How fast the call goes, in seconds.

    Attributes:
        thinking: what the model needs for its first word.
        working: what a tool needs.
        pausing: what the guest needs to answer.
    """

    thinking: float = 0.2
    working: float = 0.15
    pausing: float = 0.3


AT_ONCE = Pace(0.0, 0.0, 0.0)


class FrontDesk(Agent):
    """Answers the telephone, books tables, and knows whom to ask."""

    def __init__(self, pace: Pace) -> None:
        super().__init__(instructions="You answer the telephone of Trattoria Aurora.")
        self._pace = pace

    async def on_enter(self) -> None:
        self.session.generate_reply()

    @function_tool
    async def book_table(self, guests: int, time: str) -> str:
        """Books a table for tonight."""
        await asyncio.sleep(self._pace.working)
        return f"Table 12 is booked for {guests} at {time}."

    @function_tool
    async def reserve_wine(self, wine: str) -> str:
        """Puts a bottle aside."""
        await asyncio.sleep(self._pace.working)
        raise ToolError("The cellar's inventory does not answer.")

    @function_tool
    async def leave_note(self, note: str) -> str:
        """Leaves a note for the staff."""
        return "The note is on the board."

    @function_tool
    async def ask_the_kitchen(self, about: str) -> tuple[Agent, str]:
        """Hands the guest over to the kitchen."""
        return Kitchen(), "The kitchen takes over."


class Kitchen(Agent):
    """Takes over from the front desk, and speaks first."""

    def __init__(self) -> None:
        super().__init__(instructions="You know what is in every dish of Trattoria Aurora.")

    async def on_enter(self) -> None:
        self.session.generate_reply()


def new_session(pace: Pace) -> AgentSession[Any]:
    """A session that needs neither a room, nor a microphone, nor a network."""
    patient = APIConnectOptions(max_retry=1, retry_interval=pace.thinking, timeout=5.0)
    return AgentSession(
        llm=ScriptedLLM(MODEL, thinking=pace.thinking),
        vad=None,
        user_away_timeout=None,
        conn_options=SessionConnectOptions(llm_conn_options=patient),
    )


async def hold_call(session: AgentSession[Any], pace: Pace) -> None:
    """Has the guest call and say their lines; returns when the session is closed."""
    listener = _Listener(session)
    await session.start(FrontDesk(pace))
    try:
        for line in GUEST:
            await listener.agent_is_done()
            await asyncio.sleep(pace.pausing)
            await session.generate_reply(user_input=line)
        await listener.agent_is_done()
    finally:
        await session.aclose()
