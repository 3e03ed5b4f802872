"""Work that must not happen on the call's event loop.

:data:`scribe` writes audit lines, :data:`keeper` looks after the disk, each one job after the
other on a thread of its own, so that neither a slow log handler nor a slow disk holds up the
other. :func:`run_aside` is for the end of a session, many at a time, of which those that work take
turns. The interpreter waits for all of them when it exits, and a forked child begins with none.
:func:`run_beside` is for what nobody waits for.
"""

from __future__ import annotations

import atexit
import contextlib
import heapq
import itertools
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_EXIT_PATIENCE_SECONDS: Final = 5.0
# Most of them wait: for a disk, or for a sink that hangs.
_FINALIZERS: Final = 128
_AT_WORK: Final = 4
_BREATH_SECONDS: Final = 0.0005
_PAUSE_SECONDS: Final = 0.00005

_log = logging.getLogger("earwitness")

T = TypeVar("T")
Job = Callable[[], object]
_Due = tuple[float, int, Job]


class Worker:
    """One daemon thread and its small jobs, started when the first one comes.

    Args:
        name: the thread's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[_Due] = queue.SimpleQueue()
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._starting = threading.RLock()

    def submit(self, job: Job, delay: float = 0.0) -> None:
        """Have a job done, after those that are due before it. What it raises is logged.

        Args:
            job: takes no arguments.
            delay: seconds to wait first.
        """
        due = time.monotonic() + delay if delay else 0.0
        self._jobs.put((due, next(self._order), job))
        if self._thread is None:
            self._start()

    @property
    def is_at_work(self) -> bool:
        """True if it has its thread."""
        return self._thread is not None

    def flush(self, timeout: float = _EXIT_PATIENCE_SECONDS) -> bool:
        """Wait until every job that is due by now is done; False if that took too long.

        Args:
            timeout: seconds to wait.
        """
        if self._thread is None or self._thread is threading.current_thread():
            return True
        done = threading.Event()
        self.submit(done.set)
        return done.wait(timeout)

    def begin_anew(self) -> None:
        """For a forked child, where the thread does not exist and the jobs are the parent's."""
        Worker.__init__(self, self._name)

    def _start(self) -> None:
        # Not waited for: a signal handler may submit while this very thread is starting it.
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
        except RuntimeError:  # no thread can be started now; the next job tries again
            return
        finally:
            self._starting.release()

    def _work(self) -> None:
        waiting: list[_Due] = []
        while True:
            for job in self._due(waiting):
                try:
                    job()
                except BaseException as error:  # the thread is not the job's to end
                    _log.error("a job of %s failed: %s", self._name, type(error).__name__)

    def _due(self, waiting: list[_Due]) -> list[Job]:
        """Wait for something to do; takes in what was submitted meanwhile."""
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        try:
            heapq.heappush(waiting, self._jobs.get(timeout=patience))
            while True:
                heapq.heappush(waiting, self._jobs.get_nowait())
        except queue.Empty:
            pass
        due = []
        while waiting and waiting[0][0] <= time.monotonic():
            due.append(heapq.heappop(waiting)[2])
        return due


scribe: Final = Worker("earwitness-scribe")
keeper: Final = Worker("earwitness-keeper")
_finalizers: ThreadPoolExecutor | None = None
_turns = threading.BoundedSemaphore(_AT_WORK)


def in_turn() -> contextlib.AbstractContextManager[object]:
    """What a finalizer does in here keeps a processor busy, so that few of them do at a time."""
    return _turns


def breathing(steps: Iterable[T]) -> Iterator[T]:
    """The steps of long work, with pauses in which other threads get to work.

    Python itself lets a thread that wants to run wait for 5 milliseconds, each time it wants to:
    for the thread of a call that is a stumble. Here it waits for a tenth of that.
    """
    since = time.perf_counter()
    for step in steps:
        yield step
        if time.perf_counter() - since > _BREATH_SECONDS:
            breathe()
            since = time.perf_counter()


def breathe() -> None:
    """Let other threads get to work, before a step that leaves them no pause."""
    time.sleep(_PAUSE_SECONDS)


def run_aside(job: Job) -> None:
    """Run a job on a thread of its own. If none can be started: on the keeper's where an event
    loop runs, else here and now, as at the interpreter's very end.

    Not to be called from a finalizer: it may run inside of this very call. Those submit.
    """
    global _finalizers
    once = [job]  # a pool that can start no thread may keep the job, and do it with the next one

    def do() -> None:
        if once:
            once.pop()()

    try:
        if _finalizers is None:
            _finalizers = ThreadPoolExecutor(_FINALIZERS, thread_name_prefix="earwitness-finalize")
        _finalizers.submit(do)
    except RuntimeError:  # no thread may be started any more
        if keeper.is_at_work and _is_on_a_loop():
            keeper.submit(do)
        else:
            do()


def run_beside(job: Job) -> None:
    """Run a job on a thread that ends with the process, wherever it is; or not at all."""
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=job, name="earwitness-beside", daemon=True).start()


def _is_on_a_loop() -> bool:
    if "asyncio" not in sys.modules:  # which takes a command longer to import than all of this
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _begin_anew() -> None:
    global _finalizers, _turns
    _finalizers, _turns = None, threading.BoundedSemaphore(_AT_WORK)
    scribe.begin_anew()
    keeper.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(scribe.flush)
atexit.register(keeper.flush)
