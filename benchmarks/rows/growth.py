"""How the time of recording, folding and verifying grows with the number of events.

It is the processor's time: a long run meets more of what else the machine does than a short one.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from typing import Final

import earwitness
from earwitness import JournalEventStore
from earwitness.integrity.vkey import VerifierKey
from earwitness.keys import read_verifier_keys
from earwitness.verify import verify_session

from ..call import Emitted, going_on, held_call, idle_session, take_part
from ..measuring import Row, Sample, processor_seconds
from ..places import new_folder

SIZES: Final = {1_000: 15, 10_000: 5, 100_000: 3, 1_000_000: 1}
"""How many events, and how often each size is measured."""
QUICK_SIZES: Final = {100: 2, 300: 1}


async def measure(quick: bool) -> list[Row]:
    call = await held_call()
    taken: dict[str, dict[int, Sample]] = {"record": {}, "fold": {}, "verify": {}}
    for events, rounds in (QUICK_SIZES if quick else SIZES).items():
        measured = [await _measure(call, events) for _ in range(rounds)]
        for name, by_size in taken.items():
            by_size[events] = Sample(tuple(each[name] for each in measured))
    return [_row(name, by_size) for name, by_size in taken.items()]


async def _measure(call: list[Emitted], events: int) -> dict[str, float]:
    with new_folder() as folder:
        store = JournalEventStore(folder)
        session = idle_session()
        recorder = earwitness.attach(session, store=store, audit=False, recover=False)
        record = 0.0
        for some in _calls(call, events):
            record += processor_seconds(take_part, session, some)
        await recorder.finalize()
        session_id = recorder.session_id
        del session, recorder
        keys = read_verifier_keys(folder / "keys" / "verifier.key")
        return {
            "record": record,
            "fold": processor_seconds(lambda: store.report(session_id).to_json()),
            "verify": processor_seconds(lambda: _verify(store, session_id, keys)),
        }


def _calls(call: list[Emitted], events: int) -> Iterator[list[Emitted]]:
    """So many events, a call at a time, so that no more of them are made than are needed."""
    for some in going_on(call):
        yield some[:events]
        events -= len(some)
        if events <= 0:
            return


def _verify(store: JournalEventStore, session_id: str, keys: list[VerifierKey]) -> None:
    found = verify_session(store, session_id, keys)
    assert found.sound, found


def _row(name: str, by_size: dict[int, Sample]) -> Row:
    slope = _slope({events: sample.median for events, sample in by_size.items()})
    return Row(
        what=f"growth of the time to {name}, from 1,000 to 1,000,000 events: log-log slope",
        goal="0.95 to 1.05",
        at_least=0.95,
        at_most=1.05,
        measured=slope,
        low=slope,
        high=slope,
        figures={f"{name}, seconds": [[events, each.median] for events, each in by_size.items()]},
    )


def _slope(points: dict[int, float]) -> float:
    """Of the straight line that comes nearest to the points, by their logarithms."""
    sizes, taken = [math.log(size) for size in points], map(math.log, points.values())
    return statistics.linear_regression(sizes, list(taken)).slope
