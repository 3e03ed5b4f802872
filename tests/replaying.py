"""Large stores and long sessions, in seconds: the demo's recorded call again and again.

Every line is one that was recorded, at another time and in another session, some of its words
exchanged. Commitments and checkpoints are made anew and hold; the digest of the chat history, and a
report, are what a verification misses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import Tree
from earwitness.integrity.signer import Signer
from earwitness.opening import open_store
from earwitness.sealing import origin_of
from earwitness.stores.journal import _day
from earwitness.stores.names import folder_name

RECORDING = Path(__file__).parent / "data/recordings"

WINES = ["Barolo", "Chianti", "Nebbiolo", "Amarone", "Dolcetto", "Vermentino", "Primitivo"]
ROOMS = [f"table-{number}" for number in range(37)]
AGENTS = ["trattoria", "osteria", "enoteca"]
TAGS = [[], ["regular"], ["regular", "allergy"], ["large party"]]
REASONS = ["user_initiated", "participant_disconnected", "task_completed", "error"]

_LINE = re.compile(rb'\{"n":\d+,"t":(\d+),"type":"([a-z_.]+)","c":"\w+","s":"(\w+)","d":(.*)\}\n')
_SECONDS = re.compile(rb"\b(1795\d{6})(?=\.\d)")


@dataclass
class Line:
    """A recorded event, its payload in pieces between which stand times in whole seconds."""

    recorded_at: int
    type: bytes
    salt: bytes
    pieces: list[bytes]
    seconds: list[int]

    @classmethod
    def of(cls, line: bytes) -> Line:
        at, type, salt, payload = _LINE.fullmatch(line).groups()
        pieces = _SECONDS.split(payload)
        return cls(int(at), type, salt, pieces[::2], [int(each) for each in pieces[1::2]])

    def payload(self, later: int) -> bytes:
        if not self.seconds:
            return self.pieces[0]
        said = [self.pieces[0]]
        for seconds, piece in zip(self.seconds, self.pieces[1:], strict=True):
            said += [b"%d" % (seconds + later), piece]
        return b"".join(said)


def recorded_lines() -> list[Line]:
    [log] = RECORDING.glob("*/*/log.jsonl")
    return [Line.of(line) for line in log.read_bytes().splitlines(keepends=True)]


def replay(root: Path, sessions: int, *, apart: int = 300) -> list[str]:
    """Makes a store of so many closed and sealed calls, so many seconds apart; gives their ids."""
    lines, signer = recorded_lines(), open_store(root).signer()
    ids = [f"call-{number:06}" for number in range(sessions)]
    for number, session_id in enumerate(ids):
        kept = lines if number % 3 == 0 else [each for each in lines if each.type != b"error"]
        worded = ((each, _worded(each.payload(number * apart), number)) for each in kept)
        opened, *rest = worded
        opened = opened[0], _opening(opened[1], session_id, number)
        _write(root, session_id, [opened, *rest], number * apart, signer)
    return ids


def replay_long(root: Path, session_id: str, events: int) -> None:
    """Makes a session of about so many events: one call that is held over and over."""
    first, *call, ended, closed = recorded_lines()
    close = [call.pop(), ended, closed]
    rounds = events // len(call)
    said = [(first, _opening(first.payload(0), session_id, 0))]
    for later in range(rounds):
        said += [(each, _renamed(each.payload(later), later)) for each in call]
    said += [(each, each.payload(rounds)) for each in close]
    shifts = [0, *(later for later in range(rounds) for _ in call), *[rounds] * len(close)]
    _write(root, session_id, said, shifts, open_store(root).signer())


def _opening(payload: bytes, session_id: str, number: int) -> bytes:
    opened = json.loads(payload)
    opened["session_id"] = session_id
    opened["job"] = {
        "job": f"AJ_{number:06}",
        "room": ROOMS[number % len(ROOMS)],
        "room_id": f"RM_{number:06}",
        "agent": AGENTS[number % len(AGENTS)],
    }
    opened["report"]["tags"] = TAGS[number % len(TAGS)]
    return json.dumps(opened, separators=(",", ":")).encode()


def _worded(payload: bytes, number: int) -> bytes:
    latency = b'"metrics":{"e2e_latency":%.3f,' % (0.4 + number % 50 / 25)
    reason = REASONS[number % len(REASONS)].encode()
    return (
        payload.replace(b"Barolo", WINES[number % len(WINES)].encode())
        .replace(b"tonight", b"tonight, by the name of Guest%d" % number)
        .replace(b'"metrics":{"started', latency + b'"started')
        .replace(b'"reason":"user_initiated"', b'"reason":"%b"' % reason)
    )


def _renamed(payload: bytes, round: int) -> bytes:
    return payload.replace(b'"request_', b'"r%d_' % round).replace(b'"item_', b'"i%d_' % round)


def _write(
    root: Path,
    session_id: str,
    said: Iterable[tuple[Line, bytes]],
    later: int | list[int],
    signer: Signer,
) -> None:
    said, tree, log = list(said), Tree(), []
    shifts = [later] * len(said) if isinstance(later, int) else later
    for line, leaf in _lines(said, shifts):
        log.append(line)
        tree.append(leaf)
    folder = root / _day(said[0][0].recorded_at + shifts[0] * 1_000_000) / folder_name(session_id)
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_bytes(b"".join(log))
    checkpoint = Checkpoint(origin_of(signer.name, session_id), tree.size, tree.root())
    (folder / "checkpoint").write_bytes(sign_checkpoint(checkpoint, signer))


def _lines(said: list[tuple[Line, bytes]], shifts: list[int]) -> Iterator[tuple[bytes, bytes]]:
    for position, ((line, payload), shift) in enumerate(zip(said, shifts, strict=True)):
        at = line.recorded_at + shift * 1_000_000
        commitment = sha256(line.salt + payload).hexdigest().encode()
        withheld = b'{"n":%d,"t":%d,"type":"%b","c":"%b"' % (position, at, line.type, commitment)
        yield b'%b,"s":"%b","d":%b}\n' % (withheld, line.salt, payload), withheld + b"}"
