"""Attaching, late or twice, detaching, restarting, instrumenting."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any
from unittest.mock import MagicMock, call

import pytest
import structlog
from livekit.agents import AgentSession, Plugin

import earwitness
from earwitness import AttachError, InMemoryEventStore
from earwitness.livekit.demo.scripted import say
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session, report_outside_a_job


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore()


def types(store: InMemoryEventStore, session_id: str) -> list[str]:
    return [event.type for event in store.read(session_id)]


async def a_turn(session: AgentSession, text: str = "Hello?") -> None:
    await session.generate_reply(user_input=text)


async def test_attaching_twice_gives_the_recorder_that_is_there(store: InMemoryEventStore) -> None:
    """Nothing is recorded twice, and the audit trail says that somebody tried."""
    with structlog.testing.capture_logs() as lines:
        session = new_session(say("Hello."))
        first = earwitness.attach(session, store=store)
        second = earwitness.attach(session, store=store)
        assert first is second
        await session.start(Host())
        await a_turn(session)
        await session.aclose()
        report = await first.finalize()
    assert report.to_dict()["events"] == report_outside_a_job(session).to_dict()["events"]
    assert "attached_again" in [line["event"] for line in lines]


async def test_attaching_after_the_start_takes_over_what_livekit_still_knows(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."), say("Goodbye."))
    await session.start(Host())
    await a_turn(session)
    recorder = earwitness.attach(session, store=store, audit=False)
    await a_turn(session)
    await session.aclose()
    report = (await recorder.finalize()).to_dict()
    theirs = report_outside_a_job(session).to_dict()
    assert report["events"] == theirs["events"]
    assert report["chat_history"] == theirs["chat_history"]
    assert next(iter(store.read(recorder.session_id))).payload["attached_late"] is True


async def test_a_session_restarted_after_its_close_is_recorded_anew(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("First."), say("Second."))
    first = earwitness.attach(session, store=store, audit=False, session_id="twice")
    await session.start(Host())
    await a_turn(session)
    await session.aclose()
    first_report = await first.finalize()

    await session.start(Host())
    await a_turn(session)
    await session.aclose()
    second = earwitness.recorder_of(session)
    assert second is not None
    report = (await second.finalize()).to_dict()

    assert first_report.session_id == "twice"
    assert report["events"] == report_outside_a_job(session).to_dict()["events"]
    assert next(iter(store.read("twice-2"))).payload["restart_of"] == "twice"
    assert second.session_id == "twice-2"


async def test_a_session_that_is_not_recorded_has_no_recorder() -> None:
    assert earwitness.recorder_of(new_session()) is None


async def test_a_session_dropped_without_close_is_collected_and_its_recording_closed(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
    assert await recorder.closed(timeout=5)
    [*_, last] = store.read(recorder.session_id)
    assert last.type == "recording_closed"
    assert "dropped" in last.payload["reason"]


async def test_detaching_leaves_the_session_as_it_was(store: InMemoryEventStore) -> None:
    session = new_session(say("Hello."))
    before = dict(session.__dict__)
    listeners = {name: list(found) for name, found in session._events.items()}
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await a_turn(session)
    earwitness.detach(session)
    await recorder.finalize()
    recorded = types(store, recorder.session_id)
    assert session.__dict__.keys() == before.keys()
    assert {name: list(found) for name, found in session._events.items() if found} == listeners
    await session.aclose()
    assert types(store, recorder.session_id) == recorded


async def test_detaching_below_somebody_elses_wrapper_falls_silent(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    ours, seen = session.emit, []

    def wrapper(event: Any, *args: Any) -> None:
        seen.append(event)
        ours(event, *args)

    session.emit = wrapper
    earwitness.detach(session)
    await session.start(Host())
    await session.aclose()
    assert seen
    assert "close" not in types(store, recorder.session_id)


async def test_finalize_may_be_called_by_many_at_once(store: InMemoryEventStore) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await a_turn(session)
    await asyncio.gather(session.aclose(), *(recorder.finalize() for _ in range(20)))
    reports = await asyncio.gather(*(recorder.finalize() for _ in range(20)))
    assert len({id(report) for report in reports}) == 1
    assert types(store, recorder.session_id).count("recording_closed") == 1


async def test_a_taken_session_id_gets_a_number(store: InMemoryEventStore) -> None:
    ids = [
        earwitness.attach(new_session(), store=store, audit=False, session_id="desk").session_id
        for _ in range(3)
    ]
    assert ids == ["desk", "desk-2", "desk-3"]


def test_only_an_agent_session_can_be_recorded() -> None:
    with pytest.raises(AttachError, match="AgentSession"):
        earwitness.attach(object())  # type: ignore[arg-type]


async def test_instrument_records_every_session_however_it_is_created(
    store: InMemoryEventStore,
) -> None:
    class Subclassed(AgentSession):
        pass

    start = AgentSession.start
    earwitness.instrument(store=store, audit=False)
    earwitness.instrument(store=store, audit=False)
    try:
        sessions = [new_session(say("Hello.")), Subclassed(llm=None, vad=None)]
        for session in sessions:
            await session.start(Host())
            await session.aclose()
    finally:
        earwitness.uninstrument()
    assert AgentSession.start is start
    assert len(list(store.streams())) == len(sessions)
    assert [plugin.title for plugin in Plugin.registered_plugins].count("earwitness") == 1


async def test_a_mock_of_a_session_emits_as_it_would_without_us(store: InMemoryEventStore) -> None:
    session = MagicMock(spec=AgentSession)
    recorder = earwitness.attach(session, store=store, audit=False)
    session.emit("said", "hello")
    earwitness.detach(session)
    session.emit("said", "goodbye")
    assert session.emit.mock_calls == [call("said", "hello"), call("said", "goodbye")]
    await recorder.finalize()
    assert [event.payload for event in store.read(recorder.session_id) if event.type == "said"] == [
        "hello"
    ]


async def test_a_session_already_attached_keeps_its_own_settings_when_instrumented() -> None:
    mine, everybodys = InMemoryEventStore(), InMemoryEventStore()
    earwitness.instrument(store=everybodys, audit=False)
    try:
        session = new_session()
        earwitness.attach(session, store=mine, audit=False)
        await session.start(Host())
        await session.aclose()
    finally:
        earwitness.uninstrument()
    assert len(list(mine.streams())) == 1
    assert list(everybodys.streams()) == []


async def test_the_recorder_of_an_instrumented_session_can_be_had(
    store: InMemoryEventStore,
) -> None:
    earwitness.instrument(store=store, audit=False)
    try:
        session = new_session()
        await session.start(Host())
        await session.aclose()
    finally:
        earwitness.uninstrument()
    recorder = earwitness.recorder_of(session)
    assert recorder is not None
    assert (await recorder.finalize()).events[-1]["type"] == "close"
