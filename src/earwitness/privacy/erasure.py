"""Which payloads go when something is erased: those that were named, and every copy of them.

What was said stands in more than one event: in the transcripts of a turn, in the message that
they became, in an amendment, in the output of a tool. An event that holds a copy goes with the
one that was asked for, and the reason says which that is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from ..events import AnswerPlayed, Event, EventAmended, PayloadErased, RecordingClosed
from ..projections.history import HISTORY_TYPES, carried_items
from ..projections.reading import array, mapping, number, text
from ..projections.transcript import text_of
from .parties import Party, parties_of

SHORTEST_REPEAT: Final = 12
"""Words of fewer characters are said by chance again; events that repeat them do not go along."""

_LATE: Final = "_final"  # what LiveKit puts behind the call id of an asynchronous tool's output


@frozen
class Selection:
    """What is to be erased of a session. What is named in several ways adds up.

    Attributes:
        events: positions of events.
        party: everything that this party said, and the audio.
        subject: the names of a person: everything of the user in a session that has one of
            them, every event that does, and the audio. Empty for nobody.
        audio: the audio.
    """

    events: frozenset[int] = frozenset()
    party: Party | None = None
    subject: tuple[str, ...] = ()
    audio: bool = False


def is_named(subject: Sequence[str], events: Iterable[Event]) -> bool:
    """True if an event has one of a person's names in it, as a word, or words, of its own."""
    word = _as_word(subject)
    return any(_names(event, word) for event in events)


def choose(events: Sequence[Event], selection: Selection) -> dict[int, str]:
    """The positions of the payloads that go, in order, each with the reason.

    Withheld events have nothing to erase and are not among them.

    Args:
        events: all of a session's.
        selection: what is asked for.

    Raises:
        LogFormatError: a payload is not JSON.
    """
    chosen: dict[int, str] = {}
    copies = _Copies(events)
    for event in events:
        if (why := _asked_for(event, selection)) and event.type != PayloadErased.TAG:
            chosen.setdefault(event.position, why)
    if selection.subject and chosen:
        chosen |= _of_party(events, "user", chosen)
    copies.follow(chosen)
    copies.repeated(chosen)
    copies.follow(chosen)
    _add_digest(events, chosen)
    return dict(sorted(chosen.items()))


def _asked_for(event: Event, selection: Selection) -> str:
    if event.withheld:
        return ""
    if event.position in selection.events:
        return "asked for"
    if selection.subject and _names(event, _as_word(selection.subject)):
        return "names the person"
    return "" if selection.party is None else _words_of(event, selection.party)


def _of_party(events: Sequence[Event], party: Party, chosen: dict[int, str]) -> dict[int, str]:
    return {
        event.position: why
        for event in events
        if event.position not in chosen and (why := _words_of(event, party))
    }


def _words_of(event: Event, party: Party) -> str:
    parties = parties_of(event)
    if party not in parties:
        return ""
    return f"words of the {party}" if len(parties) == 1 else f"may hold words of the {party}"


def _add_digest(events: Sequence[Event], chosen: dict[int, str]) -> None:
    # It has no salt: who knows all of a conversation but one word could try words.
    if not any(event.position in chosen and event.type in HISTORY_TYPES for event in events):
        return
    for event in events:
        if event.type == RecordingClosed.TAG and not event.withheld:
            chosen.setdefault(event.position, "a digest of the chat history")


class _Copies:
    """Where in a log the same thing stands once more."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._present = [event for event in events if not event.withheld]
        self._keys: dict[int, set[str]] = {}
        self._by_key: dict[str, set[int]] = defaultdict(set)
        turn = answer = 0
        for event in self._present:
            payload = mapping(event.plain_payload)
            self._keys[event.position] = set(_keys(event, payload, turn, answer))
            turn += _is_message(event.type, payload, "user")
            answer += _is_message(event.type, payload, "assistant")
        for position, keys in self._keys.items():
            for key in keys:
                self._by_key[key].add(position)

    def follow(self, chosen: dict[int, str]) -> None:
        """Add what holds the same items, is an amendment, or became the same message."""
        waiting = list(chosen)
        while waiting:
            position = waiting.pop()
            for key in self._keys.get(position, ()):
                for copy in self._by_key[key]:
                    if copy not in chosen:
                        chosen[copy] = f"holds what event {position} holds"
                        waiting.append(copy)

    def repeated(self, chosen: dict[int, str]) -> None:
        """Add what repeats words of the chosen events."""
        words = _Words()
        for event in self._present:
            if event.position in chosen:
                for said in _words(event.type, mapping(event.plain_payload)):
                    words.add(said, event.position)
        for event in self._present:
            if event.position in chosen or event.type == PayloadErased.TAG:
                continue
            position = words.found_in("\n".join(_strings(event.plain_payload)))
            if position is not None:
                chosen[event.position] = f"repeats words of event {position}"


class _Words:
    """What was said, to be looked for in other texts; all of it at once."""

    def __init__(self) -> None:
        self._by_beginning: dict[str, dict[str, int]] = defaultdict(dict)

    def add(self, said: str, position: int) -> None:
        """Look for this, too, unless it is too short to mean anything."""
        folded = _folded(said)
        if len(folded) >= SHORTEST_REPEAT:
            self._by_beginning[folded[:SHORTEST_REPEAT]].setdefault(folded, position)

    def found_in(self, text: str) -> int | None:
        """Whose words the text has in it: the position they were added with; None for nobody's."""
        if not self._by_beginning:
            return None
        folded = _folded(text)
        for start in range(len(folded) - SHORTEST_REPEAT + 1):
            beginning = folded[start : start + SHORTEST_REPEAT]
            for words, position in self._by_beginning.get(beginning, {}).items():
                if folded.startswith(words, start):
                    return position
        return None


def _keys(event: Event, payload: dict[str, Any], turn: int, answer: int) -> Iterator[str]:
    """What an event has in common with those that hold the same."""
    yield from _ids(event.type, payload)
    if event.type == EventAmended.TAG:
        yield f"event {number(payload.get('position'), -1):.0f}"
    else:
        yield f"event {event.position}"
    if event.type == "user_input_transcribed" or _is_message(event.type, payload, "user"):
        yield f"turn {turn}"
    if event.type == AnswerPlayed.TAG or _is_message(event.type, payload, "assistant"):
        yield f"answer {answer}"


def _is_message(type: str, payload: dict[str, Any], role: str) -> bool:
    return type == "conversation_item_added" and mapping(payload.get("item")).get("role") == role


def _ids(type: str, payload: dict[str, Any]) -> Iterator[str]:
    """The ids of the items and the calls that an event's payload speaks of."""
    if type == EventAmended.TAG:
        amended = mapping(payload.get("payload"))
        yield from _ids(text(amended.get("type")), amended)
        return
    update = mapping(payload.get("update"))
    for item in [*carried_items(type, payload), mapping(update.get("function_call")), update]:
        for name in ("id", "call_id"):
            if value := text(item.get(name)):
                yield f"item {value.removesuffix(_LATE)}"
    for value in array(update.get("update_ids")):
        yield f"item {text(value).removesuffix(_LATE)}"


def _words(type: str, payload: dict[str, Any]) -> Iterator[str]:
    """What was said, given to a tool, or answered by one."""
    if type == EventAmended.TAG:
        amended = mapping(payload.get("payload"))
        yield from _words(text(amended.get("type")), amended)
        return
    for name in ("transcript", "said", "heard"):
        yield text(payload.get(name))
    update = mapping(payload.get("update"))
    for item in [*carried_items(type, payload), mapping(update.get("function_call")), update]:
        yield text_of(item)
        for name in ("arguments", "output", "message"):
            yield text(item.get(name))


def _strings(value: Any) -> Iterator[str]:
    """Every text in a payload, names of members included."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _names(event: Event, word: re.Pattern[str]) -> bool:
    return not event.withheld and any(map(word.search, _strings(event.plain_payload)))


def _as_word(subject: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in subject))
