"""By how much a process that records grows over a million events, beyond what LiveKit itself keeps.

LiveKit keeps every event of a session in memory until its end. So the same events are emitted in
two processes, recorded in one of them, and the difference counts.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path
from typing import Final

import earwitness

from ..call import going_on, held_call, idle_session, take_part
from ..measuring import Row
from ..places import new_folder

EVENTS: Final = 1_000_000
QUICK_EVENTS: Final = 500
WARM_UP: Final = 10_000
_MIB: Final = 1 << 20


async def measure(quick: bool) -> list[Row]:
    events = QUICK_EVENTS if quick else EVENTS
    with new_folder() as folder:
        recorded, bare = await asyncio.gather(_grown(events, folder), _grown(events, None))
    grown = (recorded - bare) / _MIB
    return [
        Row(
            what=f"growth of the process over {EVENTS:,} events",
            goal="under 16 MiB",
            at_most=16.0,
            measured=grown,
            low=grown,
            high=grown,
            unit="MiB",
            figures={"growth without recording, MiB": round(bare / _MIB, 1)},
        )
    ]


async def _grown(events: int, store: Path | None) -> int:
    """By how many bytes a process grows that emits so many events, recorded or not."""
    where = [] if store is None else [str(store)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __spec__.name, str(events), *where), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return int(told)


async def _emit(events: int, store: str | None) -> int:
    session = idle_session()
    if store is not None:
        earwitness.attach(session, store=store, audit=False)
    calls = going_on(await held_call())
    warm_up = min(WARM_UP, events)
    emitted = before = 0
    while emitted < events + warm_up:
        call = next(calls)
        take_part(session, call)
        emitted += len(call)
        if not before and emitted >= warm_up:
            before = _used()
    grown = _used() - before
    earwitness.detach(session)
    return grown


def _used() -> int:
    """The most memory that this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


if __name__ == "__main__":
    print(asyncio.run(_emit(int(sys.argv[1]), (sys.argv[2:] or [None])[0])))
