"""Recorders without a session, and threads that keep them busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from earwitness import EventStore, SessionRecorder
from earwitness.background import keeper
from earwitness.events import FORMAT_VERSION, RecordingOpened

THREADS = 8

_OPENED = RecordingOpened(
    format=FORMAT_VERSION,
    session_id="call",
    earwitness="",
    sdk={},
    host={},
    clock={},
    job={},
    report={"events": []},
)


def new_recorder(store: EventStore) -> SessionRecorder:
    return SessionRecorder(store, _OPENED, audit=False)


def catch_up(recorder: SessionRecorder) -> None:
    """Wait until what waited for the store is in it."""
    assert keeper.flush()
    assert recorder.health.ok


@contextmanager
def everybody_talking(recorder: SessionRecorder) -> Iterator[dict[int, int]]:
    """Threads that record without a pause; how much each had recorded in the end."""
    hush = threading.Event()
    spoken: dict[int, int] = {}

    def speak(thread: int) -> None:
        for number in count():
            if hush.is_set() or recorder.record("said", b"[%d,%d]" % (thread, number)) < 0:
                spoken[thread] = number
                return

    with ThreadPoolExecutor(THREADS) as pool:
        for thread in range(THREADS):
            pool.submit(speak, thread)
        try:
            yield spoken
        finally:
            hush.set()
