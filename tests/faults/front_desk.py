"""An agent server as one is deployed, without a server to register with, and its jobs.

Run as a program it takes the address of the test's line and a folder. Each line that it reads is
the name of a room, for which it starts a job in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

from livekit import agents
from livekit.agents import JobContext

from earwitness.disk import Disk
from earwitness.livekit.demo.scripted import ScriptedLLM
from tests.faults.calls import Waiter, attach, new_journal, small_talk
from tests.faults.zygote import Line
from tests.livekit.stage import new_session

LINE = "FAULTS_LINE"
FOLDER = "FAULTS_FOLDER"
LIVEKITS_REPORT = "livekits-report.json"
SHORT_CALL = "short call"
"""The room of the caller who hangs up after a few turns."""


def folder_of(room: str, folder: Path) -> Path:
    return folder / room.replace(" ", "-")


async def answer(ctx: JobContext) -> None:
    """A call; in the room of the short one it ends by itself."""
    room = ctx.job.room.name
    folder = folder_of(room, Path(os.environ[FOLDER]))
    line = Line(socket.create_connection(("127.0.0.1", int(os.environ[LINE]))))
    line.say(f"{os.getpid()} {room}")
    at_work = asyncio.Event()
    session = new_session(llm=ScriptedLLM(small_talk()))
    attach(session, line, new_journal(folder / "recordings", "interval", Disk()))
    await session.start(Waiter(at_work))
    turns = 0
    while room != SHORT_CALL or turns < 5:
        await at_work.wait()
        await session.generate_reply(user_input="A question?")
        turns += 1
    ctx.shutdown("the caller hung up")


async def keep_livekits_report(ctx: JobContext) -> None:
    """What LiveKit's documentation advises: write its report when the session has ended."""
    path = folder_of(ctx.job.room.name, Path(os.environ[FOLDER])) / LIVEKITS_REPORT
    path.write_text(json.dumps(ctx.make_session_report().to_dict()))


async def serve() -> None:
    nowhere = {"ws_url": "ws://localhost", "api_key": "nobody", "api_secret": "s" * 32}
    server = agents.AgentServer(port=0, num_idle_processes=0, **nowhere)
    server.rtc_session(answer, on_session_end=keep_livekits_report)
    started = asyncio.Event()
    server.on("worker_started", started.set)
    running = asyncio.create_task(server.run(unregistered=True))
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    while room := (await asyncio.to_thread(sys.stdin.readline)).strip():
        await server.simulate_job(room, fake_job=True)
    await server.aclose()
    await running


if __name__ == "__main__":
    os.environ[LINE], os.environ[FOLDER] = sys.argv[1:]
    # By its importable name: a job's process has another program's main module.
    from tests.faults import front_desk

    asyncio.run(front_desk.serve())
