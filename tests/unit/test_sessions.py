"""What a store tells of its sessions, and how a session is called."""

from pathlib import Path

import pytest
from attrs import evolve

from earwitness import (
    AmbiguousSessionError,
    InMemoryEventStore,
    JournalEventStore,
    SessionNotFoundError,
)
from earwitness.events import NO_EVENTS
from earwitness.testing import RECORDED_AT, an_event
from tests.unit.facts import added, log, message, opened

Store = InMemoryEventStore | JournalEventStore


@pytest.fixture(params=["memory", "journal"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return InMemoryEventStore() if request.param == "memory" else JournalEventStore(tmp_path)


def begin(store: Store, session_id: str, second: int = 0) -> None:
    event = evolve(an_event(0), recorded_at=RECORDED_AT + second * 1_000_000)
    store.append(session_id, [event], NO_EVENTS)


def a_state(store: Store, session_id: str) -> str:
    return store.session(session_id).state


def test_a_session_is_live_while_it_is_held(store: Store):
    begin(store, "a")
    assert a_state(store, "a") == "live"


def test_a_session_that_was_given_up_without_being_closed_was_interrupted(store: Store):
    begin(store, "a")
    store.release("a")
    assert a_state(store, "a") == "interrupted"


def test_a_session_is_closed_by_its_last_event(store: Store):
    begin(store, "a")
    store.append("a", [an_event(1, "recording_closed")], 0)
    assert a_state(store, "a") == "closed"
    store.release("a")
    assert a_state(store, "a") == "closed"


def test_a_closed_session_stays_closed_when_a_sink_fails(store: Store):
    begin(store, "a")
    store.append("a", [an_event(1, "recording_closed"), an_event(2, "sink_failed")], 0)
    assert a_state(store, "a") == "closed"


def test_what_is_known_of_a_session(store: Store):
    begin(store, "a", second=5)
    store.append("a", [an_event(1)], 0)
    info = store.session("a")
    assert (info.session_id, info.opened_at, info.events) == ("a", RECORDED_AT + 5_000_000, 2)
    assert (info.folder is None) == isinstance(store, InMemoryEventStore)


def test_a_session_that_is_not_there_is_not_told_of(store: Store):
    for ask in (store.session, store.report, store.find):
        with pytest.raises(SessionNotFoundError):
            ask("a")


def test_sessions_are_told_newest_first(store: Store):
    for second, session_id in enumerate(["b", "c", "a"]):
        begin(store, session_id, second)
    assert [info.session_id for info in store.sessions()] == ["a", "c", "b"]


def test_an_empty_store_has_no_sessions_and_no_last_one(store: Store):
    assert store.sessions() == []
    with pytest.raises(SessionNotFoundError):
        store.find("last")


def test_a_report_is_folded_from_the_log(store: Store):
    store.append("a", log(opened(), added(message("m", "user", "hello"))), NO_EVENTS)
    assert len(store.report("a").events) == 1


@pytest.mark.parametrize("content", [b"Swordfish\n", b'{"n":5}\n'])
def test_a_damaged_log_does_not_hide_the_other_sessions(tmp_path: Path, content: bytes):
    store = JournalEventStore(tmp_path)
    begin(store, "damaged", second=0)
    begin(store, "good", second=1)
    with (store.folder("damaged") / "log.jsonl").open("ab") as damaged:
        damaged.write(content)
    assert "good" in [info.session_id for info in store.sessions()]
    assert store.find("last") == "good"


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("AJ_1", "AJ_1"),
        ("AJ_12", "AJ_12"),
        ("AJ_2", "AJ_2x"),
        ("B", "B"),
        ("last", "B"),
        ("..", "../.."),
    ],
)
def test_a_session_is_found_by_its_id_any_unique_prefix_or_last(
    store: Store, name: str, found: str
):
    for second, session_id in enumerate(["AJ_1", "AJ_12", "AJ_2x", "../..", "B"]):
        begin(store, session_id, second)
    assert store.find(name) == found


def test_a_prefix_of_several_sessions_names_none_of_them(store: Store):
    for number in range(7):
        begin(store, f"AJ_{number}")
    with pytest.raises(AmbiguousSessionError) as caught:
        store.find("AJ_")
    assert caught.value.got == "7 sessions: AJ_0, AJ_1, AJ_2, AJ_3, AJ_4"


@pytest.mark.parametrize("name", ["", "x", "AJ_11", "aj_1", "AJ_1\n", "*"])
def test_what_no_session_begins_with_names_none(store: Store, name: str):
    begin(store, "AJ_1")
    with pytest.raises(SessionNotFoundError):
        store.find(name)


def test_a_session_may_be_called_last(store: Store):
    begin(store, "last", second=0)
    begin(store, "newer", second=1)
    assert store.find("last") == "last"
