"""An event's payload as it may be written: JSON in, JSON out, before anybody else sees it.

Whatever goes wrong in here, the event stays and what could not be read is withheld.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from .. import values
from ..codec import dump, load, new_event
from ..events import RecordingOpened
from ..projections.report import CUSTOM_TAG
from .conversation import Conversation
from .forms import FIELDS
from .keypad import Keypad
from .means import Means, Pseudonym
from .paths import TABLE, form_of
from .policy import KEEP_ALL, Policy
from .searching import WITHHELD
from .spoken import forget
from .stillness import Stillness
from .treating import Treatment, is_suspicious


@frozen
class Redacted:
    """An event as it may be written.

    Attributes:
        type: its tag; ``livekit.custom`` where the tag itself says something.
        content: its payload's JSON.
        replaced: how many things were replaced, by kind.
        withheld: how many texts were withheld, by reason: ``policy``; ``paused``; ``consent``;
            ``slow``, ``long`` or ``failed`` where a detector could not tell; ``unreadable``.
    """

    type: str
    content: bytes = field(repr=False)
    replaced: Mapping[str, int] = field(factory=dict)
    withheld: Mapping[str, int] = field(factory=dict)


class Redactor:
    """Redacts the events of one session, in the order in which they are recorded.

    Args:
        policy: what is done with each field.
        stillness: whether anything is to be kept at this moment.
        pseudonym: makes pseudonyms, for a policy that wants them.
        clock: seconds, for the policy's budget.
    """

    def __init__(
        self,
        policy: Policy = KEEP_ALL,
        stillness: Stillness | None = None,
        *,
        pseudonym: Pseudonym | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.policy = policy
        self.stillness = stillness or Stillness()
        self._detectors = policy.detectors + ((Keypad(),) if policy.keypad else ())
        self._means = Means(policy, Conversation(self._detectors), clock, pseudonym)
        self._keeps_all = all(policy.action(name) == "keep" for name in FIELDS)

    def redact(self, type: str, content: bytes) -> Redacted:
        """An event as it may be written. Never raises.

        Args:
            type: its tag.
            content: its payload's JSON.
        """
        if self._keeps_all and not self.stillness.ever:
            return Redacted(type, content)
        try:
            return self._redact(type, content)
        except Exception:  # of whatever a detector or a payload may hide
            return self.withheld(type)

    def withheld(self, type: str) -> Redacted:
        """An event of which nothing is known but its type, and of a strange one not even that."""
        tag = type if type in TABLE else CUSTOM_TAG
        return _written(tag, WITHHELD, Counter(), Counter(failed=1))

    def _redact(self, type: str, content: bytes) -> Redacted:
        payload = values.decode_plain(content)
        hidden = self.stillness.hides(type, payload)
        if self._keeps_all and hidden is None:
            return Redacted(type, content)
        treatment = Treatment(self._means, type, hidden)
        payload = treatment.shaped(form_of(type), payload, "")
        if type not in TABLE and self._is_content(type):
            type, payload = CUSTOM_TAG, {"name": WITHHELD, "event": payload}
            treatment.withheld["policy"] += 1
        if not treatment.replaced and not treatment.withheld:
            return Redacted(type, content)
        return _written(type, payload, treatment.replaced, treatment.withheld)

    def opened(self, opened: RecordingOpened) -> RecordingOpened:
        """A log's first event as it will be written."""
        redacted = self.redact(*dump(opened))
        return load(new_event(0, 0, redacted.type, redacted.content), RecordingOpened)

    def recorded(self, position: int) -> None:
        """Take note of where the event that was redacted last is recorded."""
        self.stillness.recorded(position)

    def note(self, text: str) -> str:
        """A word on the recording itself, as an audit line may repeat it. Never raises."""
        try:
            return str(Treatment(self._means, "", None).shaped("notes", text, ""))
        except Exception:
            return WITHHELD

    @property
    def withholds_audio(self) -> str | None:
        """Why the session's audio may not be kept; None if it may."""
        if not self.policy.audio:
            return "policy"
        return next(iter(self.stillness.reasons), None)

    def name(self, wanted: str) -> str | None:
        """A name under which something may be kept: the one that was wanted, if it says nothing."""
        try:
            return None if self.policy.detects and self._is_content(wanted) else wanted
        except Exception:
            return None

    def forget(self) -> None:
        """Keep nothing of what was read. For the end of a session."""
        self._means = evolve(self._means, conversation=Conversation(self._detectors))
        forget()

    def warm(self) -> None:
        """Have the detectors load what they need, so that the first event need not wait for it."""
        try:
            self._means.conversation.lone(
                "call me at +1 202-555-0143, a@example.com, four one one one"
            )
        except Exception:
            return  # it will raise again where that matters

    def _is_content(self, name: str) -> bool:
        return is_suspicious(name) and bool(self._means.conversation.lone(name))


def _written(type: str, payload: Any, replaced: Counter[str], withheld: Counter[str]) -> Redacted:
    told = {"replaced": dict(replaced), "withheld": dict(withheld)}
    note = {name: counts for name, counts in told.items() if counts}
    if isinstance(payload, dict) and not _is_special(payload):
        payload = payload | {values.REDACTED: note}
    else:
        payload = {values.REDACTED: note, values.WHOLE: payload}
    return Redacted(type, values.encode_plain(payload), replaced, withheld)


def _is_special(payload: dict[str, Any]) -> bool:
    """True if one more member would change what the others mean."""
    return len(payload) == 1 and next(iter(payload)).startswith("$")
