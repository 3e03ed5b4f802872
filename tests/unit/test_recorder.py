"""A recorder takes whatever it is given, and nothing that it meets reaches its caller."""

from typing import Any

import pytest

from earwitness import InMemoryEventStore, SessionRecorder
from tests.unit.facts import opened


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
