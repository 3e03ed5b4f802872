"""Who said what, when, and whether they were interrupted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from attrs import frozen

from ..events import AnswerPlayed, Event, HistoryItemAdded
from .reading import array, mapping, number, text, told

Speaker = Literal["user", "agent"]

CONVERSATION_TYPES: Final = frozenset({"conversation_item_added", HistoryItemAdded.TAG})
"""The events of which :func:`conversation_item` knows the item."""


@frozen
class Utterance:
    """Something that was said.

    Attributes:
        position: the position of its event.
        at: when it began, seconds since the Unix epoch: the start of speech if it was measured.
        speaker: ``user`` or ``agent``.
        agent: id of the agent that had the floor, empty if none had taken it.
        text: what was said; for an interrupted agent, what LiveKit takes to have been heard.
        interrupted: the speaker was cut short.
        until: when it ended, seconds since the Unix epoch, or None if nobody measured it.
        said: what an interrupted agent would have said, as far as it was known; else None.
    """

    position: int
    at: float
    speaker: Speaker
    agent: str
    text: str
    interrupted: bool
    until: float | None = None
    said: str | None = None


def fold_transcript(events: Iterable[Event]) -> list[Utterance]:
    """The session's utterances in the order in which LiveKit committed them."""
    spoken: list[Utterance] = []
    agent = ""
    unheard: str | None = None
    for event, payload in told(events, {*CONVERSATION_TYPES, AnswerPlayed.TAG}):
        if event.type == AnswerPlayed.TAG:
            unheard = text(payload.get("said")) if payload.get("interrupted") is True else None
            continue
        item = conversation_item(event.type, payload)
        if item.get("type") == "agent_handoff":
            agent = text(item.get("new_agent_id"))
        elif (speaker := SPEAKERS.get(text(item.get("role")))) is not None:
            spoken.append(
                Utterance(
                    event.position,
                    spoken_at(item),
                    speaker,
                    agent,
                    text_of(item),
                    interrupted := bool(item.get("interrupted")),
                    _spoken_until(item),
                    unheard if interrupted and speaker == "agent" else None,
                )
            )
            unheard = None if speaker == "agent" else unheard
    return spoken


def conversation_item(type: str, payload: Any) -> dict[str, Any]:
    """The item by which the conversation went on: a message, or a handoff to another agent.

    Before 1.5 LiveKit emits nothing at a handoff, and the log tells of it as of any item that
    came into the history without an event. Messages that came so were not said by anybody.
    """
    item = mapping(mapping(payload).get("item"))
    if type == HistoryItemAdded.TAG and item.get("type") != "agent_handoff":
        return {}
    return item


def is_of_user(event: Event) -> bool:
    """True for an event in which the user said something, finally.

    Raises:
        LogFormatError: its payload is not JSON.
    """
    if event.withheld or event.type not in ("user_input_transcribed", "conversation_item_added"):
        return False
    payload = mapping(event.plain_payload)
    return payload.get("is_final") is True or mapping(payload.get("item")).get("role") == "user"


def text_of(item: dict[str, Any]) -> str:
    """The text of a message, its parts joined by line feeds as LiveKit joins them."""
    content = item.get("content")
    parts = [content] if isinstance(content, str) else array(content)
    return "\n".join(part for part in parts if isinstance(part, str))


def spoken_at(item: dict[str, Any]) -> float:
    """When a message began to be said, seconds since the Unix epoch."""
    started = number(mapping(item.get("metrics")).get("started_speaking_at"))
    return started or number(item.get("created_at"))


def _spoken_until(item: dict[str, Any]) -> float | None:
    return number(mapping(item.get("metrics")).get("stopped_speaking_at")) or None


SPEAKERS: Final[dict[str, Speaker]] = {"user": "user", "assistant": "agent"}
