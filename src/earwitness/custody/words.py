"""What every entry of the store's log has to say: who, and why."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1_000
"""How many characters a reason or an actor may have."""


def check_account(reason: str, actor: str) -> None:
    """Refuse an entry that does not say who did something, and why.

    Raises:
        ValueError: the reason or the actor is empty, or too long.
    """
    for name, value in (("reason", reason), ("actor", actor)):
        if not value.strip() or len(value) > LONGEST:
            raise ValueError(f"{name} must be a text of 1 to {LONGEST} characters")
