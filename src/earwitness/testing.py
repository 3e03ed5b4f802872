"""For whoever writes an event store: all that :class:`~earwitness.EventStore` asks, as tests.

Subclass :class:`StoreContract` in a test file and say how a store is made::

    from earwitness.testing import StoreContract

    class TestMyStore(StoreContract):
        def make_store(self, folder):
            return MyStore(folder / "events.db")

pytest runs it like any class of tests. ``pytest.register_assert_rewrite("earwitness.testing")``
in a ``conftest.py`` makes it explain its failures better.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from attrs import evolve

from . import values
from .codec import MAX_INLINE_BYTES, new_event
from .events import NO_EVENTS, Event
from .exceptions import InvalidEventError, SessionNotFoundError, WrongExpectedVersionError
from .stores import EventStore

RECORDED_AT: Final = 1_795_000_000_000_000
"""When :func:`an_event` says that position 0 was recorded; each later one a second after."""

HOSTILE_NAMES: Final = (
    "",
    ".",
    "..",
    "../..",
    "/etc/passwd",
    "a/b",
    "a%2fb",
    "%",
    "nul\x00byte",
    "line\nfeed",
    "line\u2028separator",
    "case",
    "CASE",
    "CASE~0123456789abcdef",
    "e\u0301",  # two characters that look like the next one's single one
    "\u00e9",
    "\u0430",  # a Cyrillic a
    "📞",
    "\ud83d",  # half of a character
    "*",
    "log.jsonl",
    " ",
    "a" * 10_000,
    "a" * 10_001,
)
"""Names of streams that a store keeps apart, and gives back as they are."""

Error = TypeVar("Error", bound=Exception)


def an_event(
    position: int = 0,
    type: str = "user_input_transcribed",
    payload: Any = None,
    *,
    withheld: bool = False,
) -> Event:
    """An event as the recorder makes them.

    Args:
        position: its place in the stream.
        type: its tag.
        payload: any Python value; by default a small mapping that is different at each position.
        withheld: leave its payload out, as an erasure does.
    """
    if payload is None:
        payload = {"transcript": f"number {position}", "is_final": True}
    recorded_at = RECORDED_AT + position * 1_000_000
    event = new_event(position, recorded_at, type, values.encode(payload))
    return event.without_payload() if withheld else event


def some_events(count: int, *, start: int = 0) -> list[Event]:
    """Events at ``count`` positions from ``start`` on."""
    return [an_event(position) for position in range(start, start + count)]


class StoreContract:
    """What every event store must do. Override :meth:`make_store`."""

    def make_store(self, folder: Path) -> EventStore:
        """A new and empty store.

        Args:
            folder: an empty folder, for stores that need one; another one at each call.
        """
        raise NotImplementedError

    # -- keeping ---------------------------------------------------------------------------------

    def test_events_are_read_in_the_order_in_which_they_were_appended(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(7)
        assert store.append("s", events[:1], NO_EVENTS) == 0
        assert store.append("s", events[1:5], 0) == 4
        assert store.append("s", events[5:], 4) == 6
        assert list(store.read("s")) == events

    def test_every_member_of_an_event_is_kept(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = [
            an_event(0, "recording_opened", {"format": 1}),
            an_event(1, payload="\u2028\u2029\x85\r\x00\ud800📞"),
            an_event(2, payload=[b"\xff", float("nan"), -0.0, 2**80, {"$x": {1: ()}}]),
            an_event(3, withheld=True),
            an_event(4, "a.b_c9", payload="x" * MAX_INLINE_BYTES),
            evolve(an_event(5), data=b'"\xe2\x80\xa8\x0d\xc2\x85"'),
            evolve(an_event(6), recorded_at=0),
        ]
        store.append("s", events, NO_EVENTS)
        assert list(store.read("s")) == events

    def test_streams_do_not_touch_each_other(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        store.append("one", some_events(2), NO_EVENTS)
        store.append("two", some_events(3), NO_EVENTS)
        assert (store.version("one"), store.version("two")) == (1, 2)
        assert len(list(store.read("one"))) == 2

    def test_a_stream_may_have_any_name(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        kept = {name: [an_event(payload=number)] for number, name in enumerate(HOSTILE_NAMES)}
        for name, events in kept.items():
            store.append(name, events, NO_EVENTS)
        assert sorted(store.streams()) == sorted(HOSTILE_NAMES)
        assert {name: list(store.read(name)) for name in HOSTILE_NAMES} == kept

    # -- reading ---------------------------------------------------------------------------------

    def test_reading_after_a_position_leaves_out_what_is_before(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(5)
        store.append("s", events, NO_EVENTS)
        for after in range(-3, 7):
            assert list(store.read("s", after)) == events[max(0, after + 1) :], f"after {after}"

    def test_reading_an_unknown_stream_is_refused(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        refusal(SessionNotFoundError, lambda: list(store.read("s")))
        store.append("s", some_events(1), NO_EVENTS)
        refusal(SessionNotFoundError, lambda: list(store.read("another")))

    def test_a_stream_that_was_never_written_has_no_version(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        assert store.version("s") == NO_EVENTS
        assert list(store.streams()) == []

    # -- refusing --------------------------------------------------------------------------------

    def test_an_append_at_another_version_is_refused(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(3)
        store.append("s", events, NO_EVENTS)
        for wrong in (NO_EVENTS, 0, 1, 3, 99):
            more = some_events(2, start=wrong + 1)
            error = refusal(WrongExpectedVersionError, _appending(store, "s", more, wrong))
            assert (error.stream, error.expected_version, error.actual_version) == ("s", wrong, 2)
        assert list(store.read("s")) == events

    def test_a_stream_begins_at_its_beginning(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        late = _appending(store, "s", some_events(1, start=4), 3)
        error = refusal(WrongExpectedVersionError, late)
        assert (error.expected_version, error.actual_version) == (3, NO_EVENTS)
        assert list(store.streams()) == []

    def test_a_refused_event_takes_its_whole_batch_with_it(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(2)
        store.append("s", events, NO_EVENTS)
        for name, invalid in _invalid_events(3).items():
            batch = [an_event(2), invalid, an_event(4)]
            refusal(InvalidEventError, _appending(store, "s", batch, 1), name)
            assert list(store.read("s")) == events, name
        assert store.append("s", some_events(3, start=2), 1) == 4

    def test_a_refused_first_batch_leaves_no_stream(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        for name, invalid in _invalid_events(1).items():
            refusal(InvalidEventError, _appending(store, "s", [an_event(0), invalid], -1), name)
            refusal(SessionNotFoundError, lambda: list(store.read("s")), name)
            assert list(store.streams()) == [], name
        assert store.append("s", some_events(2), NO_EVENTS) == 1

    # -- releasing -------------------------------------------------------------------------------

    def test_a_released_stream_can_be_taken_up_again(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(3)
        store.append("s", events[:2], NO_EVENTS)
        store.release("s")
        assert store.version("s") == 1
        store.append("s", events[2:], 1)
        store.release("s")
        assert list(store.read("s")) == events

    def test_releasing_what_is_not_held_does_nothing(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        store.release("s")
        store.append("s", some_events(1), NO_EVENTS)
        store.release("s")
        store.release("s")
        assert list(store.streams()) == ["s"]

    # -- from several threads --------------------------------------------------------------------

    def test_of_many_racing_for_a_position_one_wins(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        racers = 50
        start = threading.Barrier(racers)

        def race(number: int) -> bool:
            event = an_event(0, payload=number)
            start.wait()
            try:
                return store.append("s", [event], NO_EVENTS) == 0
            except WrongExpectedVersionError:
                return False

        with ThreadPoolExecutor(racers) as pool:
            won = list(pool.map(race, range(racers)))
        assert won.count(True) == 1
        assert [event.payload for event in store.read("s")] == [won.index(True)]

    def test_writers_who_try_again_lose_and_repeat_nothing(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        writers, each = 8, 20

        def write(writer: int) -> None:
            for number in range(each):
                _append_at_last(store, "s", (writer, number))

        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(write, range(writers)))
        events = list(store.read("s"))
        assert [event.position for event in events] == list(range(writers * each))
        written = [tuple(event.payload) for event in events]
        expected = [(writer, number) for writer in range(writers) for number in range(each)]
        assert sorted(written) == expected

    def test_who_reads_meanwhile_sees_a_beginning_of_the_stream(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        events = some_events(200)
        store.append("s", events[:1], NO_EVENTS)

        def write() -> None:
            for event in events[1:]:
                store.append("s", [event], event.position - 1)

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            seen = 1
            while not writing.done():
                read = list(store.read("s"))
                assert len(read) >= seen
                assert read == events[: len(read)]
                seen = len(read)
            writing.result()
        assert list(store.read("s")) == events


def refusal(expected: type[Error], call: Callable[[], object], about: str = "") -> Error:
    """The error that a call is expected to end in.

    Args:
        expected: its type.
        call: is called once.
        about: said if it does not end so.
    """
    try:
        call()
    except expected as error:
        return error
    raise AssertionError(f"no {expected.__name__} was raised: {about}" if about else expected)


def _appending(
    store: EventStore, stream: str, events: list[Event], version: int
) -> Callable[[], int]:
    return lambda: store.append(stream, events, version)


def _append_at_last(store: EventStore, stream: str, payload: Any) -> None:
    while True:
        version = store.version(stream)
        try:
            new = store.append(stream, [an_event(version + 1, payload=payload)], version)
        except WrongExpectedVersionError:
            continue
        assert new == version + 1
        return


def _invalid_events(position: int) -> dict[str, Event]:
    good = an_event(position)
    tags = ("", "Said", "a b", "a-b", "a\n", "é", "a/b")
    return {
        "a gap before it": an_event(position + 1),
        "the position of the one before": an_event(position - 1),
        **{f"tag {tag!r}": evolve(good, type=tag) for tag in tags},
        "a line feed in the payload": evolve(good, data=b'{"a":\n1}'),
        "an empty payload": evolve(good, data=b""),
        "a payload without salt": evolve(good, salt=None),
        "a salt without payload": evolve(good, data=None),
        "a salt too short": evolve(good, salt="0" * 31),
        "a commitment in capitals": evolve(good, commitment="A" * 64),
        "a commitment that is not ASCII": evolve(good, commitment="é" * 64),
        "a time before the epoch": evolve(good, recorded_at=-1),
        "a time of twenty digits": evolve(good, recorded_at=10**19),
        "a blob that the line does not name": evolve(good, blob=b"1"),
    }
