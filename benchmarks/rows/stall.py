"""How long the event loop of a call stands still because it is recorded.

A loop is asked to emit an event every millisecond, a thousand a second, and how late each has been
emitted is what everything else on the loop had to wait for. A recorded session and one that is not
take turns, second by second, so that what the machine does by itself can be told from what
recording adds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

import earwitness

from ..call import Emitted, first_events, held_call, idle_session, take_part
from ..measuring import Row
from ..places import new_folder

SECONDS: Final = 60
QUICK_SECONDS: Final = 1
EVERY: Final = 0.001


async def measure(quick: bool) -> list[Row]:
    slices = QUICK_SECONDS if quick else SECONDS
    events = list(first_events(await held_call(), int(2 * slices / EVERY) + 1000))
    sessions = {"bare": idle_session(), "recorded": idle_session()}
    late: dict[str, list[float]] = {name: [] for name in sessions}
    with new_folder() as folder:
        recorder = earwitness.attach(sessions["recorded"], store=folder, audit=False)
        coming = iter(events)
        for _ in range(slices):
            for name, session in sessions.items():
                late[name] += await _one_second(session, coming)
        assert recorder.health.ok
        earwitness.detach(sessions["recorded"])
    caused = max(0.0, quantile(late["recorded"]) - quantile(late["bare"]))
    return [
        Row(
            what="stall of the event loop at 1,000 events a second, the worst of a thousand",
            goal="under 1 ms",
            at_most=1.0,
            measured=caused * 1e3,
            low=caused * 1e3,
            high=caused * 1e3,
            unit="ms",
            figures={
                "p99.9 recorded, ms": round(quantile(late["recorded"]) * 1e3, 3),
                "p99.9 not recorded, ms": round(quantile(late["bare"]) * 1e3, 3),
                "recorded": curve(late["recorded"]),
                "not recorded": curve(late["bare"]),
            },
        )
    ]


async def _one_second(session: Any, coming: Iterator[Emitted]) -> list[float]:
    """Emit an event whenever a millisecond is over; how late each was done, in seconds."""
    late = []
    due = now = time.perf_counter()
    end = due + 1.0
    while now < end:
        due = max(due + EVERY, now)  # a stall is one, and not one for each event that it delays
        while now < due:
            await asyncio.sleep(0)  # the loop's own timers are a millisecond off
            now = time.perf_counter()
        take_part(session, [next(coming)])
        now = time.perf_counter()
        late.append(now - due)
    return late


def quantile(values: list[float], share: float = 0.999) -> float:
    """The value that so great a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def curve(values: list[float]) -> list[list[float]]:
    """Milliseconds by share, for the chart."""
    shares = (0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999)
    return [[share, round(quantile(values, share) * 1e3, 4)] for share in shares]
