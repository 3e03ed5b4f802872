"""Sessions in which something was said that is to be forgotten, and the search for what is left."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from earwitness import Event, JournalEventStore, SessionRecorder, codec
from earwitness.closing import LastWords
from earwitness.events import EventAmended, HistoryItemChanged, RecordingOpened
from earwitness.integrity.signer import Ed25519Signer
from earwitness.verify import Verification, verify_session
from tests.faults.disks import HastyDisk

SIGNER: Final = Ed25519Signer.from_seed("calls.example/kitchen", bytes(range(32)))
IDENTITY: Final = "sip_+4930901820"
ROOM: Final = f"call-{IDENTITY}"
SMALL_LINES: Final = 1_000
AUDIO: Final = b"OggS: the voices of two people, " * 40

GREETING: Final = "Good evening, Trattoria Aurora."
WISH: Final = "a table for Mrs. Schöneberg-Okonkwo, please"
CARD: Final = "my card is 4111 1111 1111 1111"
STORY: Final = "a long story of an allergy to nuts. " * 40
REPLY: Final = "Certainly. A table by the window."


@dataclass(frozen=True)
class Call:
    """A closed session of a store."""

    store: JournalEventStore
    session_id: str

    @property
    def folder(self) -> Path:
        return self.store.folder(self.session_id)

    @property
    def events(self) -> list[Event]:
        return list(self.store.read(self.session_id))

    @property
    def lines(self) -> list[bytes]:
        return (self.folder / "log.jsonl").read_bytes().splitlines()

    def positions(self, type: str) -> list[int]:
        return [event.position for event in self.events if event.type == type]

    def verify(self, **options: Any) -> Verification:
        return verify_session(self.store, self.session_id, [SIGNER.verifier], **options)


def new_store(root: Path, **options: Any) -> JournalEventStore:
    return JournalEventStore(
        root, **{"signer": SIGNER, "sync": "never", "disk": HastyDisk()} | options
    )


def a_call(store: JournalEventStore, session_id: str = "call", *, room: str = ROOM) -> Call:
    """A call in which most things are said twice: in transcripts, items, tools and amendments."""
    recorder = begin(store, session_id, room=room)
    say(recorder, "user_state_changed", old_state="listening", new_state="speaking")
    say_it(recorder, "item_1", "assistant", GREETING)
    heard(recorder, "a table", final=False)
    heard(recorder, WISH)
    say_it(recorder, "item_2", "user", WISH)
    call = {"id": "item_3", "call_id": "call_1", "type": "function_call", "name": "book"}
    call |= {"arguments": json.dumps({"wish": WISH}, ensure_ascii=False)}
    update = {"type": "tool_call_started", "function_call": call}
    say(recorder, "tool_execution_updated", update=update)
    output = {"id": "item_4", "call_id": "call_1", "type": "function_call_output", "output": "ok"}
    tools = say(
        recorder, "function_tools_executed", function_calls=[call], function_call_outputs=[output]
    )
    amended = {"type": "function_tools_executed", "function_calls": [call]}
    amended |= {"function_call_outputs": [output | {"reply_required": False}]}
    recorder.record_own(EventAmended(position=tools, payload=amended))
    say_it(recorder, "item_5", "assistant", REPLY)
    heard(recorder, CARD)
    say_it(recorder, "item_6", "user", CARD)
    changed = {"id": "item_6", "type": "message", "role": "user", "content": [CARD]}
    recorder.record_own(HistoryItemChanged(item=changed))
    say(recorder, "crm.noted", note=f"The caller said: {CARD.upper()}.")
    say(recorder, "error", error={"type": "llm_error", "message": f"at {CARD!r}"})
    with small_lines():
        say_it(recorder, "item_7", "user", STORY)
    audio = store.root.parent / f"{store.root.name}-{len(session_id)}.ogg"
    audio.write_bytes(AUDIO)
    recorder.before_close(lambda: LastWords(audio))
    recorder.close("user_initiated").result()
    audio.unlink()
    return Call(store, session_id)


def begin(store: JournalEventStore, session_id: str, **facts: Any) -> SessionRecorder:
    """A session that has said nothing yet."""
    room, audit = facts.pop("room", ROOM), facts.pop("audit", False)
    skeleton = {"room": room, "events": [], "chat_history": {"items": []}}
    known: dict[str, Any] = {"sdk": {}, "host": {}, "clock": {}, "job": {"room": room}}
    opened = RecordingOpened(
        format=1, session_id=session_id, earwitness="0", report=skeleton, **known | facts
    )
    return SessionRecorder(store, opened, audit=audit)


def say(recorder: SessionRecorder, type: str, **members: Any) -> int:
    """Has the session emit an event."""
    event = {"type": type, "created_at": 1_795_000_000.25} | members
    return recorder.record(type, json.dumps(event, ensure_ascii=False).encode())


def say_it(recorder: SessionRecorder, item_id: str, role: str, text: str) -> int:
    item = {"id": item_id, "type": "message", "role": role, "content": [text]}
    return say(recorder, "conversation_item_added", item=item)


def heard(recorder: SessionRecorder, text: str, *, final: bool = True) -> int:
    return say(recorder, "user_input_transcribed", transcript=text, is_final=final)


def small_lines() -> Any:
    """Payloads become blobs that a real session would keep in the line."""
    patch = pytest.MonkeyPatch()

    class Small:
        def __enter__(self) -> None:
            patch.setattr(codec, "MAX_INLINE_BYTES", SMALL_LINES)

        def __exit__(self, *_: object) -> None:
            patch.undo()

    return Small()


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a folder, by its name, with what it holds."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def places_of(root: Path, secret: str | bytes) -> list[str]:
    """The files of a folder that hold something, as it is or spelt in another way."""
    raw = secret.encode() if isinstance(secret, str) else secret
    spellings = set(_spellings(raw))
    return [
        name
        for name, content in contents(root).items()
        if any(spelling in content or spelling in name.encode() for spelling in spellings)
    ]


def _spellings(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield raw[::-1]
    with contextlib.suppress(UnicodeDecodeError):
        yield json.dumps(raw.decode())[1:-1].encode()
    for before in range(3):  # wherever in a group of three bytes it begins
        start = -before % 3
        whole = raw[start : start + (len(raw) - start) // 3 * 3]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)


def secrets_of(events: Sequence[Event]) -> Iterator[bytes]:
    """Payloads and salts, to be searched for."""
    for event in events:
        assert event.salt is not None
        assert event.data is not None
        yield event.salt.encode()
        yield bytes.fromhex(event.salt)
        yield event.data if event.blob is None else event.blob
