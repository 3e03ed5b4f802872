"""Recoveries that meet: each other, or a recorder that lives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import earwitness
from earwitness.recovery import recover
from tests.faults import calls
from tests.faults.disks import Call, SpyDisk
from tests.faults.logs import Log, find_log
from tests.faults.recorders import new_recorder
from tests.faults.rounds import play
from tests.faults.survival import Word, check_closed, check_nothing_lost, leave
from tests.faults.tally import tally
from tests.faults.zygote import Line, Zygote

ROUNDS = 20
RIVALS = 4


def check_closed_once(root: Path, outcomes: list[str], before: bytes) -> None:
    assert outcomes.count("recovered") == 1
    assert set(outcomes) <= {"recovered", "live", "closed"}
    tally.add(recoveries=1)
    log = check_closed(root, before, set())
    assert len(log.of_type("recording_closed")) == 1
    assert len(log.of_type("recording_recovered")) == 1


def recovers_at_a_sign(line: Line, root: Path) -> None:
    store = earwitness.JournalEventStore(root)
    line.say("ready")
    line.wait()
    for done in recover(store):
        line.say(done.outcome)


def test_of_two_processes_that_recover_at_once_one_does(
    call_log: list[bytes], zygote: Zygote, tmp_path: Path
) -> None:
    before = b"".join(call_log[:-3])

    def race(number: int) -> None:
        root = tmp_path / str(number)
        leave(root, before)
        rivals = [zygote.child(recovers_at_a_sign, root) for _ in range(2)]
        for rival in rivals:
            rival.heard("ready")
        for rival in rivals:
            rival.go_on()
        outcomes = [outcome for rival in rivals for outcome in rival.lines()]
        assert [rival.ended() for rival in rivals] == [0, 0]
        for rival in rivals:
            rival.close()
        check_closed_once(root, outcomes, before)

    play(range(ROUNDS // 2), race)


@pytest.mark.parametrize("stores", [1, 2], ids=["one store", "two stores"])
def test_of_many_threads_that_recover_at_once_one_does(
    stores: int, call_log: list[bytes], tmp_path: Path
) -> None:
    before = b"".join(call_log[:-3])
    for number in range(ROUNDS):
        root = tmp_path / str(number)
        leave(root, before)
        rivals = [earwitness.JournalEventStore(root) for _ in range(stores)] * (RIVALS // stores)
        check_closed_once(root, recovered_at_once(rivals), before)


def recovered_at_once(rivals: list[earwitness.JournalEventStore]) -> list[str]:
    """What each says that recovers the only session of its store, on a thread of its own."""
    together = threading.Barrier(len(rivals))

    def race(store: earwitness.JournalEventStore) -> str:
        together.wait()
        [done] = recover(store)
        return done.outcome

    with ThreadPoolExecutor(len(rivals)) as pool:
        return list(pool.map(race, rivals))


class Reader(SpyDisk):
    """Somebody who looks at the sessions while a recovery is at each of its system calls."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.store = earwitness.JournalEventStore(root)
        self.seen: list[str] = []

    def around(self, name: str, call: Call, *args: object) -> object:
        [info] = self.store.sessions()
        if info.state not in self.seen[-1:]:
            self.seen.append(info.state)
        return call(*args)


def test_a_session_is_interrupted_then_live_then_closed_to_those_who_look(
    call_log: list[bytes], tmp_path: Path
) -> None:
    leave(tmp_path, b"".join(call_log[:-3]) + b'{"n":')
    reader = Reader(tmp_path)
    [done] = recover(earwitness.JournalEventStore(tmp_path, disk=reader))
    assert done.outcome == "recovered"
    assert reader.seen in (["interrupted", "live", "closed"], ["interrupted", "live"])


class Latecomer(SpyDisk):
    """Somebody who has read a log's end, and finds its lock free: it was closed in between."""

    def __init__(self, closing: Callable[[], object]) -> None:
        super().__init__()
        self._closing = closing

    def around(self, name: str, call: Call, *args: object) -> object:
        if name == "try_lock":
            self._closing()
        return call(*args)


async def test_a_session_that_closes_while_it_is_looked_at_is_not_interrupted(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(earwitness.JournalEventStore(tmp_path))
    disk = Latecomer(lambda: asyncio.run(recorder.finalize()))
    store = earwitness.JournalEventStore(tmp_path, disk=disk)
    assert await asyncio.to_thread(store.state, "call") == "closed"


def test_a_recovery_leaves_a_live_session_alone(zygote: Zygote, tmp_path: Path) -> None:
    """Here and in another process, again and again, and the call goes on to its end."""
    child = zygote.child(calls.text_call, tmp_path, 12)
    word = Word()
    store = earwitness.JournalEventStore(tmp_path)
    met: list[str] = []
    for line in child.lines():
        word.take(line)
        if line.startswith("emitted") and store.version("call") > 0:
            met += [done.outcome for done in recover(store)]
    assert child.ended() == 0, child.errors
    child.close()
    assert met.count("live") > 50
    assert set(met) <= {"live", "closed"}
    log = find_log(tmp_path)
    assert isinstance(log, Log)
    check_nothing_lost(log, word)
    assert log.of_type("recording_recovered") == []
    check_closed(tmp_path, log.whole, set())
