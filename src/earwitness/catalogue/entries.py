"""What a catalogue tells of one session."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from attrs import frozen

from ..stores.sessions import State
from .words import MATCH_BEGINS, MATCH_ENDS, readable

LONGEST_LINE: Final = 500
"""How many characters of a line are shown, even where its words are longer than any word is."""

Integrity = Literal["live", "sealed", "unsealed", "interrupted", "damaged", "sound", "not sound"]


@frozen
class Latency:
    """How long the agent took to answer.

    Attributes:
        median: seconds.
        worst: seconds.
    """

    median: float
    worst: float


@frozen
class Part:
    """A piece of a line.

    Attributes:
        text: the piece.
        found: it is what was searched for.
    """

    text: str
    found: bool


@frozen
class Match:
    """The first line of a session in which something was found.

    Attributes:
        position: its event's.
        speaker: ``user`` or ``agent``.
        parts: the line, or as much of it as stands around what was found.
        lines: in how many lines of the session it was found.
    """

    position: int
    speaker: str
    parts: tuple[Part, ...]
    lines: int

    @property
    def text(self) -> str:
        """The line in one piece."""
        return "".join(part.text for part in self.parts)


@frozen(kw_only=True)
class Entry:
    """A session.

    Attributes:
        session_id: its id.
        folder: where it is, relative to the store.
        state: as in :class:`earwitness.SessionInfo`.
        opened_at: microseconds since the Unix epoch, of its first event.
        seconds: from its first event to its close, or to its last event so far.
        events: how many it holds.
        encrypted: payloads of it are encrypted. What is told from here on of what happened in it
            is then not known, since what was encrypted must not lie in an index.
        lost: how many could not be kept.
        last_at: when the last one was recorded, microseconds since the Unix epoch.
        last_type: what that was.
        close_reason: why it was closed, None while it is not.
        agent: the name of the job's agent, empty outside a job.
        agents: the ids of the agents that had the floor, in order.
        room: the room's name.
        job: the job's id.
        tags: the session's.
        turns: how many.
        latency: from the end of what the user said to the first sound of the answer, as
            :func:`earwitness.projections.latency.fold_latency` measures it.
        tools: how often each was called.
        errors: how many models failed.
        sealed: how many events its checkpoint covers, by the checkpoint alone.
        verified: what came of the last verification of the log as it stands, if there was one.
        damage: what is wrong with the log if it cannot be read.
        match: where it was found, if something was searched for.
    """

    session_id: str
    folder: str
    state: State
    opened_at: int
    seconds: float
    events: int
    encrypted: bool
    lost: int
    last_at: int
    last_type: str
    close_reason: str | None
    agent: str
    agents: tuple[str, ...]
    room: str
    job: str
    tags: tuple[str, ...]
    turns: int
    latency: Latency | None
    tools: dict[str, int]
    errors: int
    sealed: int
    verified: bool | None
    damage: str | None
    match: Match | None = None

    @property
    def integrity(self) -> Integrity:
        """Sealed to its end or not, or ``sound`` and ``not sound`` once that was verified."""
        if self.verified is not None:
            return "sound" if self.verified else "not sound"
        if self.state != "closed":
            return self.state
        return "sealed" if self.sealed >= self.events else "unsealed"


def entry_of(row: sqlite3.Row, match: Match | None = None) -> Entry:
    """The entry of a row of the table of sessions."""
    account = json.loads(row["account"])
    median, worst = row["latency_median"], row["latency_worst"]
    return Entry(
        session_id=row["session_id"].decode("utf-8", "surrogatepass"),
        folder=row["folder"],
        state=row["state"],
        opened_at=row["opened_at"],
        seconds=row["seconds"],
        events=row["events"],
        encrypted=bool(row["encrypted"]),
        lost=account["lost"],
        last_at=account["last_at"],
        last_type=account["last_type"],
        close_reason=account["close_reason"] or None,
        agent=account["agent"],
        agents=tuple(json.loads(row["agents"])),
        room=account["room"],
        job=account["job"],
        tags=tuple(account["tags"]),
        turns=row["turns"],
        latency=None if median is None else Latency(median, worst),
        tools=json.loads(row["tools"]),
        errors=row["errors"],
        sealed=row["sealed"],
        verified=None if row["verified"] is None else row["verified"] == "sound",
        damage=row["damage"],
        match=match,
    )


def parts_of(marked: str, longest: int = LONGEST_LINE) -> tuple[Part, ...]:
    """The pieces of a line in which FTS5 has marked what it found, cut off where it is too long."""
    parts = []
    for piece in readable(marked).split(MATCH_BEGINS):
        found, ends, rest = piece.partition(MATCH_ENDS)
        parts += [Part(found, True), Part(rest, False)] if ends else [Part(piece, False)]
    return tuple(_cut((part for part in parts if part.text), longest))


def _cut(parts: Iterable[Part], longest: int) -> Iterator[Part]:
    for part in parts:
        if len(part.text) > longest:
            yield Part(f"{part.text[:longest]}…", part.found)
            return
        longest -= len(part.text)
        yield part
