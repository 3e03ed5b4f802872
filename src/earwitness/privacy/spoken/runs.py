"""Numerals that follow each other as the parts of one number do, fillers and all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from attrs import frozen

from .numerals import Numeral, Word, numerals
from .vocabulary import Vocabulary

_BREAKS: Final = frozenset(":\\=%$€£¥@#&<>{}|+*^~`")
_LONGEST_GAP: Final = 60
_MOST_WORDS_BETWEEN: Final = 7
# So many digits make it believable that "for" between two of them was a four.
_DIGITS_FOR_HOMOPHONES: Final = 6


@frozen
class Run:
    """Numerals that may be one number together.

    Attributes:
        numerals: in order, at least one.
        apart: for each but the first, whether more than white space parts it from the one before.
        corrected: for each but the first, whether a word like "sorry" stands before it.
        plus: where a plus sign or word before the first begins, or None.
    """

    numerals: tuple[Numeral, ...]
    apart: tuple[bool, ...]
    corrected: tuple[bool, ...]
    plus: int | None = None

    @property
    def start(self) -> int:
        return self.numerals[0].start

    @property
    def end(self) -> int:
        return self.numerals[-1].end

    @property
    def digits(self) -> str:
        """The digits of all its numerals."""
        return "".join(numeral.digits for numeral in self.numerals)

    @property
    def counting(self) -> bool:
        """True if all that it says may be how many digits others have."""
        return all(numeral.counting for numeral in self.numerals)

    def chunks(self) -> list[tuple[Numeral, ...]]:
        """Its numerals in the groups they were said in."""
        chunks = [[self.numerals[0]]]
        for numeral, apart in zip(self.numerals[1:], self.apart, strict=True):
            if apart:
                chunks.append([])
            chunks[-1].append(numeral)
        return [tuple(chunk) for chunk in chunks]

    def meant(self) -> list[list[Numeral]]:
        """What may have been meant: all of it, without what counts, and with what was corrected.

        After "sorry" comes either the whole number again or, in place of as many digits before
        it, the digits that were wrong.
        """
        plain = [numeral for numeral in self.numerals if not numeral.counting]
        meant = [list(self.numerals)]
        if len(plain) < len(self.numerals):
            meant.append(plain)
        if any(self.corrected):
            meant.append(self._corrected())
        return meant

    def _corrected(self) -> list[Numeral]:
        kept: list[Numeral] = [self.numerals[0]]
        for place, numeral in enumerate(self.numerals[1:]):
            if self.corrected[place]:
                wrong = self._said_until_apart(place + 1)
                while kept and wrong > 0:
                    wrong -= len(kept.pop().digits)
            kept.append(numeral)
        return kept

    def _said_until_apart(self, place: int) -> int:
        """How many digits follow in one breath."""
        digits = len(self.numerals[place].digits)
        for apart, numeral in zip(self.apart[place:], self.numerals[place + 1 :], strict=True):
            if apart:
                break
            digits += len(numeral.digits)
        return digits


def runs(text: str, words: Sequence[Word], vocabulary: Vocabulary) -> list[Run]:
    """The runs of a text, in order, from its words."""
    gathered: list[list[Numeral]] = []
    for numeral in numerals(text, words, vocabulary):
        if gathered and _goes_on(text, words, vocabulary, gathered[-1][-1], numeral):
            gathered[-1].append(numeral)
        else:
            gathered.append([numeral])
    found = (run for group in gathered for part in _believable(group) for run in _counted(part))
    return [_run(text, words, vocabulary, run) for run in found]


def _goes_on(
    text: str, words: Sequence[Word], vocabulary: Vocabulary, last: Numeral, numeral: Numeral
) -> bool:
    """True if a numeral may be of the same number as the last one."""
    if numeral.start - last.end > _LONGEST_GAP:
        return False
    between = words[last.last + 1 : numeral.first]
    if len(between) > _MOST_WORDS_BETWEEN or not _BREAKS.isdisjoint(text[last.end : numeral.start]):
        return False
    return all(may_stand_between(word, vocabulary) for word in between)


def may_stand_between(word: Word, vocabulary: Vocabulary) -> bool:
    """True for "uh", "sorry" and their like, which do not end a number."""
    return word.text in vocabulary.words["fillers"] or word.text in vocabulary.words["corrections"]


def _believable(group: list[Numeral]) -> list[list[Numeral]]:
    """The group without what is a number only in other company than it has here."""
    if sum(len(numeral.digits) for numeral in group if numeral.sure) >= _DIGITS_FOR_HOMOPHONES:
        return [group]
    parts: list[list[Numeral]] = [[]]
    for numeral in group:
        if numeral.heard:
            parts.append([])
        else:
            parts[-1].append(numeral)
    return [part for part in parts if any(numeral.sure for numeral in part)]


def _counted(group: list[Numeral]) -> list[list[Numeral]]:
    """The group apart from what counts the digits that follow: "..., and the last four"."""
    last = len(group)
    while last > 1 and group[last - 1].counting:
        last -= 1
    return [part for part in (group[:last], group[last:]) if part]


def _run(text: str, words: Sequence[Word], vocabulary: Vocabulary, group: Sequence[Numeral]) -> Run:
    apart, corrected = [], []
    for last, numeral in pairwise(group):
        apart.append(not text[last.end : numeral.start].isspace())
        between = words[last.last + 1 : numeral.first]
        corrected.append(any(word.text in vocabulary.words["corrections"] for word in between))
    return Run(
        tuple(group), tuple(apart), tuple(corrected), _plus(text, words, vocabulary, group[0])
    )


def _plus(text: str, words: Sequence[Word], vocabulary: Vocabulary, first: Numeral) -> int | None:
    """Where the plus before a numeral begins."""
    if first.first > 0 and words[first.first - 1].text in vocabulary.words["plus"]:
        return words[first.first - 1].start
    before = text[max(0, first.start - 3) : first.start].rstrip(" (")
    return text.rindex("+", 0, first.start) if before.endswith("+") else None
