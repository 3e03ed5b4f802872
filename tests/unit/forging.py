"""A sealed call, and logs rewritten by who knows the format, and perhaps has the key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from earwitness import Event, JournalEventStore, SessionRecorder, codec, values
from earwitness.closing import LastWords
from earwitness.codec import dump, encode_line, new_event, withheld_line
from earwitness.disk import Disk, write_durably
from earwitness.events import RecordingOpened
from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import Tree
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.vkey import VerifierKey
from earwitness.sealing import origin_of
from earwitness.verify import Verification, verify_session

SIGNER: Final = Ed25519Signer.from_seed("calls.example/kitchen", bytes(range(32)))
OTHER_SIGNER: Final = Ed25519Signer.from_seed("calls.example/kitchen", bytes(32))
AT: Final = 1_795_000_000_000_000

_SAID: Final = (
    "Buona sera!",
    "A table for four",
    "No nuts",
    "yes",
    "no",
    "Müller,\u2028mit ü",
    "Ciao",
)
_LARGE: Final = "A long story. " * 100
_SMALL_LINES: Final = 1_000


@dataclass(frozen=True)
class Call:
    """A session of a store that was closed and is sealed to its end."""

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

    def verify(self) -> Verification:
        return verify_session(self.store, self.session_id, self.keys)

    def verify_with(self, file: str, content: bytes | None) -> Verification:
        """With another content of one of its files, or without the file."""
        with self._having(file, content):
            return self.verify()

    @contextmanager
    def _having(self, file: str, content: bytes | None) -> Iterator[None]:
        path = self.folder / file
        original = path.read_bytes()
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        yield
        path.write_bytes(original)


def sealed_call(root: Path, session_id: str = "call", *, audio: Path | None = None) -> Call:
    """Records a call: 20 events, two of them with a blob; with audio, one more."""
    store = JournalEventStore(root, signer=SIGNER, sync="never")
    skeleton: dict[str, Any] = {"room": "kitchen", "events": [], "chat_history": {"items": []}}
    nothing: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {}, "report": skeleton}
    opened = RecordingOpened(format=1, session_id=session_id, earwitness="0", **nothing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "MAX_INLINE_BYTES", _SMALL_LINES)
        recorder = SessionRecorder(store, opened, audit=False)
        for number, text in enumerate((*_SAID, _LARGE, _LARGE.upper())):
            item = {"id": str(number), "type": "message", "role": "user", "content": [text]}
            _emit(recorder, "user_state_changed", new_state="speaking")
            _emit(recorder, "conversation_item_added", item=item)
        recorder.before_close(lambda: LastWords(audio))
        recorder.close("user_initiated").result()
    return Call(store, session_id)


def _emit(recorder: SessionRecorder, type: str, **members: Any) -> None:
    event = {"type": type, "created_at": 1_795_000_000.25} | members
    recorder.record(type, json.dumps(event, ensure_ascii=False).encode())


def said(position: int, type: str, payload: Any) -> Event:
    """An event of the session's own."""
    return new_event(position, AT + position, type, values.encode(values.Plain(payload)))


def own(position: int, fact: Any) -> Event:
    """An event of Earwitness's own."""
    return new_event(position, AT + position, *dump(fact))


def head(events: Sequence[Event]) -> Tree:
    """The tree over the events."""
    tree = Tree()
    for event in events:
        tree.append(withheld_line(event))
    return tree


def write_log(store: JournalEventStore, session_id: str, events: Sequence[Event]) -> None:
    """Puts other events into a session's log."""
    log = b"".join(encode_line(event) for event in events)
    write_durably(Disk(), store.folder(session_id) / "log.jsonl", log)


def seal(
    store: JournalEventStore,
    session_id: str,
    events: Sequence[Event],
    signer: Ed25519Signer,
    *,
    origin: str | None = None,
) -> None:
    """Seals the events as if they were the session's log."""
    tree = head(events)
    origin = origin or origin_of(signer.name, session_id)
    note = sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), signer)
    write_durably(Disk(), store.folder(session_id) / "checkpoint", note)
