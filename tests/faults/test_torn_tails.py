"""A log whose end was torn, zeroed or scrambled is recovered up to its last whole line."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.disk import Disk
from tests.faults.logs import find_log
from tests.faults.survival import check_recovery
from tests.livekit.recording import recorded

BLOCK = 4096
"""Bytes: what a file system hands out at a time, and zeroes when the power fails in between."""


class HastyDisk(Disk):
    """Waits for nothing: here nobody pulls the plug."""

    def fsync(self, fd: int) -> None:
        return

    fdatasync = fsync


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a recorded call."""
    root = tmp_path_factory.mktemp("whole")

    async def call() -> None:
        play = await recorded("handoff", JournalEventStore(root))
        await play.recorder.finalize()

    asyncio.run(call())
    log = find_log(root)
    assert log is not None
    return log.whole.splitlines(keepends=True)


def leave(root: Path, log: bytes) -> None:
    """Put a log where a recorder would have left it."""
    folder = root / "2026-11-23" / "call"
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_bytes(log)


def recover_and_check(root: Path, log: bytes) -> None:
    leave(root, log)
    left = find_log(root)
    assert left is not None
    check_recovery(root, left, HastyDisk())


def test_a_log_cut_at_any_byte_of_its_last_lines_keeps_what_is_whole(
    lines: list[bytes], tmp_path: Path
) -> None:
    for number, end in enumerate(range(len(b"".join(lines[:-6])), len(b"".join(lines[:-3])))):
        recover_and_check(tmp_path / str(number), b"".join(lines)[:end])
