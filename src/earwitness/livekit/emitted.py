"""What became of the events that nobody watched, by LiveKit's own list of them.

An event is compared with its line when its listeners have had it. What changes it later is seen
at the close, where LiveKit's list, which holds every event as it is by now, is gone through beside
the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .. import values
from ..events import RESERVED_TAGS, Event, EventAmended, SessionStarted
from ..projections.reading import mapping
from ..projections.report import CUSTOM_TAG
from .snapshot import payload_of


class Emitted:
    """Finds the events that are not what their lines say.

    Where list and log part, as after an event of several threads or of somebody who edits the
    list, the comparison ends: what it has found stands.

    Args:
        events: LiveKit's list of the run, as it stood when the recording was closed.
        passes: true of an event that is compared elsewhere, or cannot be.
    """

    def __init__(self, events: list[Any], passes: Callable[[Event], bool]) -> None:
        self._all = events
        self._passes = passes
        self._left: Iterator[Any] = iter(())
        self._changed: dict[int, bytes] = {}

    def hear(self, event: Event) -> None:
        """Take in the next event of the log."""
        if event.type == SessionStarted.TAG:  # with which LiveKit begins its list
            self._left = iter(self._all)
        elif event.type == EventAmended.TAG:
            self._amended(event)
        elif event.type not in RESERVED_TAGS and event.type != "debug_message":
            self._compare(event)

    def changes(self) -> Iterable[tuple[int, bytes]]:
        """The position of each event that was changed, and its payload's JSON by now."""
        return self._changed.items()

    def _compare(self, event: Event) -> None:
        for emitted in self._left:
            if event.type != CUSTOM_TAG:  # under what name is not known here
                tag, content = payload_of(event.type, (emitted,))
                told = event.data if event.blob is None else event.blob
                if tag != event.type:
                    self._left = iter(())
                elif told not in (None, content) and not self._passes(event):
                    self._found(event, content)
            return

    def _found(self, event: Event, content: bytes) -> None:
        before, after = mapping(event.plain_payload), mapping(values.decode_plain(content))
        if before.get("created_at") != after.get("created_at"):  # it is another event
            self._left = iter(())
        elif "created_at" in before:
            self._changed[event.position] = content

    def _amended(self, event: Event) -> None:
        amended = mapping(event.plain_payload)
        content = self._changed.get(amended.get("position", -1))
        if content is not None and (
            self._passes(event) or values.decode_plain(content) == amended.get("payload")
        ):
            del self._changed[amended["position"]]
