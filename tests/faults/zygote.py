"""A process that has imported everything, and forks a child for every task.

To import LiveKit takes seconds, to fork milliseconds. The process runs no thread and no event
loop, so each child begins like a process that was started for its task, and ends like one.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

Task = Callable[..., None]


class Line:
    """A child's line to its test: what was said on it is there, even if the child is killed."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire

    def say(self, words: str) -> None:
        os.write(self._wire.fileno(), words.encode() + b"\n")

    def wait(self) -> None:
        """Until the test says that the child may go on."""
        self._wire.recv(1)


class Child:
    """A process under test. Its line ends when it and whatever it forked are gone."""

    def __init__(self, pid: int, wire: socket.socket, errors: Path, zygote: Zygote) -> None:
        self.pid = pid
        self._wire = wire
        self._reader = wire.makefile("rb")
        self._errors = errors
        self._zygote = zygote

    def lines(self) -> Iterator[str]:
        """What it says, until its end. A last line without an end was never said."""
        for line in self._reader:
            if line.endswith(b"\n"):
                yield line[:-1].decode()

    def heard(self, words: str) -> list[str]:
        """What it says until these words, inclusive."""
        said = []
        for line in self.lines():
            said.append(line)
            if line == words:
                return said
        raise AssertionError(f"it ended before it said {words!r}:\n{self.errors}")

    def go_on(self) -> None:
        self._wire.send(b".")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.pid, how)

    def ended(self) -> int:
        """How it ended, as ``os.waitstatus_to_exitcode`` says it."""
        return self._zygote.wait_for(self.pid)

    @property
    def errors(self) -> str:
        return self._errors.read_text(errors="replace")

    def close(self) -> None:
        self._reader.close()
        self._wire.close()


class Zygote:
    """The test's side of it. May be asked from several threads."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        self._asking = threading.Lock()
        self._children = 0
        self._requests, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
        )
        theirs.close()

    def child(self, task: Task, *arguments: Any) -> Child:
        """A new process that runs a task of some module, given its line and the arguments."""
        ours, theirs = socket.socketpair()
        with self._asking:
            self._children += 1
            errors = self._errors / f"child-{self._children}.txt"
            self._requests.send((task, arguments, errors))
            send_handle(self._requests, theirs.fileno(), self._process.pid)
            theirs.close()
            pid = self._requests.recv()
        return Child(pid, ours, errors, self)

    def wait_for(self, pid: int) -> int:
        with self._asking:
            self._requests.send(pid)
            code: int = self._requests.recv()
        return code

    def close(self) -> None:
        self._requests.close()
        self._process.wait()


def serve(requests: Connection) -> Callable[[], None] | None:
    """Answer requests; returns, in a child, what it has to do."""
    while True:
        try:
            request = requests.recv()
        except EOFError:
            return None
        if isinstance(request, int):
            requests.send(os.waitstatus_to_exitcode(os.waitpid(request, 0)[1]))
            continue
        wire = socket.socket(fileno=recv_handle(requests))
        pid = os.fork()
        if not pid:
            requests.close()
            return lambda: begin(wire, *request)
        wire.close()
        requests.send(pid)


def begin(wire: socket.socket, task: Task, arguments: tuple[Any, ...], errors: Path) -> None:
    output = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    task(Line(wire), *arguments)


if __name__ == "__main__":
    import tests.faults.calls  # noqa: F401 - what children need is imported here, once

    gc.freeze()  # so that no child looks through all of it again, at its end for instance
    if (job := serve(Connection(int(sys.argv[1])))) is not None:
        job()
