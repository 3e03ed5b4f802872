"""Work that must not happen on the call's event loop.

Two lanes. :data:`scribe` does small jobs, one after the other, on one thread: audit lines and
syncs. :func:`run_aside` is for the end of a session, several at a time. The interpreter waits for
both when it exits, and a forked child begins with neither.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

_EXIT_PATIENCE_SECONDS: Final = 5.0
_FINALIZERS: Final = 4

_log = logging.getLogger("earwitness")

T = TypeVar("T")
Job = Callable[[], None]


class Scribe:
    """One daemon thread and its queue of small jobs, started when the first one comes."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def submit(self, job: Job) -> None:
        """Have a job done soon, after those before it. What it raises is logged."""
        self._jobs.put(job)
        if self._thread is None:
            self._start()

    def flush(self, timeout: float = _EXIT_PATIENCE_SECONDS) -> bool:
        """Wait until every job submitted so far is done; False if that took too long.

        Args:
            timeout: seconds to wait.
        """
        if self._thread is None or self._thread is threading.current_thread():
            return True
        done = threading.Event()
        self._jobs.put(done.set)
        return done.wait(timeout)

    def forget(self) -> None:
        """Begin anew in a forked child, where the thread does not exist."""
        self.__init__()  # type: ignore[misc]

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="earwitness-scribe", daemon=True)
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                _log.exception("a background job of Earwitness failed")


scribe: Final = Scribe()
_finalizers: ThreadPoolExecutor | None = None


def run_aside(job: Callable[[], T]) -> Future[T]:
    """Run a job on a thread of its own; at the interpreter's very end, here and now."""
    global _finalizers
    try:
        if _finalizers is None:
            _finalizers = ThreadPoolExecutor(_FINALIZERS, thread_name_prefix="earwitness-finalize")
        return _finalizers.submit(job)
    except RuntimeError:  # no thread may be started any more
        return _run_now(job)


def _run_now(job: Callable[[], T]) -> Future[T]:
    done: Future[T] = Future()
    try:
        done.set_result(job())
    except BaseException as error:
        done.set_exception(error)
    return done


def _begin_anew() -> None:
    global _finalizers
    _finalizers = None
    scribe.forget()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(scribe.flush)
