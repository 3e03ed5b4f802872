"""A session may be verified while somebody writes to it, or after its recorder died."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from earwitness import JournalEventStore, SessionRecorder
from earwitness.auditlog import AuditLog
from earwitness.background import keeper
from earwitness.events import RecordingOpened
from earwitness.recovery import recover_session
from earwitness.verify import TreeHead, Verification, verify_session
from tests.cli.running import begin, say
from tests.seal.recordings import SIGNER

KEYS = [SIGNER.verifier]
EVENTS = 300


class LineKeeper:
    """A structlog logger whose lines come through a pipeline as JSON."""

    def __init__(self) -> None:
        self._told: list[dict[str, object]] = []

    def bind(self, **context: object) -> LineKeeper:
        return self

    def info(self, event: str, **facts: object) -> None:
        self._told.append({"event": event, **facts})

    def heads(self) -> list[TreeHead]:
        log = AuditLog()
        log.read([json.dumps(line).encode() for line in list(self._told)], "memory")
        return [TreeHead(each.size, each.root) for each in log.checkpoints.get("call", ())]


class SlowSigner:
    """Signs when it is allowed to."""

    name, verifier = SIGNER.name, SIGNER.verifier

    def __init__(self) -> None:
        self.asked, self.allowed = threading.Event(), threading.Event()

    def sign(self, message: bytes) -> bytes:
        self.asked.set()
        assert self.allowed.wait(30)
        return SIGNER.sign(message)


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    return JournalEventStore(tmp_path / "live", signer=SIGNER, sync="never")


def verify(store: JournalEventStore, session_id: str = "call") -> Verification:
    return verify_session(store, session_id, KEYS)


def opened(session_id: str) -> RecordingOpened:
    nothing: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {}, "report": {}}
    return RecordingOpened(format=1, session_id=session_id, earwitness="0", **nothing)


def seal(recorder: SessionRecorder) -> None:
    recorder.checkpoint_soon()
    assert keeper.flush()


def interrupted(store: JournalEventStore, torn: bytes = b"") -> None:
    """A session whose recorder died with three events sealed, one more, and half a line."""
    recorder = begin(store, "call")
    say(recorder, "user_state_changed")
    say(recorder, "agent_state_changed")
    seal(recorder)
    say(recorder, "user_state_changed")
    store.release("call")
    with (store.folder("call") / "log.jsonl").open("ab") as log:
        log.write(torn)


def test_a_session_is_verified_while_it_is_recorded(store: JournalEventStore) -> None:
    """Time and again, beside a writer whose log is sealed and told of as it grows."""
    audit = LineKeeper()
    recorder = SessionRecorder(store, opened("call"), audit=audit)

    def talk() -> None:
        for _ in range(EVENTS):
            say(recorder, "user_state_changed", old_state="listening", new_state="speaking")
            recorder.checkpoint_soon()
        recorder.close("user_initiated").result()

    states = set()
    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk)
        while not talking.done():
            found = verify_session(store, "call", KEYS, published=audit.heads())
            assert (found.findings, found.unread) == ([], [])
            states.add(found.state)
        talking.result()
    last = verify_session(store, "call", KEYS, published=audit.heads())
    assert (last.sound, last.state, last.sealed) == (True, "closed", EVENTS + 2)
    assert last.published > 1
    assert "live" in states


def test_a_line_on_its_way_is_no_finding(store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    with (store.folder("call") / "log.jsonl").open("ab") as log:
        log.write(b'{"n":1,')
    found = verify(store)
    assert (found.sound, found.state, found.events, found.torn_bytes) == (True, "live", 1, 7)
    recorder.close("done").result()


def test_a_recording_that_is_closed_is_live_until_its_last_seal(tmp_path: Path) -> None:
    signer = SlowSigner()
    store = JournalEventStore(tmp_path / "slow", signer=signer, sync="never")
    closing = begin(store, "call").close("user_initiated")
    assert signer.asked.wait(30)
    found = verify(store)
    assert (found.sound, found.state, found.sealed, found.events) == (True, "live", 0, 2)
    signer.allowed.set()
    closing.result()
    assert (verify(store).sound, verify(store).state) == (True, "closed")


def test_what_an_interrupted_session_had_sealed_is_kept_apart(store: JournalEventStore) -> None:
    interrupted(store, b'{"n":4')
    found = verify(store)
    assert (found.sound, found.state) == (True, "interrupted")
    assert (found.sealed, found.events, found.after_checkpoint, found.torn_bytes) == (3, 4, 1, 6)


def test_what_an_interrupted_session_had_not_sealed_is_not_vouched_for(
    store: JournalEventStore,
) -> None:
    begin(store, "call")
    store.release("call")
    found = verify(store)
    assert (found.sound, found.sealed, found.after_checkpoint) == (True, 0, 1)


def test_an_empty_log_is_sound(store: JournalEventStore) -> None:
    begin(store, "call")
    store.release("call")
    (store.folder("call") / "log.jsonl").write_bytes(b"")
    found = verify(store)
    assert (found.sound, found.state, found.events) == (True, "interrupted", 0)


def test_tampering_with_a_live_session_is_found(store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    say(recorder, "user_state_changed", said="yes")
    seal(recorder)
    path = store.folder("call") / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"yes"', b'"no!"'))
    assert [finding.rule for finding in verify(store).findings] == ["commitment"]
    recorder.close("done").result()


def test_a_recovered_session_is_sound(store: JournalEventStore) -> None:
    interrupted(store, b'{"n":4')
    assert recover_session(store, "call").outcome == "recovered"
    found = verify(store)
    assert (found.sound, found.state, found.sealed, found.events) == (True, "closed", 6, 6)


def test_a_session_may_be_recovered_while_it_is_verified(store: JournalEventStore) -> None:
    """The torn line is cut off while it waits in the reader's buffer."""
    interrupted(store, bytes(6))
    found = verify_session(
        store, "call", KEYS, progress=once(lambda: recover_session(store, "call"))
    )
    assert (found.findings, found.unread, found.state) == ([], [], "closed")


def once(action: Callable[[], object]) -> Callable[[int], None]:
    """Does something the first time that progress is made."""
    actions = [action]

    def advance(bytes: int) -> None:
        if actions:
            actions.pop()()

    return advance
