"""A session to be read: what was said, and between the lines what else happened."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

from ..events import (
    AudioRecordingStarted,
    AudioSealed,
    Event,
    OptionsChanged,
    RecordingClosed,
    RecordingOpened,
    SessionEnded,
    SessionStarted,
)
from .marks import Lane, Timeline
from .reading import retold
from .timeline import fold_timeline
from .transcript import Utterance, fold_transcript
from .turns import Turn, fold_turns

Kind = Literal["user", "agent", "tool", "error", "handoff", "recording"]

_KINDS: Final[dict[Lane, Kind]] = {"tools": "tool", "errors": "error", "handoffs": "handoff"}

# What happens to every recording, and so tells nothing about this one.
_EXPECTED: Final = frozenset(
    cls.TAG
    for cls in (
        RecordingOpened,
        SessionStarted,
        AudioRecordingStarted,
        OptionsChanged,
        SessionEnded,
        AudioSealed,
        RecordingClosed,
    )
)


@frozen
class Line:
    """One line of the story.

    Attributes:
        position: the position of the event that tells of it.
        at: when it began, microseconds since the Unix epoch.
        until: when it ended, likewise, or None if nobody measured it.
        kind: who said it, or what it is if nobody did.
        turn: the turn it belongs to, 0 for what came before the first.
        agent: id of the agent that had the floor, for what was said.
        text: what was said; the name of a tool, an error, an event; the agents of a handoff.
        outcome: ``interrupted`` for what was cut short; how a tool ended, as ``ok`` or
            ``failed``; for an error ``recoverable`` or ``fatal``; else empty.
    """

    position: int
    at: int
    until: int | None
    kind: Kind
    turn: int
    agent: str
    text: str
    outcome: str


def fold_story(events: Iterable[Event]) -> list[Line]:
    """The story of a session in the order in which it happened."""
    events = retold(events)
    return tell_story(fold_transcript(events), fold_timeline(events), fold_turns(events))


def tell_story(
    transcript: Sequence[Utterance], timeline: Timeline, turns: Sequence[Turn]
) -> list[Line]:
    """The story of a session of which these are folded already."""
    begun = [turn.position for turn in turns]
    lines = [*_said(transcript, begun), *_happened(timeline, begun)]
    return sorted(lines, key=lambda line: (line.at, line.position))


def _said(transcript: Iterable[Utterance], begun: Sequence[int]) -> Iterator[Line]:
    for spoken in transcript:
        yield Line(
            position=spoken.position,
            at=round(spoken.at * 1e6),
            until=None if spoken.until is None else round(spoken.until * 1e6),
            kind=spoken.speaker,
            turn=bisect.bisect_right(begun, spoken.position),
            agent=spoken.agent,
            text=spoken.text,
            outcome="interrupted" if spoken.interrupted else "",
        )


def _happened(timeline: Timeline, begun: Sequence[int]) -> Iterator[Line]:
    for lane, kind in _KINDS.items():
        for mark in timeline.marks[lane]:
            turn = bisect.bisect_right(begun, mark.position)
            outcome = "" if kind == "handoff" else mark.kind
            yield Line(mark.position, mark.start, mark.end, kind, turn, "", mark.label, outcome)
    for mark in timeline.marks["recording"]:
        if mark.kind not in _EXPECTED:
            turn = bisect.bisect_right(begun, mark.position)
            yield Line(mark.position, mark.start, None, "recording", turn, "", mark.kind, "")
