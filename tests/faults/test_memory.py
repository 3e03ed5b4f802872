"""The recorder keeps no events: what it needs does not grow with the session."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from earwitness.disk import Disk
from earwitness.stores.journal import Sync
from tests.faults.calls import new_journal
from tests.faults.recorders import new_recorder
from tests.faults.zygote import Line, Zygote

EVENTS = int(os.environ.get("EARWITNESS_FAULTS_EVENTS", 200_000))
"""The promise is about a million; that takes most of a minute, and shows the same."""
WARM_UP = 10_000
MOST = 16 << 20
"""Bytes that a million events may cost."""

PAYLOAD = b'{"type":"agent_state_changed","number":%d,"filler":"' + b"x" * 200 + b'"}'


def records(line: Line, root: Path, sync: Sync, events: int) -> None:
    """Record as fast as possible, and say by how much the process grew after a warm-up."""
    recorder = new_recorder(new_journal(root, sync, Disk()))
    before = 0
    for number in range(WARM_UP + events):
        if number == WARM_UP:
            before = peak()
        recorder.record("agent_state_changed", PAYLOAD % number)
    line.say(str(peak() - before))
    os._exit(0)


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="memory is counted otherwise here")
@pytest.mark.parametrize("sync", ["interval", "never"])
def test_a_million_events_cost_less_than_16_mebibytes(
    sync: Sync, zygote: Zygote, tmp_path: Path
) -> None:
    child = zygote.child(records, tmp_path, sync, EVENTS)
    [grown] = child.lines()
    assert child.ended() == 0, child.errors
    child.close()
    print(f"{EVENTS:,} events, sync={sync}: grown by {int(grown):,} bytes")
    assert int(grown) < MOST
