"""What the events of one session are redacted with."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from attrs import field, frozen

from .conversation import Conversation
from .policy import Policy

Pseudonym = Callable[[str, str], str]
"""Makes of a kind and a value what can be recognised and not known."""


@frozen
class Means:
    """What the events of one session are redacted with.

    Attributes:
        policy: what is done with each field.
        conversation: what was said before, and the detectors that read it.
        clock: seconds, for the policy's budget.
        pseudonym: makes pseudonyms; None where nothing can.
    """

    policy: Policy
    conversation: Conversation
    clock: Callable[[], float]
    pseudonym: Pseudonym | None = None
    _key: bytes = field(factory=lambda: secrets.token_bytes(32), repr=False)

    def stand_in(self, id: str) -> str:
        """What stands for an id that says something: in this session, always the same."""
        return f"id_{hashlib.blake2b(id.encode(errors='replace'), key=self._key).hexdigest()[:16]}"
