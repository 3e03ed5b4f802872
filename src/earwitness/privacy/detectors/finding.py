"""What a detector is, what it finds, and what it knows of what was said before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, runtime_checkable

from attrs import evolve, field, frozen

from ...exceptions import DetectorError
from ..spoken import forget

TAIL_LENGTH: Final = 400
"""How many characters of earlier text a :class:`Context` keeps."""

BREATH: Final = "\n"
"""What stands between two texts of one speaker in :meth:`Context.joined`."""


@frozen(order=True)
class Finding:
    """A stretch of a text that is sensitive.

    Attributes:
        start: where it begins, in characters of the text.
        end: where it ends: the position after its last character.
        kind: what it is: ``card``, ``iban``, ``phone``, ``email``, ``ip``, ``ssn``, ``secret``,
            ``cvv``, ``birth``, ``digits``, or the name of a pattern or word list.
        partial: it may be the beginning or the continuation of something said in several
            breaths; what exactly, nobody knows yet.
        value: the thing itself, written in one way however it was said, so that one thing gets
            one pseudonym: the digits of a card, a phone number as in E.164. Empty where there is
            no such way, or none worth a pseudonym. It holds the whole number also where this
            text has only the end of it.
    """

    start: int
    end: int
    kind: str
    partial: bool = False
    value: str = field(default="", repr=False)


@frozen
class Context:
    """What was heard before a text, as far as it may tell what the text is. It never changes.

    Attributes:
        tail: the end of what the same speaker said just before.
        prompt: what the other party said last, or the name of the member that holds the text:
            "three one seven" means little, but not after "what is the security code?".
    """

    tail: str = field(default="", repr=False)
    prompt: str = field(default="", repr=False)

    def after(self, text: str) -> Context:
        """The context of what the same speaker says next."""
        return evolve(self, tail=f"{self.tail}{BREATH}{text[-TAIL_LENGTH:]}"[-TAIL_LENGTH:])

    def prompted(self, text: str) -> Context:
        """The context once the other party has said this.

        What the speaker said before is kept: a number goes on after "mm-hm, go on".
        """
        return evolve(self, prompt=text[-TAIL_LENGTH:])

    def joined(self, text: str) -> tuple[str, int]:
        """The text with what the speaker said before it, and where it begins in there."""
        if not self.tail:
            return text, 0
        return f"{self.tail}{BREATH}{text}", len(self.tail) + len(BREATH)


@runtime_checkable
class Detector(Protocol):
    """Finds sensitive things of one kind or a few.

    It MUST be pure: what it finds depends on its arguments and on how it was made, and it keeps
    nothing of them. It MUST take any text, and SHOULD take time linear in the text's length.
    It need not sort what it finds, nor keep it from overlapping. It may raise: then whoever
    asked cannot know what is in the text, and must withhold all of it.

    Attributes:
        name: what it is called in a policy and in errors.
    """

    @property
    def name(self) -> str: ...

    def find(self, text: str, context: Context) -> Iterable[Finding]:
        """What is sensitive in a text; positions are the text's own.

        Args:
            text: what was said or written, as it is to be recorded.
            context: what came before.
        """
        ...


NO_CONTEXT: Final = Context()
"""Nothing was heard before."""


def detect(
    text: str, detectors: Iterable[Detector], context: Context = NO_CONTEXT
) -> list[Finding]:
    """What any of the detectors finds in a text: in order, and no two overlapping.

    Where findings overlap they become one that covers them all, of the strongest's kind: one
    that is whole goes before one that may be a part, one that says what it is before bare
    digits, and the longer one before the shorter.

    Raises:
        DetectorError: a detector found something outside of the text.
        Exception: whatever a detector raised.
    """
    try:
        return merge(
            _checked(finding, detector, text)
            for detector in detectors
            for finding in detector.find(text, context)
        )
    finally:
        forget()


def merge(found: Iterable[Finding]) -> list[Finding]:
    """The findings in order, those that overlap made one of the strongest's kind."""
    merged: list[Finding] = []
    strongest = Finding(0, 0, "")
    for finding in sorted(found, key=lambda finding: finding.start):
        if not merged or finding.start >= merged[-1].end:
            merged.append(finding)
            strongest = finding
            continue
        strongest = max(strongest, finding, key=_strength)
        end = max(merged[-1].end, finding.end)
        merged[-1] = evolve(strongest, start=merged[-1].start, end=end)
    return merged


def _checked(finding: Finding, detector: Detector, text: str) -> Finding:
    if 0 <= finding.start < finding.end <= len(text):
        return finding
    raise DetectorError(
        "A detector found something outside of the text.",
        where=f"detector {detector.name!r}",
        expected=f"0 <= start < end <= {len(text)}",
        got=f"start {finding.start}, end {finding.end}",
    )


def _strength(finding: Finding) -> tuple[bool, bool, int]:
    return not finding.partial, finding.kind != "digits", finding.end - finding.start
