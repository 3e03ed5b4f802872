"""What may stand in a place of an event's payload: the language of :mod:`.paths`.

A *form* says it of a place: the name of a field that holds content, :data:`WORD`, :data:`ID`,
:data:`NUMBER` or :data:`KEPT` for what is structure, or the forms of the members or items there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

FIELDS: Final = (
    "transcripts",
    "interims",
    "messages",
    "arguments",
    "results",
    "instructions",
    "errors",
    "media",
    "other",
    "identities",
    "rooms",
    "paths",
    "notes",
)
"""What a policy can name. ``other`` is what the table does not know."""

SAID: Final = frozenset(FIELDS) - {"identities", "rooms", "paths", "notes"}
"""The fields that may hold what was said or done in the session: what a pause keeps out."""

WORD: Final = "$word"
"""Structure: a name, a state, a version."""
ID: Final = "$id"
"""Structure: an id, by which events are told apart and belong together."""
NUMBER: Final = "$number"
"""Structure: a time, a duration, a count."""
KEPT: Final = "$kept"
"""Structure that nobody looks into: nanoseconds, which are as long as a card, digests, session
ids."""


@frozen
class Members:
    """An object: the form of each member that is known, and of the rest."""

    known: Mapping[str, Any]
    rest: str = "other"


@frozen
class Each:
    """An array, all of whose items have one form."""

    form: Any


@frozen
class Chosen:
    """A value that tells its own form."""

    choose: Callable[[Any], Any] = field(repr=False)


Form = str | Members | Each | Chosen


def named(form: str, *names: str) -> dict[str, Form]:
    """Members of one form."""
    return dict.fromkeys(names, form)


def event(**members: Form) -> Members:
    """The payload of an event of LiveKit's, with what each has."""
    return Members({"type": WORD, "created_at": NUMBER, **members})
