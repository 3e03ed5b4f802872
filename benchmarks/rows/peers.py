"""Recording an event, against others that leave it on the disk one by one.

They are given the payload as JSON already and have only to keep it; the recorder is timed with
all of its work, from LiveKit's object on.
"""

from __future__ import annotations

import time
import uuid
from itertools import count
from pathlib import Path
from typing import Any

from auditchain import AuditLog, JsonlBackend
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from pydantic_core import to_json

import earwitness

from ..call import Emitted, going_on, held_call, idle_session, take_part
from ..measuring import Row, Sample, in_turn, microseconds, seconds
from ..places import new_folder

PEERS = {
    "eventsourcing": "`eventsourcing`, SQLite, a transaction an event",
    "auditchain": "`auditchain`, JSONL",
}
ROUNDS = 40
QUICK_ROUNDS = 3


async def measure(quick: bool) -> list[Row]:
    call = await held_call()
    payloads = [(name, to_json(event, serialize_unknown=True)) for name, event in call]
    with new_folder() as folder:
        taken = await _measure(call, payloads, folder, QUICK_ROUNDS if quick else ROUNDS)
    recording = taken["recorded"] - taken["bare"]
    return [
        Row.of(
            f"how many times cheaper than {peer}",
            "at least 20",
            taken[name] / recording,
            at_least=20.0,
            figures={f"{name}, µs an event": microseconds(taken[name], len(call))},
        )
        for name, peer in PEERS.items()
    ]


async def _measure(
    call: list[Emitted], payloads: list[tuple[str, bytes]], folder: Path, rounds: int
) -> dict[str, Sample]:
    bare, session = idle_session(), idle_session()
    recorder = earwitness.attach(session, store=folder / "store", audit=False)
    sqlite = _EventSourcing(folder / "events.db")
    chain = AuditLog(JsonlBackend(folder / "chain.jsonl"))
    await chain.init()
    calls = going_on(call)
    taken = await in_turn(
        rounds,
        {
            "bare": lambda: seconds(take_part, bare, next(calls)),
            "recorded": lambda: seconds(take_part, session, next(calls)),
            "eventsourcing": lambda: seconds(sqlite.keep, payloads),
            "auditchain": lambda: _chained(chain, payloads),
        },
    )
    assert recorder.health.ok
    earwitness.detach(session)
    return taken


class _EventSourcing:
    def __init__(self, path: Path) -> None:
        self._recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
        self._recorder.create_table()
        self._stream, self._versions = uuid.uuid4(), count(1)

    def keep(self, payloads: list[tuple[str, bytes]]) -> None:
        for name, payload in payloads:
            event = StoredEvent(self._stream, next(self._versions), name, payload)
            self._recorder.insert_events([event])


async def _chained(chain: Any, payloads: list[tuple[str, bytes]]) -> float:
    began = time.perf_counter()
    for name, payload in payloads:
        await chain.append("session", name, metadata={"payload": payload.decode()})
    return time.perf_counter() - began
