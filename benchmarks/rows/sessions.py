"""A thousand sessions at once in one process, against one.

LiveKit's own part is taken off on both sides: it has a thousand sessions in memory as well. Time is
the processor's, on the thread of the calls: the disk has a thousand files to catch up with,
whichever session an event is of.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import earwitness
from earwitness import JournalEventStore

from ..call import Emitted, going_on, held_call, idle_session, take_part
from ..measuring import Row, in_turn, microseconds, thread_seconds
from ..places import new_folder

SESSIONS: Final = 1_000
QUICK_SESSIONS: Final = 20
ROUNDS: Final = 25
_LINE: Final = b"x" * 500


async def measure(quick: bool) -> list[Row]:
    count = QUICK_SESSIONS if quick else SESSIONS
    _allow_files(4 * count + 100)
    calls = going_on(await held_call())
    with new_folder() as folder, _files(folder, count) as files:
        store = JournalEventStore(folder / "store")
        one, many = _recorded(store, 1), _recorded(store, count)
        sessions = {"one": one, "many": many}
        bare = {"bare one": [idle_session()], "bare many": [idle_session() for _ in range(count)]}
        taken = await in_turn(
            2 if quick else ROUNDS,
            {
                name: lambda some=some: thread_seconds(
                    _emit, some, list(islice(_events(calls), count))
                )
                for name, some in (sessions | bare).items()
            }
            | {
                "write one": lambda: thread_seconds(_write, files[:1] * count),
                "write many": lambda: thread_seconds(_write, files),
            },
        )
        for session in one + many:
            earwitness.detach(session)
    recording = {name: taken[name] - taken[f"bare {name}"] for name in sessions}
    return [
        Row.of(
            f"an event of one of {SESSIONS:,} sessions, against one of a single session",
            "at most 1.3",
            recording["many"] / recording["one"],
            at_most=1.3,
            figures={
                "one session, µs an event": microseconds(recording["one"], count),
                "a thousand sessions, µs an event": microseconds(recording["many"], count),
                "LiveKit's emit of one session, µs": microseconds(taken["bare one"], count),
                "LiveKit's emit of a thousand, µs": microseconds(taken["bare many"], count),
                "`write` to one file, µs": microseconds(taken["write one"], count),
                "`write` to a thousand, µs": microseconds(taken["write many"], count),
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


@contextmanager
def _files(folder: Path, count: int) -> Iterator[list[int]]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [os.open(folder / str(number), flags) for number in range(count)]
    try:
        yield files
    finally:
        for file in files:
            os.close(file)


def _write(files: list[int]) -> None:
    for file in files:
        os.write(file, _LINE)


def _allow_files(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
