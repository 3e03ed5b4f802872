"""A thousand sessions at once in one process, against one."""

from __future__ import annotations

import resource
from itertools import islice
from typing import Any, Final

import earwitness
from earwitness import JournalEventStore

from ..call import Emitted, going_on, held_call, idle_session, take_part
from ..measuring import Row, in_turn, microseconds, seconds
from ..places import new_folder

SESSIONS: Final = 1_000
QUICK_SESSIONS: Final = 20
ROUNDS: Final = 15


async def measure(quick: bool) -> list[Row]:
    count = QUICK_SESSIONS if quick else SESSIONS
    _allow_files(4 * count + 100)
    calls = going_on(await held_call())
    with new_folder() as folder:
        store = JournalEventStore(folder)
        one, many = _recorded(store, 1), _recorded(store, count)
        taken = await in_turn(
            2 if quick else ROUNDS,
            {
                "one": lambda: seconds(_emit, one, list(islice(_events(calls), count))),
                "many": lambda: seconds(_emit, many, list(islice(_events(calls), count))),
            },
        )
        for session in one + many:
            earwitness.detach(session)
    return [
        Row.of(
            f"an event of one of {SESSIONS:,} sessions, against one of a single session",
            "at most 1.3",
            taken["many"] / taken["one"],
            at_most=1.3,
            figures={
                "one session, µs an event": microseconds(taken["one"], count),
                "a thousand sessions, µs an event": microseconds(taken["many"], count),
            },
        )
    ]


def _recorded(store: JournalEventStore, count: int) -> list[Any]:
    sessions = [idle_session() for _ in range(count)]
    for session in sessions:
        earwitness.attach(session, store=store, audit=False, recover=False)
    return sessions


def _events(calls: Any) -> Any:
    for call in calls:
        yield from call


def _emit(sessions: list[Any], events: list[Emitted]) -> None:
    """The events one after the other, each of the next session."""
    for number, event in enumerate(events):
        take_part(sessions[number % len(sessions)], [event])


def _allow_files(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
