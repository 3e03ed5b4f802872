"""Who was asked, and who has consented."""

from __future__ import annotations

from typing import Any, Final, Literal

from ..events import ConsentDenied, ConsentGranted, ConsentRequested, ConsentWithdrawn

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
