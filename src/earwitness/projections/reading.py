"""How projections read payloads: as they stood in the end, and whatever they hold.

An application may emit anything at all under LiveKit's tags, and a log may come from a LiveKit
that is still to be written. So a member that is missing, or is not what was expected, reads as
nothing of its kind, and the rest of the log still tells its story.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, TypeGuard

from ..events import Event, EventAmended

# Far above any real amount, and far enough below the largest float to reckon with.
_LARGEST = 1e300


Told = tuple[Event, dict[str, Any]]
"""An event and its plain payload."""


class Retold(Iterable[Event]):
    """Events that several folds are made of, and their payloads, each decoded once.

    Args:
        events: a session's, in order.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.events: Sequence[Event] = list(events)
        self._told: dict[str, list[Told]] = {}

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def of(self, types: Set[str]) -> list[Told]:
        """See :func:`told`."""
        if missing := types - self._told.keys():
            self._told |= {type: [] for type in missing}
            for event, payload in _told(self.events, missing):
                self._told[event.type].append((event, payload))
        found = [self._told[type] for type in types]
        return sorted(itertools.chain(*found), key=lambda each: each[0].position)


def retold(events: Iterable[Event]) -> Retold:
    """The events to make several folds of."""
    return events if isinstance(events, Retold) else Retold(events)


def told(events: Iterable[Event], types: Set[str]) -> Iterable[Told]:
    """The events of some types with their plain payloads, amendments applied.

    Withheld events are passed over, and so are their amendments.
    """
    return events.of(types) if isinstance(events, Retold) else _told(events, types)


def _told(events: Iterable[Event], types: Set[str]) -> Iterable[Told]:
    found: dict[float, tuple[Event, dict[str, Any]]] = {}
    for event in events:
        if event.withheld:
            continue
        if event.type in types:
            found[event.position] = event, mapping(event.plain_payload)
        elif event.type == EventAmended.TAG:
            amendment = mapping(event.plain_payload)
            position = number(amendment.get("position"), default=-1)
            if position in found:
                found[position] = found[position][0], mapping(amendment.get("payload"))
    return found.values()


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def array(value: Any) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON array."""
    return [item for item in array(value) if isinstance(item, dict)]


def text(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def number(value: Any, default: float = 0.0) -> float:
    """The value if it is a number, else the default."""
    return float(value) if is_number(value) else default


def is_number(value: Any) -> TypeGuard[int | float]:
    """True for a JSON number that can be reckoned with; ``true`` and ``false`` are none."""
    return type(value) in (int, float) and abs(value) < _LARGEST
