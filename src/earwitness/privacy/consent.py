"""Who was asked, and who has consented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from ..codec import load
from ..events import (
    OWN_EVENTS,
    AnswerPlayed,
    ConsentDenied,
    ConsentGranted,
    ConsentRequested,
    ConsentWithdrawn,
    Event,
    EventAmended,
    EventWrapped,
    HistoryItemAdded,
    HistoryItemChanged,
    OptionsChanged,
    ParticipantLinked,
    PayloadErased,
)
from .erasure import is_named

Decision = Literal["requested", "granted", "denied", "withdrawn"]

RECORDING: Final = "recording"
"""The purpose whose consent a policy may wait for."""

EVENTS: Final[dict[str, type[Any]]] = {
    "requested": ConsentRequested,
    "granted": ConsentGranted,
    "denied": ConsentDenied,
    "withdrawn": ConsentWithdrawn,
}


class Consents:
    """What the parties of a session said to its recording."""

    def __init__(self) -> None:
        self._said: dict[str, Decision] = {}

    def take(self, party: str, decision: Decision) -> None:
        """Take note of what a party said."""
        if decision == "requested" and self._said.get(party) == "granted":
            return  # asked once more, they still have consented
        self._said[party] = decision

    @property
    def given(self) -> bool:
        """True if somebody consented, and nobody was asked who has not."""
        return bool(self._said) and set(self._said.values()) == {"granted"}

    @property
    def refused(self) -> bool:
        """True if a party did not consent, or took their consent back."""
        return not {"denied", "withdrawn"}.isdisjoint(self._said.values())


_OF_THE_SESSION: Final = frozenset(
    cls.TAG
    for cls in (
        AnswerPlayed,
        EventAmended,
        EventWrapped,
        HistoryItemAdded,
        HistoryItemChanged,
        OptionsChanged,
        ParticipantLinked,
    )
)
_ACCOUNTS: Final = {PayloadErased.TAG, *(cls.TAG for cls in EVENTS.values())}


def holds_content(event: Event) -> bool:
    """True for an event with a payload that tells of the session, not of its recording."""
    return not event.withheld and (event.type in _OF_THE_SESSION or event.type not in OWN_EVENTS)


def withdrawn(events: Iterable[Event]) -> set[int]:
    """The positions of what goes with a consent: the content, and what names a participant.

    What tells of consents and of erasures stays in any case, to account for them.
    """
    recorded = [event for event in events if not event.withheld]
    linked = [event for event in recorded if event.type == ParticipantLinked.TAG]
    names = [load(event, ParticipantLinked).identity for event in linked]
    return {
        event.position
        for event in recorded
        if holds_content(event)
        or (event.type not in _ACCOUNTS and names and is_named(names, [event]))
    }


def asks_for_erasure(event: Event) -> bool:
    """True for a consent's withdrawal upon which the policy has the content erased.

    Raises:
        LogFormatError: its payload is not what its tag promises.
    """
    if event.type != ConsentWithdrawn.TAG or event.withheld:
        return False
    return load(event, ConsentWithdrawn).erase
