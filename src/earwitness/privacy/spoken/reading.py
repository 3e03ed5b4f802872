"""A text as the detectors read it: its words, its numbers, and what tells what those are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from attrs import frozen

from .numerals import Word, split
from .runs import Run, may_stand_between, runs
from .vocabulary import ENGLISH, Phrase, Vocabulary, vocabulary

_LONGEST_CUE_GAP: Final = 3


class Cue(NamedTuple):
    """A phrase that tells what a number near it is.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        name: what it tells: ``card``, ``cvv``, ``other``...
    """

    start: int
    end: int
    name: str


@frozen
class Reading:
    """What a text says, for whoever looks for numbers in it.

    Attributes:
        text: the text itself.
        vocabulary: the words of the languages it was read in.
        words: its words, in order.
        runs: its numbers, in order.
        cues: what tells what those are, in order.
    """

    text: str
    vocabulary: Vocabulary
    words: Sequence[Word]
    runs: Sequence[Run]
    cues: Sequence[Cue]

    def cue_before(self, place: int, within: int) -> Cue | None:
        """The last cue that ends before a place, if it is no farther than so many characters."""
        last = bisect_right(self.cues, place, key=lambda cue: cue.end) - 1
        return self.cues[last] if last >= 0 and place - self.cues[last].end <= within else None

    def cue_after(self, place: int, within: int) -> Cue | None:
        """The first cue that begins after a place, if it is no farther than so many characters."""
        first = bisect_left(self.cues, place, key=lambda cue: cue.start)
        if first == len(self.cues) or self.cues[first].start - place > within:
            return None
        return self.cues[first]

    def words_between(self, start: int, end: int) -> Sequence[Word]:
        """The words that begin between two places."""
        first = bisect_left(self.words, start, key=lambda word: word.start)
        return self.words[first : bisect_left(self.words, end, key=lambda word: word.start)]

    def only_fillers(self, start: int, end: int) -> bool:
        """True if nothing is said between two places that would end a number."""
        return all(
            may_stand_between(word, self.vocabulary) for word in self.words_between(start, end)
        )


@lru_cache(maxsize=8)
def read(text: str, languages: Sequence[str] = ENGLISH) -> Reading:
    """Read a text. The last few readings are kept until :func:`forget`.

    Args:
        text: anything at all.
        languages: the languages that its words may be of, in a tuple.

    Raises:
        DetectorError: there is no data for a language.
    """
    known = vocabulary(languages)
    words = split(text, known)
    cues = list(_cues(text, words, known))
    return Reading(text, known, words, runs(text, words, known), cues)


def forget() -> None:
    """Keep no text that was read."""
    read.cache_clear()


def _cues(text: str, words: Sequence[Word], known: Vocabulary) -> Iterator[Cue]:
    place = 0
    while place < len(words):
        phrases = known.phrases.get(_stem(words[place]), ())
        phrase = next((each for each in phrases if _stands(text, words, place, each)), None)
        if phrase is None:
            place += 1
            continue
        last = place + len(phrase.words) - 1
        yield Cue(words[place].start, words[last].end, phrase.name)
        place = last + 1


def _stands(text: str, words: Sequence[Word], place: int, phrase: Phrase) -> bool:
    """True if the words from a place on are those of the phrase."""
    here = words[place : place + len(phrase.words)]
    if tuple(_stem(word) for word in here) != phrase.words:
        return False
    return here[-1].end - here[0].start <= sum(map(len, phrase.words)) + _LONGEST_CUE_GAP * len(
        here
    )


def _stem(word: Word) -> str:
    """The word without the "is" that is drawn together with it: "password's"."""
    return word.text.removesuffix("'s")
