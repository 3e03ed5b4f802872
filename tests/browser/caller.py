"""A call in a process of its own: what is written to it is said, until there is no more.

python -m tests.browser.caller STORE
"""

from __future__ import annotations

import asyncio
import sys

from livekit.agents import Agent, AgentSession

import earwitness
from earwitness.livekit.demo.scripted import ScriptedLLM, say


async def main(store: str) -> None:
    answers = [say(f"Answer {number}.") for number in range(1000)]
    session = AgentSession(llm=ScriptedLLM(answers), vad=None, user_away_timeout=None)
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Agent(instructions="You answer the telephone."))
    print(recorder.session_id, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await session.generate_reply(user_input=line.strip())
        print("answered", flush=True)
    await session.aclose()
    await recorder.finalize()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
