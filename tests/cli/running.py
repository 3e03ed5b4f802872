"""Running commands, and recording the sessions that they read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from earwitness import JournalEventStore, SessionRecorder
from earwitness.cli import main
from earwitness.events import RecordingOpened

EARWITNESS = [sys.executable, "-c", "from earwitness.cli import main; main()"]


@dataclass
class Ran:
    """What a command printed, and what it exited with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        assert self.code == 0, self.err
        return [line.rstrip() for line in self.out.splitlines()]

    def section(self, title: str) -> list[str]:
        """The lines below a title, up to the next empty line."""
        below = self.lines[self.lines.index(title) + 1 :]
        return below[: below.index("")] if "" in below else below


Run = Callable[..., Ran]


def ran(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Ran:
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    printed = capsys.readouterr()
    return Ran(int(exit.value.code or 0), printed.out, printed.err)


def process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line in a process of its own."""
    return subprocess.run(
        [*EARWITNESS, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def begin(store: JournalEventStore, session_id: str, **facts: Any) -> SessionRecorder:
    """A recording under way, of a session that has said nothing yet."""
    known: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {}, "report": {}}
    opened = RecordingOpened(format=1, session_id=session_id, earwitness="0", **known | facts)
    return SessionRecorder(store, opened, audit=False)


def say(recorder: SessionRecorder, type: str, **payload: Any) -> None:
    """Has the session emit an event."""
    event = {"type": type, "created_at": time.time()} | payload
    recorder.record(type, json.dumps(event).encode())


def record(store: JournalEventStore, session_id: str, *said: str, **facts: Any) -> None:
    """A closed session in which the user said these things."""
    recorder = begin(store, session_id, **facts)
    for number, text in enumerate(said):
        item = {"id": str(number), "type": "message", "role": "user", "content": [text]}
        say(recorder, "conversation_item_added", item=item | {"created_at": time.time()})
    recorder.close("user_initiated").result()


def damage(store: JournalEventStore, session_id: str) -> None:
    """Overwrites the second line of a session's log."""
    log = store.folder(session_id) / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([lines[0], b"not an event\n", *lines[2:]]))


def strings(document: Any) -> Iterator[str]:
    """Every text in a JSON document, names of members included."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from strings(item)
    elif isinstance(document, dict):
        for name, member in document.items():
            yield name
            yield from strings(member)
