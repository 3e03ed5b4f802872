"""A job under LiveKit's own supervisor is killed in mid call."""

from __future__ import annotations

import inspect
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from livekit import agents

from earwitness import JournalEventStore
from tests.faults import front_desk
from tests.faults.front_desk import LIVEKITS_REPORT, SHORT_CALL, folder_of
from tests.faults.logs import find_log
from tests.faults.survival import Word, check_nothing_lost, check_survival, reported
from tests.faults.tally import tally
from tests.faults.zygote import ROOT

SERVER = getattr(agents, "AgentServer", None)
pytestmark = pytest.mark.skipif(
    "fake_job" not in inspect.signature(getattr(SERVER, "simulate_job", str.strip)).parameters,
    reason="this SDK runs no jobs without a server",
)
PATIENCE = 60.0
"""Seconds for a server to start and to start a job, which takes less than ten."""
ENOUGH = 60
"""Events of a call that is long under way."""


class Job:
    """A job's process, on the line."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._lines = wire.makefile("r")
        pid, self.room = self._lines.readline().strip().split(maxsplit=1)
        self.pid = int(pid)
        self.word = Word()

    def listen(self, until: int | None = None) -> None:
        """To the end of the process, or until it has said that so many events were emitted."""
        for line in self._lines:
            self.word.take(line)
            if len(self.word.emitted) == until:
                return
        self._lines.close()
        self._wire.close()


class Desk:
    """The server's process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._line = socket.create_server(("127.0.0.1", 0))
        self._line.settimeout(PATIENCE)
        address = str(self._line.getsockname()[1])
        with (folder / "errors").open("w") as errors:
            self._server = subprocess.Popen(
                [sys.executable, "-m", front_desk.__name__, address, str(folder)],
                stdin=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                text=True,
            )

    def call(self, room: str) -> Job:
        assert self._server.stdin is not None
        folder_of(room, self.folder).mkdir()
        self._server.stdin.write(f"{room}\n")
        self._server.stdin.flush()
        try:
            wire, _ = self._line.accept()
        except TimeoutError:
            pytest.fail(f"no job was started:\n{(self.folder / 'errors').read_text()}")
        return Job(wire)

    def close(self) -> None:
        """Shut the server down, and wait until none of its processes is left."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        assert self._server.wait() == 0
        self._line.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()


def test_the_kill_that_takes_livekits_report_leaves_ours(desk: Desk) -> None:
    """And a call that nobody kills, in the same server, leaves both."""
    job = desk.call("long call")
    job.listen(until=ENOUGH)
    os.kill(job.pid, signal.SIGKILL)
    job.listen()
    tally.add(kills=1)

    control = desk.call(SHORT_CALL)
    control.listen()
    theirs = json.loads((folder_of(SHORT_CALL, desk.folder) / LIVEKITS_REPORT).read_text())
    assert ours(desk, control)["events"] == theirs["events"]

    folder = folder_of(job.room, desk.folder)
    assert [path.name for path in folder.iterdir()] == ["recordings"]
    done = check_survival(folder / "recordings", job.word)
    assert done is not None
    assert done.outcome == "recovered"
    assert not (folder / LIVEKITS_REPORT).exists()


def ours(desk: Desk, job: Job) -> Any:
    """The report of a job that ended well."""
    root = folder_of(job.room, desk.folder) / "recordings"
    log = find_log(root)
    assert log is not None
    check_nothing_lost(log, job.word)
    report = JournalEventStore(root).report("call")
    assert report.data["events"] == reported(log.entries)
    return report.data


def test_a_job_that_is_terminated_loses_nothing(desk: Desk) -> None:
    """Whatever the installed SDK makes of SIGTERM: nothing, a shutdown or a sudden death."""
    job = desk.call("terminated call")
    job.listen(until=ENOUGH)
    os.kill(job.pid, signal.SIGTERM)
    job.listen(until=10 * ENOUGH)
    if len(job.word.emitted) == 10 * ENOUGH:
        os.kill(job.pid, signal.SIGKILL)
        job.listen()
    tally.add(kills=1)
    check_survival(folder_of(job.room, desk.folder) / "recordings", job.word)
