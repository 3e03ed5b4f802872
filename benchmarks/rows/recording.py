"""Recording an event, against LiveKit's own dispatch of it and against the least it could cost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from pydantic_core import to_json

import earwitness
from earwitness.codec import new_line
from earwitness.integrity.merkle import Tree
from earwitness.livekit.snapshot import payload_of

from ..call import Emitted, going_on, held_call, idle_session, take_part
from ..measuring import Row, Sample, in_turn, microseconds, seconds
from ..places import new_folder

ROUNDS = 600
QUICK_ROUNDS = 5


async def measure(quick: bool) -> list[Row]:
    call = await held_call()
    with new_folder() as folder:
        taken = await _measure(call, folder, QUICK_ROUNDS if quick else ROUNDS)
    recording = taken["recorded"] - taken["bare"]
    listener = taken["listened"] - taken["bare"]
    figures = {
        "recording, µs an event": microseconds(recording, len(call)),
        "one empty listener, µs an event": microseconds(listener, len(call)),
        "the floor, µs an event": microseconds(taken["floor"], len(call)),
        "the floor, against one empty listener": round((taken["floor"] / listener).median, 2),
        "its line alone, µs an event": microseconds(taken["line"], len(call)),
        "its line alone, against one empty listener": round((taken["line"] / listener).median, 2),
        "its leaf, hashed by the other thread, µs an event": microseconds(taken["leaf"], len(call)),
        "LiveKit's emit alone, µs an event": microseconds(taken["bare"], len(call)),
    }
    return [
        Row.of(
            "record an event, against LiveKit calling one empty `.on` listener",
            "at most 1.0",
            recording / listener,
            at_most=1.0,
            figures=figures,
        ),
        Row.of(
            "the same, against its floor: `to_json`, two SHA-256, 16 random bytes, one `write`",
            "at most 2.0",
            recording / taken["floor"],
            at_most=2.0,
        ),
    ]


async def _measure(call: list[Emitted], folder: Path, rounds: int) -> dict[str, Sample]:
    bare, listened, recorded = (idle_session() for _ in range(3))
    for name in {name for name, _ in call}:
        listened.on(name, lambda event: None)  # type: ignore[arg-type]
    recorder = earwitness.attach(recorded, store=folder / "store", audit=False)
    calls = going_on(call)
    with _keeping(folder / "floor") as keep, _writing(folder / "lines") as write:
        taken = await in_turn(
            rounds,
            {
                "bare": lambda: seconds(take_part, bare, next(calls)),
                "listened": lambda: seconds(take_part, listened, next(calls)),
                "recorded": lambda: seconds(take_part, recorded, next(calls)),
                "floor": lambda: seconds(keep, next(calls)),
                "line": lambda: seconds(write, next(calls)),
                "leaf": lambda: seconds(Tree().extend, [bytes(150)] * len(call)),
            },
        )
    assert recorder.health.ok
    earwitness.detach(recorded)
    return taken


@contextmanager
def _keeping(path: Path) -> Iterator[Callable[[list[Emitted]], None]]:
    """What no recorder of such events can do without, by the libraries that do it here."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def keep(events: list[Emitted]) -> None:
        for _, event in events:
            data = to_json(event, serialize_unknown=True)
            salt = os.urandom(16)
            commitment = sha256(data).digest()
            sha256(commitment).digest()
            os.write(fd, salt + data)

    try:
        yield keep
    finally:
        os.close(fd)


@contextmanager
def _writing(path: Path) -> Iterator[Callable[[list[Emitted]], None]]:
    """What is left of recording without the tap, the recorder, the store and the seal."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(events: list[Emitted]) -> None:
        for position, (name, event) in enumerate(events):
            tag, content = payload_of(name, (event,))
            line, _ = new_line(position, time.time_ns() // 1000, tag, content)
            os.write(fd, line)

    try:
        yield write
    finally:
        os.close(fd)
