"""`earwitness ls` in a store of ten thousand sessions, when it is not the first time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from ..commands import run_earwitness
from ..measuring import Row, Sample, seconds
from ..places import new_folder
from ..recorded import recorded

SESSIONS: Final = 10_000
QUICK_SESSIONS: Final = 10
EVENTS: Final = 74
MOST_SECONDS: Final = 60.0
"""A listing that takes longer is asked for once."""


async def measure(quick: bool) -> list[Row]:
    with new_folder() as folder:
        session = await recorded(EVENTS, folder)
        await session.recorder.finalize()
        model = session.store.folder(session.recorder.session_id)
        for number in range(1, QUICK_SESSIONS if quick else SESSIONS):
            _copy(model, model.with_name(f"call-{number:05d}"))
        first = seconds(run_earwitness, "ls", "--store", str(folder))
        rounds = 1 if quick or first > MOST_SECONDS else 5
        again = Sample(
            tuple(seconds(run_earwitness, "ls", "--store", str(folder)) for _ in range(rounds))
        )
    return [
        Row.of(
            f"`earwitness ls` of {SESSIONS:,} sessions, the second time",
            "under 300 ms",
            again * 1e3,
            at_most=300.0,
            unit="ms",
            figures={"the first time, ms": round(first * 1e3)},
        )
    ]


def _copy(model: Path, folder: Path) -> None:
    folder.mkdir()
    for file in model.iterdir():
        if file.name == "log.jsonl":
            shutil.copyfile(file, folder / file.name)
        else:
            os.link(file, folder / file.name)
