"""Whatever goes wrong in the recorder, the call never notices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from livekit.agents import UserStateChangedEvent
from pydantic import BaseModel, ConfigDict, field_serializer, model_serializer

import earwitness
from earwitness import Event, InMemoryEventStore
from earwitness.background import keeper
from earwitness.livekit.demo.scripted import say
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session

FAILURES: list[type[BaseException]] = [
    ValueError,
    TypeError,
    RecursionError,
    MemoryError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
]


class Hostile:
    """An object that fails wherever it is touched, as long as it is armed."""

    armed = True

    def __init__(self, failure: type[BaseException]) -> None:
        self.failure = failure

    def __repr__(self) -> str:
        if self.armed:
            raise self.failure
        return "disarmed, so that a failing test can be shown"

    def __getattr__(self, name: str) -> Any:
        raise self.failure if self.armed else AttributeError(name)


@pytest.fixture(autouse=True)
def _armed() -> Iterator[None]:
    Hostile.armed = True
    yield
    Hostile.armed = False


class Event_(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    type: str = "user_state_changed"
    payload: Any = None


def failing_event(where: str, failure: type[BaseException]) -> Any:
    """An event whose serialisation fails at this place in this way."""

    class Failing(Event_):
        @field_serializer("payload")
        def _payload(self, value: Any) -> Any:
            if where == "field":
                raise failure
            return Hostile(failure) if where == "value" else value

        @model_serializer(mode="wrap")
        def _whole(self, handler: Any) -> Any:
            if where == "model":
                raise failure
            return handler(self)

        def model_dump(self, **kwargs: Any) -> Any:
            if where == "dump":
                raise failure
            return super().model_dump(**kwargs)

    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    cyclic: dict[str, Any] = {}
    cyclic["me"] = cyclic
    payload = {"deep": deep, "cyclic": cyclic, "repr": Hostile(failure)}.get(where, "said")
    return Hostile(failure) if where == "event" else Failing(payload=payload)


PLACES = ["field", "value", "model", "dump", "deep", "cyclic", "repr", "event"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    failures=st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(FAILURES)), min_size=1, max_size=4
    )
)
async def test_events_that_cannot_be_serialised_are_recorded_and_reach_the_listeners(
    failures: list[tuple[str, type[BaseException]]],
) -> None:
    """One event in the log for each emitted, in order, and nothing raised."""
    store, heard = InMemoryEventStore(), []
    session = new_session(say("Hello."))
    session.on("user_state_changed", heard.append)
    recorder = earwitness.attach(session, store=store, audit=False)
    events = [failing_event(*failure) for failure in failures]
    Hostile.armed = True
    for event in events:
        session.emit("user_state_changed", event)
    Hostile.armed = False
    assert [id(event) for event in heard] == [id(event) for event in events]
    recorded = [e for e in store.read(recorder.session_id) if e.type not in OWN]
    assert len(recorded) == len(events)
    for event in recorded:
        assert event.payload is not None
    await recorder.finalize()


OWN = {"recording_opened", "session_started", "session_ended"}


class FailingStore(InMemoryEventStore):
    """Fails at every call, in any way."""

    def __init__(self, failure: type[BaseException]) -> None:
        super().__init__()
        self.failure: type[BaseException] | None = failure

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        if self.failure is not None:
            raise self.failure
        return super().append(stream, events, expected_version)

    def version(self, stream: str) -> int:
        if self.failure is not None:
            raise self.failure
        return super().version(stream)


@pytest.mark.parametrize(
    "failure",
    [OSError, ValueError, TypeError, RuntimeError, asyncio.CancelledError, GeneratorExit],
)
async def test_a_store_that_raises_leaves_the_call_alone(failure: type[BaseException]) -> None:
    """The report is complete all the same, out of what waits for the store."""
    store = FailingStore(failure)
    session = new_session(say("Hello."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await session.generate_reply(user_input="Hello?")
    assert recorder.health.ok is False
    assert recorder.health.error == failure.__name__
    await session.aclose()
    report = await recorder.finalize()
    assert [item["role"] for item in report.chat_history["items"] if "role" in item]
    assert report.to_dict()["events"][-1]["type"] == "close"


async def test_events_are_written_in_order_when_the_store_is_back() -> None:
    store = FailingStore(OSError)
    session = new_session(say("Hello."), say("Goodbye."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await session.generate_reply(user_input="Hello?")
    store.failure = None
    await session.generate_reply(user_input="Goodbye?")
    assert await asyncio.to_thread(keeper.flush)
    assert recorder.health.ok is True
    await session.aclose()
    await recorder.finalize()
    positions = [event.position for event in store.read(recorder.session_id)]
    assert positions == list(range(len(positions)))


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit])
async def test_what_ends_the_process_costs_no_event_and_goes_on_to_end_it(
    failure: type[BaseException],
) -> None:
    """It may have been raised by a signal handler; the listeners have the event before."""
    store, heard = FailingStore(failure), []
    store.failure = None
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    session.on("user_state_changed", heard.append)
    session.emit("said", "so that it has begun")  # type: ignore[arg-type]
    event = UserStateChangedEvent(old_state="listening", new_state="away")
    store.failure = failure
    with pytest.raises(failure):
        session.emit("user_state_changed", event)
    store.failure = None
    assert heard == [event]
    await recorder.finalize()
    assert [e.type for e in store.read(recorder.session_id)].count("user_state_changed") == 1


@pytest.mark.parametrize("name", ["recording_closed", "payload_erased", "A b", "", "../x", "é"])
async def test_an_applications_event_cannot_pass_for_one_of_earwitness(name: str) -> None:
    store = InMemoryEventStore()
    session = new_session()
    recorder = earwitness.attach(session, store=store, audit=False)
    session.emit(name, {"anything": "at all"})
    [*_, last] = store.read(recorder.session_id)
    assert last.type.startswith("livekit.")
    assert recorder.state == "recording"
    await recorder.finalize()


async def test_a_listener_that_raises_reaches_livekit_as_without_us() -> None:
    """A TypeError of a listener is re-raised into the session: LiveKit's own behaviour."""

    def listener(event: Any) -> None:
        raise TypeError("mine")

    raised = []
    for attached in (False, True):
        session = new_session()
        if attached:
            earwitness.attach(session, store=InMemoryEventStore(), audit=False)
        session.on("user_state_changed", listener)
        with pytest.raises(TypeError, match="mine") as caught:
            session.emit("user_state_changed", Event_())
        raised.append(str(caught.value))
    assert raised == ["mine", "mine"]
