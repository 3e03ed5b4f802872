"""The agents of the stories."""

from __future__ import annotations

from livekit.agents import Agent


class Host(Agent):
    """The front desk, with the tools a scenario gives it."""

    def __init__(self, *tools: object) -> None:
        super().__init__(instructions="You answer the telephone.", tools=list(tools))


class Kitchen(Agent):
    """Takes over from the host, and speaks first."""

    def __init__(self) -> None:
        super().__init__(instructions="You know about allergies.")

    async def on_enter(self) -> None:
        self.session.generate_reply()
