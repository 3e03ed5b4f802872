"""A session of any length that was recorded, and LiveKit's own report of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen
from livekit.agents import AgentSession
from livekit.agents.voice.report import SessionReport

import earwitness
from earwitness import JournalEventStore, SessionRecorder

from .call import first_events, held_call, idle_session, take_part


@frozen
class Recorded:
    """A session with its recorder, which is still recording.

    Attributes:
        events: how many LiveKit emitted.
    """

    session: AgentSession[Any]
    recorder: SessionRecorder
    store: JournalEventStore
    events: int

    def livekits_json(self) -> str:
        """The report as LiveKit itself would write it now, from what it has in memory."""
        report = SessionReport(
            job_id="",
            room_id="",
            room="",
            options=self.session.options,
            events=self.session._recorded_events,
            chat_history=self.session.history.copy(),
        )
        return json.dumps(report.to_dict())


async def recorded(events: int, root: Path) -> Recorded:
    """A session that emitted so many events, all of them recorded into the store in a folder."""
    call = await held_call()
    session, store = idle_session(), JournalEventStore(root)
    recorder = earwitness.attach(session, store=store, audit=False)
    take_part(session, list(first_events(call, events)))
    return Recorded(session, recorder, store, events)
