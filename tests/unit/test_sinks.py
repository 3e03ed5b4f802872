"""A finished report goes to every sink, and none of them can hold up the others."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from earwitness import FileSink, LogSink, SessionReport
from earwitness.events import SinkFailed
from earwitness.sinks import Sink, deliver, sink_name

REPORT = SessionReport("call-1", {"a": 1, "events": ["said"], "chat_history": {"items": ["said"]}})
SOON = 0.05
LATE = 30.0


class Taker:
    """A sink that remembers the reports it took, and on which thread it did."""

    def __init__(self) -> None:
        self.taken: list[SessionReport] = []
        self.thread: int | None = None

    def __call__(self, report: SessionReport) -> None:
        self.taken.append(report)
        self.thread = threading.get_ident()


class AsyncTaker(Taker):
    async def __call__(self, report: SessionReport) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().__call__(report)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Waited for by what hangs; set at the end, so that no thread is left behind."""
    event = threading.Event()
    yield event
    event.set()


def given_to(*sinks: Sink, deadline: float = LATE) -> list[SinkFailed]:
    return deliver(sinks, REPORT, loop=None, deadline=deadline)


def failing(report: SessionReport) -> None:
    raise ValueError("said")


async def failing_async(report: SessionReport) -> None:
    raise ValueError("said")


def test_every_sink_takes_the_report():
    sinks = [Taker(), AsyncTaker(), Taker()]
    assert given_to(*sinks) == []
    assert [sink.taken for sink in sinks] == [[REPORT]] * 3


def test_without_sinks_there_is_nothing_to_do():
    assert given_to(deadline=0.0) == []


def test_a_failing_sink_is_told_by_the_type_of_its_error_alone():
    taker = Taker()
    assert given_to(failing, failing_async, taker) == [
        SinkFailed(sink="failing", error="ValueError"),
        SinkFailed(sink="failing_async", error="ValueError"),
    ]
    assert taker.taken == [REPORT]


@pytest.mark.parametrize(
    "error", [SystemExit(), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()]
)
def test_a_sink_may_raise_anything(error: BaseException):
    def fail(report: SessionReport) -> None:
        raise error

    [failure] = given_to(fail)
    assert failure.error == type(error).__name__


def test_a_hanging_sink_has_its_deadline_and_the_others_have_theirs(never: threading.Event):
    def hang(report: SessionReport) -> None:
        never.wait()

    async def hang_async(report: SessionReport) -> None:
        await asyncio.to_thread(never.wait)

    taker = Taker()
    failed = given_to(hang, hang_async, taker, deadline=SOON)
    assert [failure.error for failure in failed] == ["DeadlineExceeded"] * 2
    assert taker.taken == [REPORT]


def test_a_sink_may_return_what_is_to_be_awaited():
    taker = AsyncTaker()

    def begin(report: SessionReport) -> Awaitable[None]:
        return taker(report)  # type: ignore[func-returns-value,return-value]

    assert given_to(begin) == []
    assert taker.taken == [REPORT]


def test_a_sink_may_return_anything_else():
    assert given_to(lambda report: 5) == []  # type: ignore[arg-type,return-value]


async def test_an_async_sink_runs_on_the_loop_of_the_session():
    taker, loop = AsyncTaker(), asyncio.get_running_loop()
    given = partial(deliver, [taker], REPORT, loop=loop, deadline=LATE)
    assert await asyncio.to_thread(given) == []
    assert taker.thread == threading.get_ident()


async def test_an_async_sink_that_fails_on_the_loop_is_told():
    loop = asyncio.get_running_loop()
    given = partial(deliver, [failing_async], REPORT, loop=loop, deadline=LATE)
    assert await asyncio.to_thread(given) == [SinkFailed(sink="failing_async", error="ValueError")]


def test_an_async_sink_runs_on_a_new_loop_when_the_sessions_is_closed():
    loop = asyncio.new_event_loop()
    loop.close()
    taker = AsyncTaker()
    assert deliver([taker], REPORT, loop=loop, deadline=LATE) == []
    assert taker.taken == [REPORT]


def test_a_sink_is_served_when_no_thread_may_be_started_any_more(monkeypatch: pytest.MonkeyPatch):
    """As while the interpreter ends."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert given_to(taker := Taker()) == []
    assert len(taker.taken) == 1


def test_sinks_are_called_by_their_names():
    assert sink_name(failing) == "failing"
    assert sink_name(FileSink("/tmp")) == "FileSink"
    assert sink_name(partial(failing)) == "partial"


# -- the sinks that ship with Earwitness -------------------------------------------------------


def test_a_file_sink_writes_the_report_into_a_folder_that_it_makes(tmp_path: Path):
    folder = tmp_path / "reports" / "here"
    assert given_to(FileSink(folder)) == []
    assert (folder / "call-1.json").read_bytes() == REPORT.to_json()


@pytest.mark.parametrize("session_id", ["../../out", "", "/out", "a" * 10_000])
def test_a_file_sink_never_writes_elsewhere(session_id: str, tmp_path: Path):
    FileSink(tmp_path / "reports")(SessionReport(session_id, {}))
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]
    assert len(list((tmp_path / "reports").iterdir())) == 1


def test_a_file_sink_replaces_the_report_of_before(tmp_path: Path):
    for number in (1, 2):
        FileSink(tmp_path)(SessionReport("a", {"number": number}))
    assert json.loads((tmp_path / "a.json").read_bytes()) == {"number": 2}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_sink_that_cannot_write_has_failed(tmp_path: Path):
    (tmp_path / "reports").write_text("a file")
    [failure] = given_to(FileSink(tmp_path / "reports"))
    assert failure.sink == "FileSink"


@pytest.mark.parametrize(
    ("content", "told"),
    [(False, {"a": 1}), (True, REPORT.data)],
)
def test_a_log_sink_writes_one_line_and_what_was_said_only_if_asked(
    content: bool, told: dict[str, Any]
):
    with structlog.testing.capture_logs() as lines:
        LogSink(content=content)(REPORT)
    assert lines == [
        {"event": "session_report", "log_level": "info", "session": "call-1", "report": told}
    ]


def test_a_log_sink_writes_to_the_logger_it_is_given():
    with structlog.testing.capture_logs() as lines:
        LogSink(structlog.get_logger().bind(tenant="t"))(REPORT)
    assert [line["tenant"] for line in lines] == ["t"]
