"""What a detector is told of what was said before, speaker by speaker.

LiveKit says most things twice: first a transcript for each breath, then the message that they
became. The breaths of a turn lead on from one to the next; the message is read as what follows
the message before, and what was found in its breaths is found in it again.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Final

from attrs import evolve

from .detectors import Context, Detector, Finding, detect
from .detectors.finding import merge
from .spoken import available, read

USER: Final = "user"
ASSISTANT: Final = "assistant"

_SHORT: Final = 60
_MOST_KNOWN: Final = 2000
_MOST_BREATHS: Final = 200
_OTHER: Final = {USER: ASSISTANT, ASSISTANT: USER}


class Conversation:
    """Reads texts in the order in which they are recorded, and remembers what it must."""

    def __init__(self, detectors: tuple[Detector, ...]) -> None:
        self._detectors = detectors
        self._languages = tuple(available())
        self._told: defaultdict[str, Context] = defaultdict(Context)
        self._breaths: deque[tuple[str, list[Finding]]] = deque(maxlen=_MOST_BREATHS)
        self._breath = Context()
        self._lone: dict[str, list[Finding]] = {}
        self._found: dict[tuple[str, str], list[Finding]] = {}

    def breath(self, text: str) -> list[Finding]:
        """What is found in a transcript of what the user says."""
        context, self._breath = self._breath, self._breath.after(text)
        found = self._find(text, context, "breath")
        self._breaths.append((text, found))
        return found

    def message(self, role: str, text: str) -> list[Finding]:
        """What is found in a message."""
        context = self._told[role]
        self.heard(role, text)
        found = self._find(text, context, role)
        return merge(found + self._again(text)) if role == USER else found

    def answer(self, text: str) -> list[Finding]:
        """What is found in an answer that was played, whose message is still to come."""
        return self._find(text, self._told[ASSISTANT], ASSISTANT)

    def heard(self, role: str, text: str) -> None:
        """Take note of a message, be it read or withheld: the next may go on from it."""
        self._told[role] = self._told[role].after(text)
        if role == USER:
            self._breath = self._told[USER]
        if role == ASSISTANT:
            self._breath = self._breath.prompted(text)
        if (other := _OTHER.get(role)) is not None:
            self._told[other] = self._told[other].prompted(text)

    def heard_breath(self, text: str) -> None:
        """Take note of a transcript that is withheld without being read."""
        self._breath = self._breath.after(text)

    def leaf(self, source: str, field: str, name: str, text: str) -> list[Finding]:
        """What is found in a value of what a tool was given or gave, or of anything else.

        Args:
            source: what such values follow each other in.
            field: the field that it is.
            name: the name of the member that holds it.
        """
        context = evolve(self._told[source], prompt=name)
        self._told[source] = self._told[source].after(text)
        return self._find(text, context, f"{field} {name}")

    def interim(self, text: str) -> bool:
        """True if anything is found in a transcript that may still grow, or any digit."""
        return self.has_number(text) or bool(detect(text, self._detectors, self._breath))

    def has_number(self, text: str) -> bool:
        """True if there is a digit in a text, written or as a word of any language known."""
        return bool(read(text, self._languages).runs)

    def lone(self, text: str) -> list[Finding]:
        """What is found in a text that has nothing to do with any other."""
        if (known := self._lone.get(text)) is not None:
            return known
        found = detect(text, self._detectors, Context())
        if len(text) <= _SHORT and len(self._lone) < _MOST_KNOWN:
            self._lone[text] = found  # names of members and ids come again and again
        return found

    def _find(self, text: str, context: Context, source: str) -> list[Finding]:
        # Said once more, as in an amendment, it must not be told with less reserve.
        known = self._found.get((source, text), [])
        found = merge(known + detect(text, self._detectors, context))
        if found:
            self._found[(source, text)] = found
        return found

    def _again(self, text: str) -> list[Finding]:
        """What was found in the breaths that a message is made of, where they stand in it."""
        again, start = [], 0
        for breath, found in self._breaths:
            if (place := text.find(breath, start)) < 0:
                continue
            again += [evolve(f, start=f.start + place, end=f.end + place) for f in found]
            start = place + len(breath)
        self._breaths.clear()
        return again
