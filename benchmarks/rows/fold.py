"""The report folded from the log on the disk, against LiveKit's own from what it has in memory."""

from __future__ import annotations

import json
from typing import Final

from ..measuring import Row, in_turn, milliseconds, seconds
from ..places import new_folder
from ..recorded import Recorded, recorded

EVENTS: Final = 100_000
QUICK_EVENTS: Final = 300
ROUNDS: Final = 7


async def measure(quick: bool) -> list[Row]:
    with new_folder() as folder:
        session = await recorded(QUICK_EVENTS if quick else EVENTS, folder)
        await session.recorder.finalize()
        assert _folded(session) == json.loads(session.livekits_json()) | _of_its_own(session)
        taken = await in_turn(
            2 if quick else ROUNDS,
            {
                "folded": lambda: seconds(_fold, session),
                "livekit": lambda: seconds(session.livekits_json),
            },
        )
    return [
        Row.of(
            f"report of {EVENTS:,} events from the disk, against LiveKit's from memory",
            "at most 1.0",
            taken["folded"] / taken["livekit"],
            at_most=1.0,
            figures={
                "folded from the log, ms": milliseconds(taken["folded"]),
                "LiveKit's own report of 100,000 events, ms": milliseconds(taken["livekit"]),
            },
        )
    ]


def _fold(session: Recorded) -> bytes:
    return session.store.report(session.recorder.session_id).to_json()


def _folded(session: Recorded) -> object:
    return json.loads(_fold(session))


def _of_its_own(session: Recorded) -> dict[str, object]:
    """What each report says of its own making."""
    folded = session.store.report(session.recorder.session_id).data
    return {name: folded[name] for name in ("timestamp", "duration_ms", "usage")}
