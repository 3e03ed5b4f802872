"""How long the event loop stands still while a recording is closed and its report is made."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from ..measuring import Row, Sample, milliseconds, seconds
from ..places import new_folder
from ..recorded import recorded

EVENTS: Final = 10_000
QUICK_EVENTS: Final = 200
ROUNDS: Final = 5


async def measure(quick: bool) -> list[Row]:
    longest, own, theirs = [], [], []
    for _ in range(2 if quick else ROUNDS):
        with new_folder() as folder:
            session = await recorded(QUICK_EVENTS if quick else EVENTS, folder)
            ticker = asyncio.create_task(_longest_gap())
            await asyncio.sleep(0.01)
            own.append(seconds(session.recorder.close, "finalized"))
            await session.recorder.finalize()
            ticker.cancel()
            longest.append(max(await ticker, own[-1]))
            theirs.append(seconds(session.livekits_json))
    blocked = Sample(tuple(longest))
    return [
        Row.of(
            f"the event loop blocked by `finalize()` after {EVENTS:,} events, at a stretch",
            "under 5 ms",
            blocked * 1e3,
            at_most=5.0,
            unit="ms",
            figures={
                "until it is under way, ms": milliseconds(Sample(tuple(own))),
                "LiveKit's own report of 10,000 events, ms": milliseconds(Sample(tuple(theirs))),
            },
        )
    ]


async def _longest_gap() -> float:
    """Until it is cancelled: the longest time between two turns of the loop, in seconds."""
    longest, before = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, before = max(longest, now - before), now
    except asyncio.CancelledError:
        return longest
