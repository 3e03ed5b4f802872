"""Where a finished report goes.

A sink is any callable that takes a :class:`SessionReport`, async or not. Each runs on its own and
has a deadline, so one that fails or hangs stops neither the others nor ``finalize``.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, Final

import structlog

from .disk import Disk, make_folders, write_durably
from .events import SinkFailed
from .projections.report import SessionReport
from .stores.names import folder_name

Sink = Callable[[SessionReport], Awaitable[None] | None]

REPORT_NAME: Final = "report.json"
DEFAULT_DEADLINE_SECONDS: Final = 5.0


class FileSink:
    """Writes each report, all or nothing, to ``<folder>/<session id>.json``.

    The journal keeps ``report.json`` beside each log without this; it is for a second place.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser().absolute()

    def __call__(self, report: SessionReport) -> None:
        disk = Disk()
        make_folders(disk, self.folder)
        path = self.folder / f"{folder_name(report.session_id)}.json"
        write_durably(disk, path, report.to_json())


class LogSink:
    """Writes each report as one structlog line, ``session_report``.

    Args:
        logger: a structlog logger; by default the one named ``earwitness``.
        content: also what was said: events and chat history. Left out unless asked for.
    """

    def __init__(self, logger: Any = None, *, content: bool = False) -> None:
        self._logger = logger if logger is not None else structlog.get_logger("earwitness")
        self._content = content

    def __call__(self, report: SessionReport) -> None:
        shown = report.to_dict(include_chat_history=self._content, include_events=self._content)
        self._logger.info("session_report", session=report.session_id, report=shown)


def sink_name(sink: Sink) -> str:
    """What a sink is called in the log."""
    return getattr(sink, "__qualname__", None) or type(sink).__qualname__


def deliver(
    sinks: Sequence[Sink],
    report: SessionReport,
    *,
    loop: asyncio.AbstractEventLoop | None,
    deadline: float,
) -> list[SinkFailed]:
    """Give a report to every sink at once and say which did not take it.

    Blocks, for ``deadline`` seconds at most; not to be called on an event loop.

    Args:
        loop: where async sinks run. One that is closed, or None: on a new one.
        deadline: seconds that each sink has.
    """
    runs = [(sink_name(sink), _start(sink, report, loop)) for sink in sinks]
    wait([run for _, run in runs], timeout=deadline)
    failed = []
    for name, run in runs:
        if not run.done():
            failed.append(SinkFailed(sink=name, error="DeadlineExceeded"))
        elif (error := run.exception()) is not None:
            failed.append(SinkFailed(sink=name, error=type(error).__name__))
    return failed


def _start(
    sink: Sink, report: SessionReport, loop: asyncio.AbstractEventLoop | None
) -> Future[None]:
    run: Future[None] = Future()

    def body() -> None:
        try:
            waiting = sink(report)
            if inspect.isawaitable(waiting):
                _wait_for(waiting, loop)
        except BaseException as error:
            run.set_exception(error)
        else:
            run.set_result(None)

    try:
        # A daemon: a sink that never returns must not keep the process from ending.
        threading.Thread(target=body, name="earwitness-sink", daemon=True).start()
    except RuntimeError:  # the interpreter starts no threads at its end
        body()
    return run


def _wait_for(waiting: Awaitable[None], loop: asyncio.AbstractEventLoop | None) -> None:
    async def awaited() -> None:
        await waiting

    if loop is None or not loop.is_running():
        asyncio.run(awaited())
    else:
        asyncio.run_coroutine_threadsafe(awaited(), loop).result()
