"""Sealed recordings, to be tampered with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import frozen

from earwitness import Event, JournalEventStore, SessionRecorder, codec
from earwitness.closing import LastWords
from earwitness.events import RecordingOpened
from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import Tree
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.vkey import VerifierKey
from earwitness.recovery import recover_session
from earwitness.verify import Verification, verify_session
from tests.seal.mutations import withheld

SIGNER: Final = Ed25519Signer.from_seed("calls.example/kitchen", bytes(range(32)))
OTHER_SIGNER: Final = Ed25519Signer.from_seed("calls.example/kitchen", bytes(32))

SAID: Final = (
    "Buona sera! 🍝",
    "A table for four, please",
    "The card is 4111 1111 1111 1111",
    "Bei wem? Müller,\u2028mit ü",
)
LARGE: Final = "A long story. " * 100
AUDIO_SEALED: Final = 13
CLOSED: Final = 14
"""The positions of a recording's last two events."""
SMALL_LINES: Final = 1_000
"""Payloads above this many bytes become blobs here, so that thousands of variants are quick."""


@frozen
class Recording:
    """A session of a store, and the key that sealed it."""

    store: JournalEventStore
    session_id: str
    keys: Sequence[VerifierKey] = (SIGNER.verifier,)

    @property
    def folder(self) -> Path:
        return self.store.folder(self.session_id)

    @property
    def log(self) -> bytes:
        return (self.folder / "log.jsonl").read_bytes()

    @property
    def lines(self) -> list[bytes]:
        """The log's lines, each with its line feed."""
        return [line + b"\n" for line in self.log.split(b"\n")[:-1]]

    @property
    def events(self) -> list[Event]:
        return list(self.store.read(self.session_id))

    def report(self) -> bytes:
        """What ``report.json`` should be for the log as it is."""
        return self.store.report(self.session_id).to_json()

    def verify(self) -> Verification:
        return verify_session(self.store, self.session_id, self.keys)

    @contextmanager
    def tampered(self, file: str, content: bytes | None) -> Iterator[None]:
        """One of the session's files with another content, or without the file, for a while."""
        path = self.folder / file
        original = path.read_bytes()
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        try:
            yield
        finally:
            path.write_bytes(original)

    def verify_with(self, file: str, content: bytes | None) -> Verification:
        with self.tampered(file, content):
            return self.verify()

    def rules_broken(self, file: str, content: bytes | None) -> set[str]:
        return {finding.rule for finding in self.verify_with(file, content).findings}


def record(
    root: Path, session_id: str, *, audio: Path | None = None, said: Sequence[str] = SAID
) -> Recording:
    """Records a call with everything that can be sealed: blobs, audio, a report.

    Its log is closed and its checkpoint covers all of it.
    """
    store = JournalEventStore(root, signer=SIGNER, sync="never")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "MAX_INLINE_BYTES", SMALL_LINES)
        recorder = SessionRecorder(store, _opened(session_id), audit=False)
        for number, text in enumerate((*said, LARGE, LARGE.upper())):
            _say(recorder, number, text)
        recorder.before_close(lambda: LastWords(audio))
        recorder.close("user_initiated").result()
    return Recording(store, session_id)


def recovered(root: Path, recording: Recording) -> Recording:
    """The same call as if its recorder had died in the middle, and somebody had recovered it."""
    store = JournalEventStore(root, signer=SIGNER, sync="never")
    folder = root / recording.folder.parent.name / recording.folder.name
    shutil.copytree(recording.folder / "blobs", folder / "blobs")
    torn = b"".join(recording.lines[:9]) + recording.lines[9][:100]
    (folder / "log.jsonl").write_bytes(torn)
    assert recover_session(store, recording.session_id).outcome == "recovered"
    return Recording(store, recording.session_id)


def tree_root(lines: Sequence[bytes]) -> bytes:
    """The root of the tree over a log's lines."""
    tree = Tree()
    for line in lines:
        tree.append(withheld(line).removesuffix(b"\n"))
    return tree.root()


def sealed(lines: Sequence[bytes], session: str = "call", signer: Ed25519Signer = SIGNER) -> bytes:
    """A checkpoint over all of a log's lines."""
    checkpoint = Checkpoint(f"{signer.name}/{session}", len(lines), tree_root(lines))
    return sign_checkpoint(checkpoint, signer)


def _opened(session_id: str) -> RecordingOpened:
    skeleton: dict[str, Any] = {"room": "kitchen", "events": [], "chat_history": {"items": []}}
    return RecordingOpened(
        format=1, session_id=session_id, earwitness="0",
        sdk={}, host={}, clock={}, job={}, report=skeleton,
    )  # fmt: skip


def _say(recorder: SessionRecorder, number: int, text: str) -> None:
    states = {"old_state": "listening", "new_state": "speaking"}
    item = {"id": str(number), "type": "message", "role": "user", "content": [text]}
    for type_, members in (
        ("user_state_changed", states),
        ("conversation_item_added", {"item": item}),
    ):
        event = {"type": type_, "created_at": 1_795_000_000.25} | members
        recorder.record(type_, json.dumps(event, ensure_ascii=False).encode())
