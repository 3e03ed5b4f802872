"""Who looked at what: the place where that can be recorded."""

from __future__ import annotations

from typing import Protocol


class AccessRecord(Protocol):
    """Hears of every look at what was said.

    It MUST NOT raise, and is called from several threads.
    """

    def looked(self, what: str, session_id: str, who: str) -> None:
        """Somebody looked.

        Args:
            what: the part of the session: ``page``, ``story``, ``audio``, ``log``.
            session_id: the session; empty for a search over all of them.
            who: the address that asked.
        """


class NoRecord:
    """Keeps nothing."""

    def looked(self, what: str, session_id: str, who: str) -> None:
        """Forget it."""
