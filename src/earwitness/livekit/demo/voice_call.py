"""The restaurant's telephone, answered aloud: a booking, an interruption, a card number.

The guest speaks, silero hears that they do, pocketsphinx understands them, a script answers, and
espeak-ng says so: a real call of LiveKit's, without a network.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice.transcription.synchronizer import TranscriptSynchronizer
from livekit.plugins import silero

from ...privacy.presets import pci
from ..attaching import attach
from .scripted import ScriptedLLM, call, say
from .voice_line import Earpiece, Microphone
from .voice_models import EspeakTTS, GrammarSTT
from .voice_speech import Ears, Speech, Voice

GUEST_VOICE: Final = Voice("en-us", 130, 65)
AGENT_VOICE: Final = Voice("en-gb", 165, 35)
CARD: Final = ", ".join(["four two four two"] * 4)


@frozen
class Line:
    """Something the guest says.

    Attributes:
        text: the words.
        after: seconds to wait for, once the agent has begun to answer; None to hear it out.
    """

    text: str
    after: float | None = None


GUEST: Final = (
    Line("I would like a table for four tonight at eight please."),
    Line("What is on the menu tonight?"),
    Line("Stop please, just tell me about the dessert.", after=2.5),
    Line(f"My card number is {CARD}."),
    Line("Thank you and goodbye."),
)
GRAMMAR: Final = """#JSGF V1.0;
grammar guest;
public <line> = i would like a table for four tonight at eight please
  | what is on the menu tonight
  | stop please just tell me about the dessert
  | my card number is <digit>+
  | thank you and goodbye;
<digit> = zero | one | two | three | four | five | six | seven | eight | nine;
"""
MODEL: Final = (
    say("Good evening, Trattoria Aurora. How can I help you?"),
    call("book_table", guests=4, time="20:00"),
    say("Done: table twelve, by the window, at eight."),
    say(
        "We begin with oysters and a soup of pumpkin, then there is a risotto with mushrooms, "
        "a sea bass from the oven with fennel, and a roast of lamb with rosemary potatoes."
    ),
    say("There is a tiramisu. To hold the table I need a card number."),
    say("Thank you, that is noted."),
    say("See you at eight. Goodbye!"),
)
_PATIENCE_SECONDS: Final = 300.0
"""For the whole call; it takes less than one minute, on a machine that has time for it."""
_THINKING: Final = 0.2
_PAUSE_SECONDS: Final = 0.4
_UNHURRIED_MS: Final = 2000.0
"""For the detectors, on a laptop that is busy: what they have not come to is withheld."""


class FrontDesk(Agent):
    """Answers the telephone, and books tables."""

    def __init__(self) -> None:
        super().__init__(instructions="You answer the telephone of Trattoria Aurora.")

    async def on_enter(self) -> None:
        self.session.generate_reply()

    @function_tool
    async def book_table(self, guests: int, time: str) -> str:
        """Books a table for tonight."""
        await asyncio.sleep(0.1)
        return f"Table 12 is booked for {guests} at {time}."


class VoiceCall:
    """A session with a line to a guest."""

    def __init__(self) -> None:
        self._speech = Speech()
        self._microphone = Microphone()
        synchronizer = TranscriptSynchronizer(
            next_in_chain_audio=Earpiece(), next_in_chain_text=None
        )
        self._synchronizer = synchronizer
        self.session: AgentSession[Any] = AgentSession(
            llm=ScriptedLLM(MODEL, thinking=_THINKING),
            vad=silero.VAD.load(),
            stt=GrammarSTT(Ears(GRAMMAR)),
            tts=EspeakTTS(self._speech, AGENT_VOICE),
            user_away_timeout=None,
            **_turn_taking(),
        )
        self.session.input.audio = self._microphone
        self.session.output.audio = synchronizer.audio_output
        self.session.output.transcription = synchronizer.text_output
        self._states: asyncio.Queue[str] = asyncio.Queue()

    async def hold(self) -> None:
        """Let the guest call. Returns when they have hung up and the session is closed.

        Raises:
            TimeoutError: the agent has not answered.
        """
        self.session.on("agent_state_changed", lambda each: self._states.put_nowait(each.new_state))
        sounds = [
            await asyncio.to_thread(self._speech.speak, line.text, GUEST_VOICE) for line in GUEST
        ]
        await self.session.start(FrontDesk())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                for line, sound in zip(GUEST, sounds, strict=True):
                    await self._agent("speaking")
                    if line.after is None:
                        await self._agent("listening")
                        await asyncio.sleep(_PAUSE_SECONDS)
                    else:
                        await asyncio.sleep(line.after)
                    while not self._states.empty():
                        self._states.get_nowait()
                    await self._microphone.say(sound)
                await self._agent("speaking")
                await self._agent("listening")
        finally:
            await self.session.aclose()
            await self._synchronizer.aclose()

    async def _agent(self, state: str) -> None:
        while await self._states.get() != state:
            pass


def _turn_taking() -> dict[str, Any]:
    """Turns by the sense of speech alone, in the words of the installed SDK.

    Whoever interrupts is not taken for a noise because it takes long to understand them.
    """
    if "turn_handling" in inspect.signature(AgentSession.__init__).parameters:
        return {
            "turn_handling": {
                "turn_detection": "vad",
                "interruption": {"mode": "vad", "resume_false_interruption": False},
                "preemptive_generation": {"enabled": False},
            },
            "aec_warmup_duration": None,
        }
    return {"turn_detection": "vad", "resume_false_interruption": False}


async def record_call(store: Path, session_id: str | None) -> str:
    """Hold the call, and record it with its sound; the session's id."""
    voice = VoiceCall()
    # The preset keeps no audio, since no detector listens to it. This demo is there to be heard.
    policy = evolve(pci(), audio=True, budget_ms=_UNHURRIED_MS)
    recorder = attach(
        voice.session, store=store, session_id=session_id, audit=False, audio=True, redact=policy
    )
    await voice.hold()
    await recorder.finalize()
    return recorder.session_id


if __name__ == "__main__":
    asyncio.run(record_call(Path(sys.argv[1]), sys.argv[2]))
