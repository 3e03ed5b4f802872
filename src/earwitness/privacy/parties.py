"""Whose words an event holds."""

from __future__ import annotations

from typing import Any, Final, Literal

from ..events import (
    OWN_EVENTS,
    AnswerPlayed,
    Event,
    EventAmended,
    EventWrapped,
    HistoryItemAdded,
    HistoryItemChanged,
)
from ..projections.reading import mapping, text

Party = Literal["user", "agent"]
PARTIES: Final[tuple[Party, ...]] = ("user", "agent")

_BOTH: Final[frozenset[Party]] = frozenset(PARTIES)
_NOBODY: Final[frozenset[Party]] = frozenset()

_OF_ROLE: Final[dict[str, frozenset[Party]]] = {
    "user": frozenset({"user"}),
    "assistant": frozenset({"agent"}),
    "system": _NOBODY,
    "developer": _NOBODY,
}
# The application's own words, and who had the floor.
_NOT_SAID: Final = frozenset({"agent_config_update", "agent_handoff"})
_CARRIERS: Final = frozenset(
    {"conversation_item_added", HistoryItemAdded.TAG, HistoryItemChanged.TAG}
)

# Events of LiveKit's in which nobody says anything, unless they have the member named.
_SILENT: Final[dict[str, str]] = {
    "agent_false_interruption": "message",
    "agent_state_changed": "",
    "close": "error",
    "metrics_collected": "",
    "overlapping_speech": "",
    "session_usage_updated": "",
    "speech_created": "",
    "user_state_changed": "",
    "user_transcription_timeout": "",
}


def parties_of(event: Event) -> frozenset[Party]:
    """The parties whose words the event's payload may hold; none if it is withheld.

    What a tool was given and what it answered are of both: the user said the one and is told the
    other. Errors, and events that are not known here, may quote anybody.

    Raises:
        LogFormatError: the payload is not JSON.
    """
    return _NOBODY if event.withheld else _of(event.type, mapping(event.plain_payload))


def _of(type: str, payload: dict[str, Any]) -> frozenset[Party]:
    if type == EventAmended.TAG:
        amended = mapping(payload.get("payload"))
        return _of(text(amended.get("type")), amended)
    if type in _CARRIERS:
        return _of_item(mapping(payload.get("item")))
    if type == "user_input_transcribed":
        return _OF_ROLE["user"]
    if type == AnswerPlayed.TAG:
        return _OF_ROLE["assistant"]
    if type in _SILENT:
        return _BOTH if payload.get(_SILENT[type]) else _NOBODY
    return _NOBODY if type in OWN_EVENTS and type != EventWrapped.TAG else _BOTH


def _of_item(item: dict[str, Any]) -> frozenset[Party]:
    if item.get("type") in _NOT_SAID:
        return _NOBODY
    return _OF_ROLE.get(text(item.get("role")), _BOTH)
