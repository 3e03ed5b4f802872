"""An evening call to a restaurant: a booking, a tool that fails, a handoff, a model that stumbles.

It is a real session of LiveKit's. Only the model reads from a script, and so does the guest.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from attrs import frozen
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.llm import ToolError

from .scripted import ScriptedLLM, call, fail, say

# The guest answers each thing that an agent says with the next of these.
GUEST: Final = (
    "Good evening! A table for four tonight at eight, please.",
    "Lovely. Could you put a bottle of the 2016 Barolo aside for us?",
    "One more thing: my daughter is allergic to nuts.",
    "Is the tiramisu safe for her?",
    "Perfect, thank you. Goodbye!",
)

MODEL: Final = (
    say("Buona sera, Trattoria Aurora. How can I help you?"),
    call("book_table", guests=4, time="20:00"),
    say("Done: table 12, by the window, for four at eight."),
    call("reserve_wine", wine="Barolo 2016"),
    call("leave_note", note="Barolo 2016 for table 12, please call back"),
    say("I can't reach our cellar just now, so the sommelier will call you back about it."),
    call("ask_the_kitchen", about="nuts"),
    say(
        "Marta, from the kitchen. The desk told me about the nuts. Which dish do you have in mind?"
    ),
    fail("the model is overloaded", recoverable=True),
    say("It is: there are no nuts in it, and I have put the allergy on your booking."),
    say("Thank you for calling. See you at eight!"),
)

_PATIENCE_SECONDS: Final = 30.0


@frozen
class Pace:
    """How long things take, in seconds.

    Attributes:
        thinking: the model, until its first word.
        working: a tool.
        pausing: the guest, until they answer.
    """

    thinking: float
    working: float
    pausing: float


UNHURRIED: Final = Pace(thinking=0.2, working=0.25, pausing=0.3)
AT_ONCE: Final = Pace(thinking=0.0, working=0.0, pausing=0.0)


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
        raise ToolError("The inventory of the cellar does not answer.")

    @function_tool
    async def leave_note(self, note: str) -> str:
        """Leaves a note for the staff."""
        return "The note is on the board."

    @function_tool
    async def ask_the_kitchen(self, about: str) -> Agent:
        """Hands the guest over to the kitchen."""
        return Kitchen()


class Kitchen(Agent):
    """Knows what is in every dish, and speaks first."""

    def __init__(self) -> None:
        super().__init__(instructions="You answer questions about allergies.")

    async def on_enter(self) -> None:
        self.session.generate_reply()


def new_session(pace: Pace) -> AgentSession[Any]:
    """A session that needs no room, no microphone and no network."""
    model = ScriptedLLM(MODEL, thinking=pace.thinking)
    return AgentSession(llm=model, vad=None, user_away_timeout=None)


async def hold_call(session: AgentSession[Any], pace: Pace) -> None:
    """Let the guest call. Returns when they have hung up and the session is closed.

    Raises:
        TimeoutError: an agent has not answered.
    """
    said: asyncio.Queue[str] = asyncio.Queue()

    @session.on("conversation_item_added")
    def listen(added: Any) -> None:
        if getattr(added.item, "role", None) == "assistant":
            said.put_nowait(added.item.text_content)

    await session.start(FrontDesk(pace))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for line in GUEST:
                await said.get()
                await asyncio.sleep(pace.pausing)
                await session.generate_reply(user_input=line)
            await said.get()
    finally:
        await session.aclose()
