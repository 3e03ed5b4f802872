"""The end of a log, read backwards: what the last event is, and whether a line was torn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..codec import decode_line
from ..events import ADDED_AFTER_CLOSE, NO_EVENTS, Event, RecordingClosed
from ..exceptions import LogFormatError

_STEP: Final = 1 << 16


def whole_lines(fd: int) -> int:
    """How many bytes of a log are whole lines; behind them stands a torn one."""
    size = os.fstat(fd).st_size
    end = size
    while end > 0:
        start = max(0, end - _STEP)
        feed = os.pread(fd, end - start, start).rfind(b"\n")
        if feed >= 0:
            return start + feed + 1
        end = start
    return 0


def last_position(fd: int, size: int, path: Path) -> int:
    """The position of the last event in a log's first ``size`` bytes, -1 if there is none.

    Raises:
        LogFormatError: the last line is torn, or is not an event.
    """
    whole = whole_lines(fd)
    if whole < size:
        raise LogFormatError(
            "The log's last line is unfinished: its recorder died while writing it.",
            where=f"{path}, byte {whole}",
            expected="a line feed at the end",
            got=f"{size - whole} bytes without one",
            hint="`earwitness recover` keeps the fragment beside the log and closes the session.",
        )
    for event in last_events(fd, size, path):
        return event.position
    return NO_EVENTS


def is_closed(fd: int, path: Path) -> bool:
    """True if a log was closed, whatever was added to it since."""
    whole = whole_lines(fd)
    if whole < os.fstat(fd).st_size:
        return False
    for event in last_events(fd, whole, path):
        if event.type not in ADDED_AFTER_CLOSE:
            return event.type == RecordingClosed.TAG
    return False


def last_events(fd: int, size: int, path: Path) -> Iterator[Event]:
    """The events in a log's first ``size`` bytes, all of them whole lines, the last one first.

    Raises:
        LogFormatError: a line is not an event; those behind it have been yielded.
    """
    for start, line in _lines_backwards(fd, size):
        yield decode_line(line, where=f"{path}, byte {start}")


def _lines_backwards(fd: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Each line and where it begins; ``held`` is what stands from ``start`` to the last one."""
    held, start = b"", size
    while start > 0 or held:
        feed = held[:-1].rfind(b"\n")
        if feed < 0 and start > 0:
            step = min(_STEP, start)
            start -= step
            held = os.pread(fd, step, start) + held
        else:
            yield start + feed + 1, held[feed + 1 : -1]
            held = held[: feed + 1]
