"""A file system that is really full, and then is not."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness.disk import Disk
from tests.faults.logs import find_log
from tests.faults.telephone import Call
from tests.faults.zygote import Line, Zygote

SIZE = 256 << 10
"""Bytes of the file system, or of the largest file that a process may write."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a quarter of a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "earwitness", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system may be mounted here: {error}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_call_goes_on_while_the_file_system_is_full(small_disk: Path) -> None:
    call = await Call(small_disk / "recordings", Disk(), sync="interval").start()
    await call.turn()
    ballast = small_disk / "ballast"
    fill(ballast)
    while call.recorder.health.ok:
        await call.turn()
    await call.turn(3)
    assert call.recorder.health.error == "OSError ENOSPC"
    ballast.unlink()
    await call.turn()
    await call.operator.is_calm()
    assert call.recorder.health.ok
    await call.end()
    log = call.check_log()
    assert len(log.of_type("store_restored")) == 1
    assert call.operator.news() == ["recording_failing", "recording_restored"]


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_call_goes_on_when_its_log_may_not_grow(zygote: Zygote, tmp_path: Path) -> None:
    child = zygote.child(limited_call, tmp_path)
    said = child.heard("whole")
    assert said == ["failing OSError EFBIG", "whole"]
    assert child.ended() == 0, child.errors
    child.close()


def limited_call(line: Line, root: Path) -> None:
    """A call whose files may have a quarter of a megabyte, until they may have more."""

    async def converse() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, hard))
        call = await Call(root, Disk(), sync="interval").start()
        while call.recorder.health.ok:
            await call.turn()
        line.say(f"failing {call.recorder.health.error}")
        await call.turn(3)
        assert find_log(root) is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await call.turn()
        await call.end()
        call.check_log()
        line.say("whole")

    asyncio.run(converse())
