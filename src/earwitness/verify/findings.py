"""What a verification goes by, and what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from attrs import Factory, define, frozen

from ..stores.sessions import State

MAX_FINDINGS: Final = 100
"""How many findings of one session are told; the rest are counted."""


@frozen
class TreeHead:
    """The root of a log's tree at a size, as somebody wrote it down.

    Attributes:
        size: number of events.
        root: 32 bytes.
        told_by: the rule under which it is compared with the log: who wrote it down.
    """

    size: int
    root: bytes
    told_by: str = "audit-log"


@frozen
class Finding:
    """One thing that is not as it should be.

    Attributes:
        rule: the rule that is broken, by its name in :mod:`earwitness.verify`.
        where: the file, the line, the event. A file of the session's folder is told by its name.
        expected: what would have been right.
        got: what is there.
        event: the position of the event, if it is one event's fault.
    """

    rule: str
    where: str
    expected: str
    got: str
    event: int | None = None


@define
class Verification:
    """What became of one session's verification.

    Attributes:
        session_id: the session.
        folder: where it stands.
        state: live, closed or interrupted; unknown if the log could not be read.
        events: how many the log holds.
        sealed: how many events the checkpoint covers; more than ``events`` in a log cut short.
        withheld: how many events have no payload in this copy.
        encrypted: how many have one that nobody here has the key for.
        erased: how many of them were erased, as the log itself tells, sealed.
        torn_bytes: size of an unfinished last line, which is no event yet or never was.
        published: how many tree heads that are known from elsewhere were compared with the log.
        signed_by: the known keys that signed the checkpoint, as name and id.
        cosigned: how many events the known witnesses countersigned.
        cosigned_by: their names.
        findings: what is wrong, as it was found; nothing in a sound session.
        more_findings: how many there were beyond those.
        unread: files that could not be read, and why.
        unchecked: what could not be compared, and why. It is no fault.
        left: files that were erased and are still there. Who erased was interrupted.
    """

    session_id: str
    folder: Path
    state: State | Literal["unknown"]
    events: int = 0
    sealed: int = 0
    withheld: int = 0
    encrypted: int = 0
    erased: int = 0
    torn_bytes: int = 0
    published: int = 0
    signed_by: list[str] = Factory(list)
    cosigned: int = 0
    cosigned_by: list[str] = Factory(list)
    findings: list[Finding] = Factory(list)
    more_findings: int = 0
    unread: list[str] = Factory(list)
    unchecked: list[str] = Factory(list)
    left: list[str] = Factory(list)

    @property
    def sound(self) -> bool:
        """True if everything could be read and nothing is wrong."""
        return not self.findings and not self.unread

    @property
    def unreadable(self) -> int:
        """How many payloads could not be looked at, being withheld or encrypted."""
        return self.withheld + self.encrypted

    @property
    def after_checkpoint(self) -> int:
        """How many events came after the last checkpoint, and are not sealed yet."""
        return max(0, self.events - self.sealed)

    def not_read(self, file: str, error: OSError) -> None:
        """Take note of a file that could not be read."""
        self.unread.append(f"{file}: {error.strerror or error}")

    def find(
        self, rule: str, where: str, expected: str, got: str, *, event: int | None = None
    ) -> None:
        """Add a finding; only counted if there are :data:`MAX_FINDINGS` already."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(rule, where, expected, got, event))
        else:
            self.more_findings += 1
