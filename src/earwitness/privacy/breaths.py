"""Digits that are all that somebody says: one of them may be a breath of a card's number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from .detectors import Context, Finding
from .spoken import ENGLISH, known, read


@frozen
class BareDigits:
    """A text that says nothing but digits, kind ``digits``, be it a single one.

    Whoever says a card's number one digit a breath says texts like these. "Four" as the answer to
    "for how many?" is one as well, and is lost.

    Attributes:
        languages: those the digits may be spoken in.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="bare digits", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        reading = read(text, self.languages)
        if not reading.runs or ":" in text:  # a time of day
            return
        start, end = reading.runs[0].start, reading.runs[-1].end
        gaps = [(0, start), (end, len(text))]
        gaps += [
            (run.end, after.start)
            for run, after in zip(reading.runs, reading.runs[1:], strict=False)
        ]
        if all(reading.only_fillers(*gap) for gap in gaps):
            yield Finding(start, end, "digits", partial=True)
