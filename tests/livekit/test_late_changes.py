"""What is done to an event, to a history and to a session after they were first seen."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import UserInputTranscribedEvent, UserStateChangedEvent
from livekit.agents.llm import ChatMessage
from pydantic import BaseModel, model_serializer

import earwitness
from earwitness import Event, InMemoryEventStore
from earwitness.livekit import snapshot
from earwitness.livekit.changes import Amendments
from earwitness.livekit.demo.scripted import say
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session, report_outside_a_job


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore()


def of_type(store: InMemoryEventStore, session_id: str, *types: str) -> list[Event]:
    return [event for event in store.read(session_id) if event.type in types]


def heard(words: str) -> UserInputTranscribedEvent:
    return UserInputTranscribedEvent(transcript=words, is_final=True)


async def test_what_a_listener_takes_out_of_an_event_is_gone_from_the_report(
    store: InMemoryEventStore,
) -> None:
    """As it is gone from LiveKit's; the log tells that it was there, and that it was changed."""
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    session.on("user_input_transcribed", lambda event: setattr(event, "transcript", "***"))
    await session.start(Host())
    session.emit("user_input_transcribed", heard("my card is 4111"))
    await session.aclose()
    report = await recorder.finalize()
    assert report.to_dict()["events"] == report_outside_a_job(session).to_dict()["events"]
    said, amended = of_type(store, recorder.session_id, "user_input_transcribed", "event_amended")
    assert said.payload["transcript"] == "my card is 4111"
    assert amended.payload["position"] == said.position
    assert amended.payload["payload"]["transcript"] == "***"


async def test_what_changes_an_event_after_its_listeners_is_seen_at_the_close(
    store: InMemoryEventStore,
) -> None:
    """Whatever it is: here, one of two that a listener saw to only when the loop was free again."""
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)

    def later(event: Any) -> None:
        loop = asyncio.get_running_loop()
        if "4111" in event.transcript:
            loop.call_soon(setattr, event, "transcript", "***")

    session.on("user_input_transcribed", later)
    await session.start(Host())
    session.emit("user_input_transcribed", heard("hello"))
    session.emit("user_input_transcribed", heard("my card is 4111"))
    await session.generate_reply(user_input="Hello?")
    await session.aclose()
    report = await recorder.finalize()
    assert report.to_dict()["events"] == report_outside_a_job(session).to_dict()["events"]
    _, said = of_type(store, recorder.session_id, "user_input_transcribed")
    [amended] = of_type(store, recorder.session_id, "event_amended")
    assert said.payload["transcript"] == "my card is 4111"
    assert amended.payload["position"] == said.position
    assert amended.payload["payload"]["transcript"] == "***"


async def test_a_list_of_events_that_somebody_edits_amends_nothing(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    for words in ("one", "two", "three"):
        session.emit("user_input_transcribed", heard(words))
    session._recorded_events[:] = [
        event for event in session._recorded_events if getattr(event, "transcript", None) != "one"
    ]
    await session.aclose()
    await recorder.finalize()
    assert of_type(store, recorder.session_id, "event_amended") == []


async def test_an_event_that_a_policy_redacted_is_not_taken_for_a_changed_one(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False, redact="pci")
    await session.start(Host())
    session.emit("user_input_transcribed", heard("my card is 4111 1111 1111 1111"))
    session.emit("user_input_transcribed", heard("thank you"))
    await session.aclose()
    await recorder.finalize()
    assert of_type(store, recorder.session_id, "event_amended") == []


async def test_an_event_that_a_listener_changed_into_a_redacted_one_is_amended_once(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False, redact="pci")
    session.on(
        "user_input_transcribed", lambda event: setattr(event, "transcript", "4111 1111 1111 1111")
    )
    await session.start(Host())
    session.emit("user_input_transcribed", heard("thank you"))
    await session.aclose()
    await recorder.finalize()
    [amended] = of_type(store, recorder.session_id, "event_amended")
    assert amended.payload["payload"]["transcript"] == "[card]"


class Talkative(InMemoryEventStore):
    """Emits an event, once, while it is given one."""

    def __init__(self) -> None:
        super().__init__()
        self.emit: Callable[[], object] | None = None

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        if emit := self.emit:
            self.emit = None
            emit()
        return super().append(stream, events, expected_version)


async def test_a_redacted_event_without_a_place_leaves_the_others_known_as_redacted() -> None:
    """One that was emitted while another one was written, say."""
    store, session = Talkative(), new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False, redact="pci")
    await session.start(Host())

    def say_card() -> None:
        session.emit("user_input_transcribed", heard("my card is 4111 1111 1111 1111"))

    for _ in range(3):
        say_card()
    store.emit = say_card
    for _ in range(3):
        say_card()
    await session.aclose()
    await recorder.finalize()
    assert of_type(store, recorder.session_id, "event_amended") == []


async def test_each_of_two_nested_events_is_amended_in_its_own_place(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)

    def answer(event: Any) -> None:
        if event.transcript == "outer":
            session.emit("user_input_transcribed", heard("inner"))
        event.transcript = event.transcript.upper()

    session.on("user_input_transcribed", answer)
    await session.start(Host())
    session.emit("user_input_transcribed", heard("outer"))
    await session.aclose()
    report = await recorder.finalize()
    assert report.to_dict()["events"] == report_outside_a_job(session).to_dict()["events"]
    told = of_type(store, recorder.session_id, "user_input_transcribed")
    amended = of_type(store, recorder.session_id, "event_amended")
    assert [event.payload["transcript"] for event in told] == ["outer", "inner"]
    assert {
        event.payload["position"]: event.payload["payload"]["transcript"] for event in amended
    } == {told[0].position: "OUTER", told[1].position: "INNER"}


async def test_an_event_that_its_listeners_leave_alone_is_recorded_once(
    store: InMemoryEventStore,
) -> None:
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    session.on("user_state_changed", lambda _: None)
    session.emit(
        "user_state_changed", UserStateChangedEvent(old_state="listening", new_state="away")
    )
    await recorder.finalize()
    assert of_type(store, recorder.session_id, "event_amended") == []


async def test_attaching_after_the_close_takes_over_all_and_closes_the_recording(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."))
    await session.start(Host())
    await session.generate_reply(user_input="Hello?")
    await session.aclose()
    recorder = earwitness.attach(session, store=store, audit=False)
    assert await recorder.closed(timeout=5)
    report = (await recorder.finalize()).to_dict()
    theirs = report_outside_a_job(session).to_dict()
    assert report["events"] == theirs["events"]
    assert report["chat_history"] == theirs["chat_history"]
    assert store.session(recorder.session_id).state == "closed"


async def test_attaching_again_after_a_recorded_close_waits_for_the_next_start(
    store: InMemoryEventStore,
) -> None:
    session = new_session(say("Hello."), say("Again."))
    first = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await session.aclose()
    await first.finalize()
    second = earwitness.attach(session, store=store, audit=False)
    assert second.state == "recording"
    assert of_type(store, second.session_id, "close") == []
    await session.start(Host())
    await session.generate_reply(user_input="Hello?")
    await session.aclose()
    report = (await second.finalize()).to_dict()
    assert report["events"] == report_outside_a_job(session).to_dict()["events"]


async def test_a_history_that_was_there_before_is_recorded_with_the_first_event(
    store: InMemoryEventStore,
) -> None:
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    said = [ChatMessage(role="user", content=[f"line {n}"]) for n in range(40)]
    said[20].extra["raw"] = b"\xff"  # LiveKit cannot write this one
    session.history.items.extend(said)
    session.emit(
        "user_state_changed", UserStateChangedEvent(old_state="listening", new_state="away")
    )
    added = of_type(store, recorder.session_id, "history_item_added")
    assert [event.payload["item"]["id"] for event in added] == [item.id for item in said]
    await recorder.finalize()
    assert len(of_type(store, recorder.session_id, "history_item_added")) == 40


async def test_nothing_is_made_of_events_that_nobody_records_any_more(
    store: InMemoryEventStore,
) -> None:
    """Once the audit trail was told that they still come."""
    looked_at = []

    class Event_(BaseModel):
        type: str = "late"

        @model_serializer
        def _look(self) -> dict[str, Any]:
            looked_at.append(self)
            return {}

    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    await recorder.finalize()
    for _ in range(5):
        session.emit("late", Event_())  # type: ignore[arg-type]
    assert len(looked_at) == 1


class Unreadable(InMemoryEventStore):
    def read(self, stream: str, after: int = -1) -> Any:
        raise earwitness.LogFormatError("no line")


async def test_who_waits_for_a_close_that_fails_leaves_nothing_to_complain_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder = earwitness.attach(new_session(), store=Unreadable(), audit=False)
    recorder.close("done")
    with caplog.at_level(logging.ERROR, "asyncio"):
        assert await recorder.closed(timeout=5)
        gc.collect()
        await asyncio.sleep(0)
    assert caplog.records == []
    with pytest.raises(earwitness.LogFormatError):
        await recorder.finalize()


async def test_tags_are_told_while_audio_is_still_recorded() -> None:
    session = new_session()
    job = SimpleNamespace(
        job=SimpleNamespace(
            id="AJ", agent_name="desk", room=SimpleNamespace(sid="RM", name="kitchen")
        ),
        tagger=SimpleNamespace(tags={"vip", "allergy"}),
    )
    session._recorder_io = SimpleNamespace(  # type: ignore[assignment]
        recording=True, output_path=None, recording_started_at=None
    )
    facts = snapshot.report_facts(session, job)  # type: ignore[arg-type]
    assert facts.get("tags", ["allergy", "vip"]) == ["allergy", "vip"]


@pytest.mark.parametrize("store", ["", 123, object()])
def test_what_is_no_store_is_refused_by_name(store: Any) -> None:
    with pytest.raises(earwitness.StoreError, match="store"):
        earwitness.open_store(store)
    with pytest.raises(earwitness.StoreError, match="store"):
        earwitness.instrument(store=store)


async def test_the_standard_librarys_logger_takes_the_audit_lines(
    store: InMemoryEventStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "calls"):
        recorder = earwitness.attach(new_session(), store=store, audit=logging.getLogger("calls"))
        await recorder.finalize()
    assert any('"event": "session_closed"' in record.message for record in caplog.records)


async def test_a_package_without_metadata_records_all_the_same(
    store: InMemoryEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import PackageNotFoundError

    from earwitness import release

    def no_metadata(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(release, "version", no_metadata)
    release.release.cache_clear()
    recorder = earwitness.attach(new_session(), store=store, audit=False)
    release.release.cache_clear()
    assert next(iter(store.read(recorder.session_id))).payload["earwitness"] == "unknown"
    await recorder.finalize()


class Interrupted(bytes):
    """Something else happens while it is being hashed, as when another thread emits."""

    meanwhile: Callable[[], object]

    def __hash__(self) -> int:
        self.meanwhile()
        return super().__hash__()


def test_a_change_is_told_of_its_own_event_when_two_are_emitted_at_once() -> None:
    amendments = Amendments(lambda _: 0)
    first, second = heard("first"), heard("second")
    content = Interrupted(snapshot.payload_of("", (first,))[1])
    content.meanwhile = lambda: amendments.watch(
        1, (second,), snapshot.payload_of("", (second,))[1]
    )
    amendments.watch(0, (first,), content)
    first.transcript = "changed"
    [amended] = amendments.check()
    assert amended.position == 0
    assert amended.payload["transcript"] == "changed"
