"""A text as a detector of numbers hears it: after what came before, number words and all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from ..spoken import Cue, Reading, Run, may_stand_between, read
from .finding import Context, Finding

HARMLESS: Final = "other"
"""The name of the cues after which a number is nobody's secret."""


@frozen
class Heard:
    """A text behind what its speaker said before it.

    Attributes:
        reading: both, as one text.
        begins: where the text begins in it.
        prompt: what the other party said.
    """

    reading: Reading
    begins: int
    prompt: Reading

    @property
    def text(self) -> str:
        """What the speaker said before, and the text."""
        return self.reading.text

    def runs(self) -> Iterator[Run]:
        """The numbers that are in the text, or reach into it."""
        return (run for run in self.reading.runs if run.end > self.begins)

    def cue(self, place: int, within: int) -> Cue | None:
        """What tells what stands at a place: the speaker's own word, else what was asked for.

        The positions of the latter are the prompt's: use nothing but the name.
        """
        return self.reading.cue_before(place, within) or self.asked_for()

    def names(self, name: str, place: int, within: int) -> bool:
        """True if the last own word before a place says this; without one, if the prompt does."""
        own = self.reading.cue_before(place, within)
        return self.prompted_for(name) if own is None else own.name == name

    def prompted_for(self, name: str) -> bool:
        """True if the other party named this."""
        return any(cue.name == name for cue in self.prompt.cues)

    def asked_for(self) -> Cue | None:
        """What the question that ends the prompt asks for, or the name that the prompt is.

        "A phone number for the booking?" asks for a phone number: of what is harmless and what is
        not, the latter.
        """
        said = self.prompt.text.rstrip()
        if not self.prompt.cues or not any(sign.isspace() for sign in said):
            return self.prompt.cues[-1] if self.prompt.cues else None
        sentence = max(said.rfind(sign, 0, -1) for sign in ".!?")
        cues = [cue for cue in self.prompt.cues if cue.start > sentence]
        if not said.endswith("?") or not cues:
            return None
        return next((cue for cue in reversed(cues) if cue.name != HARMLESS), cues[-1])

    def finding(
        self, start: int, end: int, kind: str, *, partial: bool = False, value: str = ""
    ) -> Finding | None:
        """What of a stretch is in the text itself, if anything is."""
        start = start if start >= self.begins else self._goes_on_at(end)
        if start >= end:
            return None
        return Finding(start - self.begins, end - self.begins, kind, partial, value)

    def _goes_on_at(self, end: int) -> int:
        """Where the text goes on with something that began before it, "uh" passed over."""
        known = self.reading.vocabulary
        words = self.reading.words_between(self.begins, end)
        said = (w for w in words if w.text in known.numeric or not may_stand_between(w, known))
        return next((word.start for word in said), end)


def hear(text: str, context: Context, languages: Sequence[str]) -> Heard:
    """Read a text behind what came before it."""
    joined, begins = context.joined(text)
    return Heard(read(joined, languages), begins, read(context.prompt, languages))
