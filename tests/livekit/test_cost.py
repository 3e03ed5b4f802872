"""What recording an event costs the call: its shape, which is the same on every machine."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from livekit.agents import AgentStateChangedEvent

import earwitness
from earwitness import JournalEventStore
from earwitness.background import keeper
from tests.faults.disks import CallersDisk
from tests.livekit.scenarios import SCENARIOS
from tests.livekit.stage import new_session

HEAVY = {"attrs", "cattrs", "cryptography", "livekit", "msgspec", "pydantic", "rich", "structlog"}

RECORD_UNDER_STRACE = """
import os, sys
from earwitness import JournalEventStore
from tests.faults.recorders import new_recorder

recorder = new_recorder(JournalEventStore(sys.argv[1], sync="never"))
recorder.record("said", b'"so that all is warm"')
os.path.exists("/begin")
for number in range(300):
    recorder.record("said", b"[%d]" % number)
os.path.exists("/end")
os._exit(0)
"""

# Python's memory, its lock, and new salts: none of them waits for a disk or another process.
OF_NO_CONSEQUENCE = {"brk", "mmap", "munmap", "futex", "getrandom", "madvise", "sched_yield"}


async def test_each_event_of_a_call_costs_it_one_write_and_no_other_system_call(
    tmp_path: Path,
) -> None:
    disk, emitted, others = CallersDisk(), [], Counter[str]()
    store = JournalEventStore(tmp_path, disk=disk)

    def hook(session: Any) -> None:
        earwitness.attach(session, store=store, audit=False)
        recording = session.emit

        def emit(name: Any, event: Any) -> None:
            before = len(disk.calls)
            recorder = earwitness.recorder_of(session)
            assert recorder is not None
            position = recorder._writer.version
            recording(name, event)
            if name == "close":
                return
            calls = disk.calls[before:]
            emitted.append(calls == ["write"] * (recorder._writer.version - position))
            others.update(set(calls) - {"write"})

        session.emit = emit

    await SCENARIOS["failing_tool"](hook)
    assert len(emitted) > 10
    assert all(emitted)
    assert others == {}


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")
def test_the_kernel_sees_one_write_for_each_event(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = ["strace", "-o", str(trace), sys.executable, "-c", RECORD_UNDER_STRACE]
    run = subprocess.run([*command, str(tmp_path)], capture_output=True, check=False)
    if not trace.exists() or b'"/end"' not in trace.read_bytes():
        pytest.skip(f"strace may not trace here: {run.stderr[-200:]!r}")
    text = trace.read_text()
    lines = text[text.index('"/begin"') : text.index('"/end"')].splitlines()[1:-1]
    calls = Counter(line.partition("(")[0] for line in lines)
    assert calls.pop("write") == 300
    assert calls.keys() <= OF_NO_CONSEQUENCE


def said(state: str) -> AgentStateChangedEvent:
    return AgentStateChangedEvent(old_state="listening", new_state=state)  # type: ignore[arg-type]


async def test_what_the_recorder_keeps_does_not_grow_with_the_session(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path)
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)

    def kept_after(events: int) -> int:
        for _ in range(events):
            session.emit("agent_state_changed", said("speaking"))
            session._recorded_events.clear()
        store.sync(recorder.session_id)  # until then what was written is kept, up to a bound
        assert recorder._seal is not None
        recorder._seal.seal()  # and each leaf, up to a bound
        assert keeper.flush()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = kept_after(2_000)
        assert kept_after(10_000) - before < 64 << 10
    finally:
        tracemalloc.stop()
    await recorder.finalize()


async def test_an_event_late_in_a_session_costs_as_many_steps_as_an_early_one(
    tmp_path: Path,
) -> None:
    session = new_session()
    recorder = earwitness.attach(
        session, store=JournalEventStore(tmp_path, sync="never"), audit=False
    )

    def steps() -> int:
        calls = 0

        def count(frame: FrameType, event: str, _: Any) -> None:
            nonlocal calls
            calls += 1

        event = said("speaking")
        sys.setprofile(count)
        try:
            session.emit("agent_state_changed", event)
        finally:
            sys.setprofile(None)
        return calls

    def emit(events: int) -> None:
        for _ in range(events):
            session.emit("agent_state_changed", said("speaking"))

    emit(10)
    early = steps()
    emit(3_000)
    assert steps() == early
    await recorder.finalize()


@pytest.mark.parametrize(
    ("said", "light"),
    [
        ("import earwitness", HEAVY),
        ("import earwitness; earwitness.open_store", HEAVY - {"attrs", "msgspec"}),
        ("import earwitness; earwitness.SessionRecorder", {"cattrs", "pydantic"}),
    ],
)
def test_importing_earwitness_imports_nothing_heavy_that_is_not_needed(
    said: str, light: set[str]
) -> None:
    tell = f"import sys; sys.modules['livekit'] = None; {said}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in run.stdout.split()} - {"livekit"}
    assert imported & light == set()
