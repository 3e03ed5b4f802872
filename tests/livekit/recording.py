"""Scenarios with a recorder on each of their sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import earwitness
from earwitness import EventStore, SessionRecorder
from tests.livekit.scenarios import SCENARIOS
from tests.livekit.stage import Played


@dataclass
class Recorded:
    """A scenario that was played, and the recorders of its sessions, in the same order."""

    played: Played
    recorders: list[SessionRecorder] = field(default_factory=list)

    @property
    def recorder(self) -> SessionRecorder:
        return self.recorders[0]


async def recorded(name: str, store: EventStore, **settings: Any) -> Recorded:
    """Plays a scenario with a recorder attached to each session before its start."""
    recorders: list[SessionRecorder] = []
    settings = {"store": store, "audit": False} | settings

    def hook(session: Any) -> None:
        recorders.append(earwitness.attach(session, **settings))

    return Recorded(await SCENARIOS[name](hook), recorders)
