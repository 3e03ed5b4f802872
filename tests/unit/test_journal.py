"""A journal is a folder of logs, each of them whole lines under one writer's lock."""

import collections
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from earwitness import (
    Event,
    JournalEventStore,
    LogFormatError,
    SessionNotFoundError,
    StreamHeldError,
    UnsupportedFormatError,
    WrongExpectedVersionError,
)
from earwitness.codec import encode_line, withheld_line
from earwitness.disk import Disk
from earwitness.events import NO_EVENTS
from earwitness.testing import an_event, some_events

EVENTS = some_events(3)
LINES = [encode_line(event) for event in EVENTS]
LARGE = {"image": "x" * (5 << 20), "odd": [b"\xff", "\u2028"]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def store(root: Path) -> JournalEventStore:
    return JournalEventStore(root)


def a_log(store: JournalEventStore, content: bytes = b"".join(LINES)) -> Path:
    """A log that nobody holds, with this content, whatever it is."""
    store.append("s", EVENTS[:1], NO_EVENTS)
    store.release("s")
    path = store.folder("s") / "log.jsonl"
    path.write_bytes(content)
    return path


def read_until_error(store: JournalEventStore) -> tuple[list[Event], LogFormatError]:
    """The events before the damage, and how it is told."""
    read: list[Event] = []
    with pytest.raises(LogFormatError) as caught:
        collections.deque(map(read.append, store.read("s")))
    return read, caught.value


# -- what stands where -------------------------------------------------------------------------


def test_a_log_holds_the_lines_of_its_events_and_nothing_else(store: JournalEventStore):
    store.append("s", EVENTS[:1], NO_EVENTS)
    store.append("s", EVENTS[1:], 0)
    assert (store.folder("s") / "log.jsonl").read_bytes() == b"".join(LINES)


def test_a_session_is_a_folder_of_the_day_of_its_first_event(root: Path):
    store = JournalEventStore(root)
    store.append("call-1", EVENTS, NO_EVENTS)
    assert [str(path.relative_to(root)) for path in root.rglob("*.jsonl")] == [
        "2026-11-18/call-1/log.jsonl"
    ]


def test_the_root_may_be_made_later_and_the_process_may_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    store = JournalEventStore("here")
    assert list(store.streams()) == []
    monkeypatch.chdir("/")
    store.append("s", EVENTS, NO_EVENTS)
    assert (tmp_path / "here").is_dir()


def test_nobody_else_on_the_machine_can_read_any_of_it(root: Path):
    previous = os.umask(0)
    try:
        store = JournalEventStore(root)
        store.append("s" * 1000, [an_event(0, payload=LARGE)], NO_EVENTS)
    finally:
        os.umask(previous)
    paths = [root, *root.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert {path.name for path in paths} > {"log.jsonl", "stream", "blobs"}


def test_what_is_no_session_is_no_stream(store: JournalEventStore, root: Path):
    store.append("s", EVENTS, NO_EVENTS)
    day = store.folder("s").parent
    for name in ("S", "a.b", "a~0123456789abcdef", "%ff", "a" * 200):
        (day / name).mkdir()
        (day / name / "log.jsonl").touch()
    (day / "empty").mkdir()
    (root / "log.jsonl").touch()
    assert list(store.streams()) == ["s"]


def test_a_name_too_long_for_a_folder_is_kept_beside_its_log(root: Path):
    name = "\ud83d" + "a" * 10_000
    JournalEventStore(root).append(name, EVENTS, NO_EVENTS)
    assert list(JournalEventStore(root).streams()) == [name]


def test_another_store_on_the_same_folder_reads_what_was_written(root: Path):
    store, reader = JournalEventStore(root), JournalEventStore(root)
    with pytest.raises(SessionNotFoundError):
        reader.read("s")
    store.append("s", EVENTS, NO_EVENTS)
    assert list(reader.read("s")) == EVENTS
    assert reader.version("s") == 2


def test_a_line_separator_of_unicode_does_not_end_a_line(store: JournalEventStore):
    said = "one\u2028two\u2029three\x85four\x0b\x0cfive\x1c"
    event = an_event(0, payload={"transcript": said})
    store.append("s", [event], NO_EVENTS)
    raw = evolve(event, data='{"transcript":"one\u2028two\x85"}'.encode())
    store.append("s", [evolve(raw, position=1)], 0)
    assert (store.folder("s") / "log.jsonl").read_bytes().count(b"\n") == 2
    first, second = store.read("s")
    assert first.payload["transcript"] == said
    assert second.payload["transcript"] == "one\u2028two\x85"


def test_a_clock_beyond_the_calendar_does_not_keep_a_session_from_being_recorded(
    store: JournalEventStore,
):
    events = [evolve(event, recorded_at=10**19 - 1) for event in EVENTS]
    store.append("s", events, NO_EVENTS)
    assert list(store.read("s")) == events


# -- logs that were damaged --------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 50, len(LINES[2]) - 1])
def test_a_torn_last_line_is_no_event_yet(store: JournalEventStore, kept: int):
    a_log(store, LINES[0] + LINES[1] + LINES[2][:kept])
    assert list(store.read("s")) == EVENTS[:2]
    assert store.version("s") == 1


def test_nothing_is_appended_behind_a_torn_line(store: JournalEventStore):
    torn = LINES[0] + LINES[1] + LINES[2][:50]
    path = a_log(store, torn)
    with pytest.raises(LogFormatError) as caught:
        store.append("s", EVENTS[2:], 1)
    assert caught.value.where == f"{path}, byte {len(LINES[0] + LINES[1])}"
    assert path.read_bytes() == torn


@pytest.mark.parametrize(
    "damage",
    [
        b"\n",
        b"{}\n",
        b"Swordfish\n",
        LINES[0],
        LINES[2],
        LINES[1].replace(b'"n":1', b'"n": 1'),
        LINES[1][:100] + b"\n",
    ],
)
def test_damage_is_told_with_its_line_and_all_before_it_is_read(
    store: JournalEventStore, damage: bytes
):
    path = a_log(store, LINES[0] + damage + LINES[2])
    read, error = read_until_error(store)
    assert read == EVENTS[:1]
    assert error.where.startswith(f"{path}, line 2")
    assert "Sword" not in str(error)


@pytest.mark.parametrize("damage", [LINES[1][:-2] + b"\n", LINES[1][:-1]])
def test_damage_within_a_payload_is_told_by_who_asks_for_it(
    store: JournalEventStore, damage: bytes
):
    a_log(store, LINES[0] + damage + LINES[2])
    event = list(store.read("s"))[1]
    with pytest.raises(LogFormatError):
        event.payload  # noqa: B018


def test_nothing_is_appended_behind_a_last_line_that_is_no_event(store: JournalEventStore):
    path = a_log(store, LINES[0] + b"Swordfish\n")
    with pytest.raises(LogFormatError) as caught:
        store.append("s", EVENTS[1:], 0)
    assert caught.value.where == f"{path}, byte {len(LINES[0])}"
    assert path.read_bytes() == LINES[0] + b"Swordfish\n"


def test_an_empty_log_is_an_empty_stream(store: JournalEventStore):
    a_log(store, b"")
    assert list(store.read("s")) == []
    assert store.append("s", EVENTS, NO_EVENTS) == 2


def test_withheld_lines_are_events_too(store: JournalEventStore):
    a_log(store, LINES[0] + withheld_line(EVENTS[1]) + b"\n" + LINES[2])
    assert list(store.read("s")) == [EVENTS[0], evolve(EVENTS[1], salt=None, data=None), EVENTS[2]]


def test_a_log_of_a_newer_format_is_not_read(store: JournalEventStore):
    path = a_log(store, encode_line(an_event(0, "recording_opened", {"format": 2})))
    with pytest.raises(UnsupportedFormatError) as caught:
        list(store.read("s"))
    assert caught.value.where == str(path)


# -- blobs -------------------------------------------------------------------------------------


@pytest.fixture
def blob(store: JournalEventStore) -> Path:
    """The blob of the large event between two small ones."""
    store.append("s", [EVENTS[0], an_event(1, payload=LARGE), EVENTS[2]], NO_EVENTS)
    [path] = (store.folder("s") / "blobs").iterdir()
    return path


def test_a_large_payload_is_kept_beside_the_log_and_read_with_it(
    store: JournalEventStore, blob: Path
):
    assert list(store.read("s"))[1].payload == LARGE
    assert (store.folder("s") / "log.jsonl").stat().st_size < 2000


def test_a_blob_that_was_changed_is_damage(store: JournalEventStore, blob: Path):
    content = bytearray(blob.read_bytes())
    content[100] ^= 1
    blob.write_bytes(content)
    read, error = read_until_error(store)
    assert read == EVENTS[:1]
    assert error.where == f"{blob}, event 1"


def test_an_event_whose_blob_is_not_there_is_withheld(store: JournalEventStore, blob: Path):
    blob.unlink()
    events = list(store.read("s"))
    assert [event.withheld for event in events] == [False, True, False]


# -- one writer --------------------------------------------------------------------------------


def test_a_stream_has_one_writer_at_a_time(root: Path):
    first, second = JournalEventStore(root), JournalEventStore(root)
    first.append("s", EVENTS[:1], NO_EVENTS)
    with pytest.raises(StreamHeldError) as caught:
        second.append("s", EVENTS[1:], 0)
    assert caught.value.where == str(first.folder("s") / "log.jsonl")
    first.release("s")
    assert second.append("s", EVENTS[1:], 0) == 2
    with pytest.raises(StreamHeldError):
        first.append("s", some_events(1, start=3), 2)


def test_an_append_that_is_refused_takes_no_hold_of_the_stream(root: Path):
    first, second = JournalEventStore(root), JournalEventStore(root)
    first.append("s", EVENTS[:1], NO_EVENTS)
    first.release("s")
    with pytest.raises(WrongExpectedVersionError):
        second.append("s", EVENTS[2:], 1)
    assert first.append("s", EVENTS[1:], 0) == 2


def test_a_stream_may_be_read_while_it_is_held(root: Path):
    store = JournalEventStore(root)
    store.append("s", EVENTS, NO_EVENTS)
    assert list(JournalEventStore(root).read("s")) == EVENTS


# -- a disk that fails -------------------------------------------------------------------------


class Hooked(Disk):
    """A disk whose next call of a name does something else; every later one is done."""

    def __init__(self) -> None:
        self.instead: dict[str, Callable[..., Any]] = {}

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return int(self.instead.pop("write", super().write)(fd, data))

    def truncate(self, fd: int, size: int) -> None:
        self.instead.pop("truncate", super().truncate)(fd, size)

    def fdatasync(self, fd: int) -> None:
        self.instead.pop("fdatasync", super().fdatasync)(fd)


class Stingy(Disk):
    """A disk that takes no more than seven bytes at once."""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return super().write(fd, data[:7])


def full(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "full")


def half(fd: int, data: bytes | memoryview) -> int:
    os.write(fd, data[: len(data) // 2])
    raise OSError(errno.EIO, "broken half way")


@pytest.fixture
def disk() -> Hooked:
    return Hooked()


def test_a_write_that_takes_few_bytes_at_once_is_completed(root: Path):
    store = JournalEventStore(root, disk=Stingy())
    store.append("s" * 1000, EVENTS, NO_EVENTS)
    assert list(store.read("s" * 1000)) == EVENTS


@pytest.mark.parametrize("failure", [full, half])
@pytest.mark.parametrize("first", [True, False])
def test_a_write_that_fails_leaves_nothing(
    root: Path, disk: Hooked, failure: Callable[..., int], first: bool
):
    store = JournalEventStore(root, disk=disk)
    before = [] if first else EVENTS[:1]
    if before:
        store.append("s", before, NO_EVENTS)
    version = len(before) - 1
    rest = EVENTS[len(before) :]
    disk.instead["write"] = failure
    with pytest.raises(OSError, match=r"full|broken"):
        store.append("s", rest, version)
    assert list(store.read("s")) == before
    assert store.version("s") == version
    assert store.append("s", rest, version) == 2
    assert (store.folder("s") / "log.jsonl").read_bytes() == b"".join(LINES)


def test_a_torn_line_that_could_not_be_undone_is_undone_before_the_next(root: Path, disk: Hooked):
    store = JournalEventStore(root, disk=disk)
    store.append("s", EVENTS[:1], NO_EVENTS)
    disk.instead |= {"write": half, "truncate": full}
    with pytest.raises(OSError, match="broken half way"):
        store.append("s", EVENTS[1:2], 0)
    assert list(store.read("s")) == EVENTS[:1]
    store.append("s", EVENTS[1:], 0)
    assert (store.folder("s") / "log.jsonl").read_bytes() == b"".join(LINES)


def test_a_stream_is_given_up_even_if_its_last_sync_fails(root: Path, disk: Hooked):
    store = JournalEventStore(root, disk=disk)
    store.append("s", EVENTS[:1], NO_EVENTS)
    disk.instead["fdatasync"] = full
    store.release("s")
    assert JournalEventStore(root).append("s", EVENTS[1:], 0) == 2


def test_an_append_tells_its_own_version_whoever_appends_behind_it(
    store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
):
    def append_behind(*_: Any, **__: Any) -> None:
        assert store.append("s", EVENTS[1:], 0) == 2

    # What an append does last, when it has let go of the stream's lock already.
    monkeypatch.setattr("earwitness.stores.journal.keeper.submit", append_behind)
    assert store.append("s", EVENTS[:1], NO_EVENTS) == 0
