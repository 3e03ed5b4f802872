"""A recorder takes whatever it is given, and nothing that it meets reaches its caller."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from earwitness import InMemoryEventStore, JournalEventStore, SessionRecorder, SessionReport
from earwitness.background import keeper
from earwitness.closing import LastWords
from tests.unit.facts import opened

LONG = 30.0


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore()


def a_recorder(store: InMemoryEventStore, **settings: Any) -> SessionRecorder:
    return SessionRecorder(store, opened(), audit=False, **settings)


def types(store: InMemoryEventStore) -> list[str]:
    return [event.type for event in store.read("AJ_1")]


@pytest.mark.parametrize(
    ("type", "content"),
    [("A Tag", b"1"), ("", b"1"), ("é", b"1"), ("tag", b"1\n"), ("tag", b"")],
)
def test_an_event_that_no_log_may_hold_does_not_hold_up_the_next(
    store: InMemoryEventStore, type: str, content: bytes
):
    recorder = a_recorder(store)
    recorder.record(type, content)
    recorder.record("next", b"1")
    assert types(store)[-1] == "next"
    assert recorder.health.waiting == 0


async def test_finalizing_closes_the_log_and_gives_the_report(store: InMemoryEventStore):
    recorder = a_recorder(store)
    recorder.record("next", b'{"type":"next"}')
    report = await recorder.finalize()
    assert report.events == [{"type": "next"}]
    assert types(store) == ["recording_opened", "next", "recording_closed"]
    assert recorder.state == "closed"
    assert recorder.record("late", b"1") == -1


async def test_a_close_that_an_interrupt_strikes_closes_the_recording_all_the_same(
    store: InMemoryEventStore,
):
    recorder = a_recorder(store)

    def interrupted() -> None:
        raise KeyboardInterrupt

    recorder.before_close(interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorder.close("done")
    assert await recorder.closed(timeout=LONG)
    assert types(store) == ["recording_opened", "recording_closed"]


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Waited for by what hangs; set at the end, so that no thread is left behind."""
    event = threading.Event()
    yield event
    event.set()


async def test_sinks_that_hang_hold_up_no_other_session(never: threading.Event):
    hanging = threading.Semaphore(0)

    def hang(_: SessionReport) -> None:
        hanging.release()
        never.wait(LONG)

    hung = [
        a_recorder(InMemoryEventStore(), sinks=[hang], sink_deadline=LONG).close("done")
        for _ in range(20)
    ]
    for _ in hung:
        assert await asyncio.to_thread(hanging.acquire, timeout=LONG)
    await a_recorder(InMemoryEventStore()).finalize()
    assert not any(report.done() for report in hung)
    never.set()
    await asyncio.gather(*map(asyncio.wrap_future, hung))


class Laborious(LastWords):
    """Notes how many are at work with it."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        self._now = 0
        self._counting = threading.Lock()
        self._together = threading.Barrier(4)

    def tell(self) -> None:
        with self._counting:
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait(LONG)
        with self._counting:
            self._now -= 1


async def test_few_sessions_at_a_time_work_at_their_close():
    words = Laborious()
    recorders = [a_recorder(InMemoryEventStore()) for _ in range(12)]
    for recorder in recorders:
        recorder.before_close(lambda: words)
    await asyncio.gather(*(recorder.finalize() for recorder in recorders))
    assert words.most == 4


async def test_a_session_that_can_start_no_thread_is_not_closed_on_the_calls_loop(
    monkeypatch: pytest.MonkeyPatch,
):
    keeper.submit(int)  # it has its thread by now

    class NoThreads:
        def submit(self, job: object) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr("earwitness.background._finalizers", NoThreads())
    words = Where()
    recorder = a_recorder(InMemoryEventStore())
    recorder.before_close(lambda: words)
    await recorder.finalize()
    assert words.told_on == "earwitness-keeper"


class Where(LastWords):
    """Notes on which thread it tells."""

    told_on = ""

    def tell(self) -> None:
        self.told_on = threading.current_thread().name


async def test_an_audio_path_that_nobody_writes_to_does_not_hold_up_the_close(tmp_path: Path):
    pipe = tmp_path / "audio.ogg"
    os.mkfifo(pipe)
    store = JournalEventStore(tmp_path / "recordings", sync="never")
    recorder = SessionRecorder(store, opened(), audit=False)
    recorder.before_close(lambda: LastWords(pipe))
    await recorder.finalize()
    missing, closed = [*store.read("AJ_1")][-2:]
    assert missing.payload == {"path": str(pipe), "error": "OSError EINVAL"}
    assert closed.type == "recording_closed"
