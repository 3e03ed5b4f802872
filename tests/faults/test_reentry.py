"""Events that are emitted while another one is being recorded."""

from __future__ import annotations

import contextlib
import errno
import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import Event, JournalEventStore
from tests.faults.disks import FailingDisk
from tests.faults.logs import check_sealed, find_log
from tests.faults.recorders import new_recorder
from tests.faults.tracing import Interruption, Signals
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session


def recorded(root: Path) -> list[Any]:
    log = find_log(root)
    assert log is not None
    return [entry.payload for entry in log.entries if entry.type == "said"]


class Talkative:
    """An object whose representation emits an event."""

    def __init__(self, emit: Callable[[str], object]) -> None:
        self._emit = emit

    def __repr__(self) -> str:
        self._emit("from within")
        return "talkative"


async def test_a_serialiser_may_emit(tmp_path: Path) -> None:
    session = new_session()
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    session.emit("said", Talkative(lambda words: session.emit("said", words)))  # type: ignore[arg-type]
    await recorder.finalize()
    first, second = recorded(tmp_path)
    assert first == "from within"
    assert second["$repr"] == "talkative"


class EmittingStore:
    """A store that emits an event whenever it is given one."""

    def __init__(self, store: JournalEventStore) -> None:
        self._store = store
        self.emit: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        self.emit()
        return self._store.append(stream, events, expected_version)


async def test_a_store_may_emit(tmp_path: Path) -> None:
    """Each event that its append emits is written behind the one that it was appending."""
    session = new_session()
    store = EmittingStore(JournalEventStore(tmp_path))
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    numbers = count()

    def emit() -> None:
        if (number := next(numbers)) < 50:
            session.emit("said", f"by the store {number}")  # type: ignore[arg-type]

    store.emit = emit
    await session.start(Host())
    await session.aclose()
    await recorder.finalize()
    assert recorded(tmp_path) == [f"by the store {number}" for number in range(50)]


@pytest.fixture
def ringing() -> Iterator[Callable[[Callable[[], object]], None]]:
    """A timer's signal, again and again; ends with the test."""
    before = signal.getsignal(signal.SIGALRM)

    def ring(handler: Callable[[], object]) -> None:
        signal.signal(signal.SIGALRM, lambda *_: handler())
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)

    yield ring
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


async def test_a_signal_handler_may_emit(
    ringing: Callable[[Callable[[], object]], None], tmp_path: Path
) -> None:
    session = new_session()
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(session, store=store, audit=False, recover=False)
    rung = count()
    ringing(lambda: session.emit("said", ["signal", next(rung)]))  # type: ignore[arg-type]
    emitted = 0
    while (signals := find_signals(tmp_path)) < 50:
        session.emit("said", ["call", emitted])  # type: ignore[arg-type]
        emitted += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    await recorder.finalize()
    said = recorded(tmp_path)
    assert [number for who, number in said if who == "call"] == list(range(emitted))
    # A handler may be interrupted by the next one before it has emitted anything.
    assert sorted(number for who, number in said if who == "signal") == list(range(next(rung)))
    assert signals >= 50


def find_signals(root: Path) -> int:
    [path] = root.glob("*/*/log.jsonl")
    return path.read_bytes().count(b'["signal"')


def interrupted(moments: Callable[[int], Interruption], record: Callable[[int], object]) -> int:
    """Record an event again and again, each time interrupted one moment later; how often."""
    for moment in count():
        with moments(moment) as interruption:
            record(moment)
        if interruption.moments <= moment:
            return moment
    raise AssertionError("there is always a last moment")


def test_a_signal_handler_may_emit_at_any_bytecode_of_an_event_that_is_written(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(JournalEventStore(tmp_path, sync="never"))

    def inner(moment: int) -> Interruption:
        return Interruption(moment, lambda: recorder.record("said", b'["inner",%d]' % moment))

    times = interrupted(inner, lambda moment: recorder.record("said", b'["outer",%d]' % moment))
    assert times > 100
    check_both(recorded(tmp_path), times)


class Idle:
    """A keeper that leaves it to the test to try again."""

    def submit(self, job: object, delay: float = 0.0) -> None:
        pass


def test_a_signal_handler_may_emit_at_any_bytecode_while_a_backlog_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.writing.keeper", Idle())
    disk = FailingDisk(errno.ENOSPC, "write")
    recorder = new_recorder(JournalEventStore(tmp_path, sync="never", disk=disk))

    def inner(moment: int) -> Interruption:
        disk.broken = True
        recorder.record("said", b'"waits"')
        disk.broken = False
        return Interruption(moment, lambda: recorder.record("said", b'["inner",%d]' % moment))

    times = interrupted(inner, lambda _: recorder._writer.retry())
    assert times > 200
    rounds = [said for moment in range(times) for said in ("waits", ["inner", moment])]
    assert recorded(tmp_path) == [*rounds, "waits"]


def check_both(said: list[Any], times: int) -> None:
    """Every outer and every inner event is there once, round after round."""
    assert [sorted(said[at : at + 2]) for at in range(0, 2 * times, 2)] == [
        [["inner", moment], ["outer", moment]] for moment in range(times)
    ]
    assert said[2 * times :] == [["outer", times]]


class Hangup(BaseException):
    """What a signal handler raises."""


@pytest.mark.parametrize("failing", [False, True], ids=["an event is", "a backlog is"])
async def test_a_signal_handler_may_raise_while_something_is_written(
    failing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event may be lost, as if it had been raised before it; no other is, and none twice."""
    monkeypatch.setattr("earwitness.writing.keeper", Idle())
    disk = FailingDisk(errno.ENOSPC, "write")
    recorder = new_recorder(JournalEventStore(tmp_path, sync="never", disk=disk))
    places = Signals()

    def hang_up() -> None:
        raise Hangup

    def moments(moment: int) -> Interruption:
        disk.broken = failing
        recorder.record("said", b'["before",%d]' % moment)
        disk.broken = False
        return Interruption(moment, hang_up, places)

    def write(moment: int) -> None:
        with contextlib.suppress(Hangup):
            if failing:
                recorder._writer.retry()
            else:
                recorder.record("said", b'["interrupted",%d]' % moment)

    times = interrupted(moments, write)
    assert times > 5
    recorder._writer.retry()
    assert recorder.health.ok
    await recorder.finalize()
    said = recorded(tmp_path)
    assert [number for who, number in said if who == "before"] == list(range(times + 1))
    log = find_log(tmp_path)
    assert log is not None
    check_sealed(log)
