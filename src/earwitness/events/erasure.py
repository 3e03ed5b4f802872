"""What was taken out of a record for good."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen


@frozen(kw_only=True)
class ErasedFile:
    """A file of the session's folder that was erased.

    Attributes:
        file: its name.
        bytes: its size.
        sha256: lower-case hex digest of what it held.
    """

    file: str
    bytes: int
    sha256: str


@frozen(kw_only=True)
class PayloadErased:
    """Payloads and their salts were removed from the log, or files from beside it, for good.

    Attributes:
        positions: the events whose payloads are gone.
        kinds: how many of each type.
        files: the audio, and what was cut off the log, as far as they are gone.
        reason: why, in the words of who did it.
        actor: who did it.
        retention: where ``recording_opened`` is among the events, for how long that said that the
            recording is to be kept after its close, in seconds; None if it did not say.
    """

    TAG: ClassVar = "payload_erased"
    positions: list[int]
    kinds: dict[str, int]
    files: list[ErasedFile]
    reason: str
    actor: str
    retention: float | None = None
