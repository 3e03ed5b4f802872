"""What was said, timed to the audio."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from attrs import evolve, frozen

from ..events import AudioOpened, AudioRecordingStarted, Event, RecordingOpened, SessionStarted
from .reading import mapping, number, text, told
from .transcript import CONVERSATION_TYPES, SPEAKERS, Speaker, conversation_item, spoken_at, text_of

READING: Final = 0.07
"""Seconds that a letter takes, where nobody measured when the speech ended."""
SHORTEST: Final = 0.5

_BEGINNINGS: Final = {AudioOpened.TAG, AudioRecordingStarted.TAG, SessionStarted.TAG}


@frozen
class Caption:
    """Something that was said, and from when to when in the audio.

    Attributes:
        begin: seconds from the beginning of the audio; of the session if it has none.
        end: as far as it was measured, else estimated, and not beyond the next one's begin.
        speaker: ``user`` or ``agent``.
        agent: id of the agent that had the floor, empty if none had taken it.
        text: what was said; for an interrupted agent, what LiveKit takes to have been heard.
        interrupted: the speaker was cut short.
    """

    begin: float
    end: float
    speaker: Speaker
    agent: str
    text: str
    interrupted: bool


def fold_captions(events: Iterable[Event]) -> list[Caption]:
    """The session's captions by their begin, those without a word left out."""
    said: list[Caption] = []
    starts: dict[str, float] = {}
    agent = ""
    for event, payload in told(events, {*CONVERSATION_TYPES, *_BEGINNINGS, RecordingOpened.TAG}):
        if event.type in CONVERSATION_TYPES:
            item = conversation_item(event.type, payload)
            agent = text(item.get("new_agent_id")) or agent
            said += _caption(item, agent)
        else:
            starts.setdefault(
                event.type, number(payload.get("started_at")) or event.recorded_at / 1e6
            )
    zero = _beginning(starts)
    said.sort(key=lambda caption: caption.begin)
    shifted = [_shifted(caption, -zero) for caption in said]
    return [_fitted(*pair) for pair in pairwise(shifted)] + shifted[-1:]


def _caption(item: dict[str, Any], agent: str) -> list[Caption]:
    speaker, words = SPEAKERS.get(text(item.get("role"))), text_of(item)
    if speaker is None or not words.strip():
        return []
    begin = spoken_at(item)
    measured = number(mapping(item.get("metrics")).get("stopped_speaking_at"))
    end = measured if measured > begin else begin + max(SHORTEST, READING * len(words))
    return [Caption(begin, end, speaker, agent, words, bool(item.get("interrupted")))]


def _beginning(starts: dict[str, float]) -> float:
    for tag in (AudioOpened.TAG, AudioRecordingStarted.TAG, SessionStarted.TAG):
        if tag in starts:
            return starts[tag]
    return starts.get(RecordingOpened.TAG, 0.0)


def _shifted(caption: Caption, seconds: float) -> Caption:
    begin = max(0.0, caption.begin + seconds)
    return evolve(caption, begin=begin, end=max(begin, caption.end + seconds))


def _fitted(caption: Caption, following: Caption) -> Caption:
    # Both may speak at once; one voice does not.
    if caption.speaker != following.speaker:
        return caption
    return evolve(caption, end=max(caption.begin, min(caption.end, following.begin)))
