"""A log whose end was torn, zeroed or scrambled is recovered up to its last whole line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.disks import HastyDisk
from tests.faults.logs import find_log
from tests.faults.rounds import dice
from tests.faults.survival import check_recovery, leave

BLOCK = 4096
"""Bytes: what a file system hands out at a time, and zeroes if the power fails in between."""


def recover_and_check(root: Path, log: bytes) -> None:
    leave(root, log)
    left = find_log(root)
    assert left is not None
    check_recovery(root, left, HastyDisk())


@pytest.mark.parametrize("closed", [False, True], ids=["in mid call", "closed"])
def test_a_log_may_be_cut_at_any_byte_of_its_last_three_lines(
    closed: bool, call_log: list[bytes], tmp_path: Path
) -> None:
    lines = call_log if closed else call_log[:-3]
    whole = b"".join(lines)
    for end in range(len(b"".join(lines[:-3])), len(whole)):
        recover_and_check(tmp_path / str(end), whole[:end])


def test_a_log_may_be_cut_in_its_first_line(call_log: list[bytes], tmp_path: Path) -> None:
    """Nobody had been told that anything was recorded; what there is becomes a closed recording."""
    for end in range(0, len(call_log[0]) + 1, 100):
        recover_and_check(tmp_path / str(end), call_log[0][:end])


@pytest.mark.parametrize("size", [1, 17, BLOCK, 40 * BLOCK])
@pytest.mark.parametrize("part", [0, 40], ids=["after a line", "within a line"])
def test_zeroes_at_the_end_are_a_torn_line(
    part: int, size: int, call_log: list[bytes], tmp_path: Path
) -> None:
    """As a power cut leaves them on ext4: the size had been written, the data had not."""
    recover_and_check(tmp_path, b"".join(call_log[:-3]) + call_log[-3][:part] + bytes(size))


@pytest.mark.parametrize("size", [1, 17, BLOCK, 40 * BLOCK])
def test_scrambled_bytes_at_the_end_are_a_torn_line(
    size: int, call_log: list[bytes], tmp_path: Path
) -> None:
    scrambled = dice("scrambled", size).randbytes(size).replace(b"\n", b"\r")
    recover_and_check(tmp_path, b"".join(call_log[:-3]) + scrambled)
