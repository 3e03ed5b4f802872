"""What must be true of a recording after its process was killed, and after it was recovered."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import earwitness
from earwitness.disk import Disk
from earwitness.events import OWN_EVENTS
from earwitness.recovery import Recovery, recover
from tests.faults import calls
from tests.faults.logs import Entry, Log, check_sealed, content, find_log
from tests.faults.tally import tally
from tests.faults.zygote import Child, Task, Zygote

NOT_EMITTED = {*OWN_EVENTS, "debug_message"}
NOT_REPORTED = {*NOT_EMITTED, "metrics_collected"}


@dataclass
class Word:
    """What a child said of its events: how many it began to emit, and which it had emitted."""

    emitting: int = 0
    emitted: dict[int, tuple[str, str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, lines: Iterable[str]) -> Word:
        word = cls()
        for line in lines:
            word.take(line)
        return word

    def take(self, line: str) -> None:
        match line.split():
            case ["emitting", _]:
                self.emitting += 1
            case ["emitted", number, tag, digest]:
                self.emitted[int(number)] = (tag, digest)
            case _:
                self.rest.append(line)


def check_survival(root: Path, word: Word) -> Recovery | None:
    """Check a store of one recording whose process was killed; None if it had not begun."""
    tally.add(events_emitted=word.emitting, events_acknowledged=len(word.emitted))
    log = find_log(root)
    if log is None:
        tally.add(events_lost=len(word.emitted))
        assert not word.emitted
        return None
    check_nothing_lost(log, word)
    return check_recovery(root, log)


def check_nothing_lost(log: Log, word: Word) -> None:
    """Every event whose ``emit`` had returned is there: once, in order, unaltered."""
    told = [
        (entry.type, hashlib.sha256(entry.data).hexdigest())
        for entry in log.entries
        if entry.type not in NOT_EMITTED
    ]
    lost = {
        number: event
        for number, event in word.emitted.items()
        if number >= len(told) or told[number] != event
    }
    tally.add(events_lost=len(lost))
    assert not lost
    assert len(told) <= word.emitting


def check_recovery(root: Path, log: Log, disk: Disk | None = None) -> Recovery:
    """Recover a store of one recording, and check what that makes of the log as it was."""
    [done] = recover(earwitness.JournalEventStore(root, disk=disk))
    was_closed = not log.torn and bool(log.of_type("recording_closed")) and log.is_sealed
    assert done.error is None
    assert done.outcome == ("closed" if was_closed else "recovered")
    if not was_closed:
        tally.add(recoveries=1)
        assert done.torn_bytes == len(log.torn)
    after = check_closed(root, log.whole, {log.torn} - {b""})
    if not was_closed:
        check_sealed(after)
    return done


def check_closed(root: Path, whole: bytes, torn: set[bytes]) -> Log:
    """The recording is closed, nothing that stood in its log is gone, and so it stays."""
    store = earwitness.JournalEventStore(root)
    [info] = store.sessions()
    log = find_log(root)
    assert info.state == "closed"
    assert log is not None
    assert not log.torn
    assert log.whole.startswith(whole)
    check_evidence(log, torn)
    check_report(store, info.session_id, log)
    everything = content(root)
    assert [again.outcome for again in recover(store)] == ["closed"]
    assert content(root) == everything
    return log


def check_evidence(log: Log, torn: set[bytes]) -> None:
    """Each torn line is kept in a file of its own, and the log names it."""
    parts = [part for each in log.of_type("recording_recovered") for part in each.payload["torn"]]
    kept = {path.name: path.read_bytes() for path in log.path.parent.glob("torn-*")}
    told = {part["file"]: (part["bytes"], part["sha256"]) for part in parts}
    assert told == {
        name: (len(fragment), hashlib.sha256(fragment).hexdigest())
        for name, fragment in kept.items()
    }
    assert len(parts) == len(kept)
    assert torn <= set(kept.values())


def check_report(store: earwitness.JournalEventStore, session_id: str, log: Log) -> None:
    """The report beside the log is the fold of the log, and tells of every event."""
    report = store.report(session_id)
    assert (log.path.parent / "report.json").read_bytes() == report.to_json()
    assert report.data.get("events", []) == reported(log.entries)
    if log.of_type("recording_recovered") and not log.of_type("close"):
        assert report.data["close_reason"] == "interrupted"
    else:
        assert report.data.get("close_reason") != "interrupted"


def check_audio(root: Path, audio: bytes) -> None:
    """The audio lies beside the log, and the log tells of it, once."""
    log = find_log(root)
    assert log is not None
    [sealed] = log.of_type("audio_sealed")
    kept = (log.path.parent / sealed.payload["file"]).read_bytes()
    assert kept == audio
    assert sealed.payload["sha256"] == hashlib.sha256(audio).hexdigest()


def reported(entries: list[Entry]) -> list[Any]:
    """The events of a report: those since the session's start, as they stood in the end."""
    events: dict[int, Any] = {}
    for entry in entries:
        if entry.type == "session_started":
            events.clear()
        elif entry.type == "event_amended" and entry.payload["position"] in events:
            events[entry.payload["position"]] = entry.payload["payload"]
        elif entry.type not in NOT_REPORTED:
            events[entry.position] = entry.payload
    return list(events.values())


def killed(child: Child, word: Word) -> Word:
    """Wait for the end of a child that is being killed, and hear all that it had said."""
    for line in child.lines():
        word.take(line)
    how = child.ended()
    assert how in (-signal.SIGKILL, -signal.SIGTERM), child.errors
    assert "Traceback" not in child.errors, child.errors
    child.close()
    tally.add(kills=1)
    return word


def calls_of(zygote: Zygote, task: Task, *arguments: Any) -> list[str]:
    """The system calls of the disk that a task makes if nobody kills it."""
    child = zygote.child(calls.counted, task, *arguments)
    word = Word.of(child.lines())
    assert child.ended() == 0, child.errors
    child.close()
    return word.rest[-1].split(" ")


def sealing_of_audio(calls: list[str]) -> int:
    """Which of the system calls is the first that copies the audio beside the log."""
    copied = calls.index("rename:audio.ogg")
    return max(number for number in range(copied) if calls[number] == "open")


def leave(root: Path, log: bytes) -> Path:
    """Put a log where a recorder would have left it; returns its file."""
    path = root / "2026-11-23" / "call" / "log.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(log)
    return path
