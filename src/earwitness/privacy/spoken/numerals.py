"""The numbers in a text, one by one: written digits, number words, "double two", "three zeros"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from attrs import frozen

from .vocabulary import Vocabulary

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+")
_TIGHT: Final = re.compile(r"[\s-]{1,2}")
_LONGEST_GLUED: Final = 60
_LONGEST_SCALED: Final = 3


class Word(NamedTuple):
    """A word or a row of digits: where it stands, and what it is in small letters."""

    start: int
    end: int
    text: str

    @property
    def written(self) -> bool:
        """True if it is a row of digits."""
        return self.text[0].isdecimal()


@frozen
class Numeral:
    """One number of a text, as the digits that it puts into a longer one.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        digits: its digits from 0 to 9, whatever the script: "forty-one" has ``41``.
        first: the number of its first word among the text's words.
        last: that of its last word.
        sure: False if it is a number only in the company of others: "oh".
        heard: True if its word means something else and only sounds like a digit: "for".
        counting: True if it may only count the digits around it: "the last four are".
    """

    start: int
    end: int
    digits: str
    first: int
    last: int
    sure: bool = True
    heard: bool = False
    counting: bool = False


def split(text: str, words: Vocabulary) -> list[Word]:
    """The words of a text."""
    found = []
    for match in _WORD.finditer(text):
        word = Word(match.start(), match.end(), _plain(match[0]))
        if words.glued is not None and word.text not in words.numbers:
            found.extend(_unglued(word, match[0].lower(), words))
        else:
            found.append(word)
    return found


def _plain(word: str) -> str:
    return word.casefold().replace("\u2019", "'")


def numerals(text: str, words: Sequence[Word], vocabulary: Vocabulary) -> list[Numeral]:
    """The numbers of a text, from its words."""
    reader = _Reader(text, words, vocabulary)
    found = []
    place = 0
    while place < len(words):
        numeral = reader.numeral(place)
        if numeral is None:
            place += 1
            continue
        found.append(numeral)
        place = numeral.last + 1
    return found


def _unglued(word: Word, lowered: str, words: Vocabulary) -> list[Word]:
    """A word like "viertausendeinhundertelf" in its parts, if it has no others."""
    assert words.glued is not None
    # In small letters it must be as long as it stands in the text: the parts are found there.
    if word.written or len(lowered) > _LONGEST_GLUED or len(lowered) != word.end - word.start:
        return [word]
    parts = [part for part in words.glued.split(lowered) if part]
    if any(_plain(part) not in words.numbers for part in parts):
        return [word]
    found = []
    start = word.start
    for part in parts:
        found.append(Word(start, start + len(part), _plain(part)))
        start += len(part)
    return found


class _Value(NamedTuple):
    """A number, and the place of the word after it."""

    number: int
    after: int


class _Reader:
    """Reads one text's numbers. Each method takes the place of a word."""

    def __init__(self, text: str, words: Sequence[Word], vocabulary: Vocabulary) -> None:
        self.text = text
        self.words = words
        self.vocabulary = vocabulary

    def numeral(self, place: int) -> Numeral | None:
        if not (self.words[place].written or self.words[place].text in self.vocabulary.numeric):
            return None
        read = self.repeated(place) or self.number(place) or self.written(place)
        if read is None:
            return self.unsure(place)
        digits, after = read
        if self.is_pronoun(place, after, digits):
            return None
        counting = len(digits) <= 2 and self.is_counting(place, after)
        return self.made(digits, place, after - 1, counting=counting)

    def made(
        self,
        digits: str,
        first: int,
        last: int,
        *,
        sure: bool = True,
        heard: bool = False,
        counting: bool = False,
    ) -> Numeral:
        start, end = self.words[first].start, self.words[last].end
        return Numeral(start, end, digits, first, last, sure, heard, counting)

    def word(self, place: int) -> str:
        return self.words[place].text if 0 <= place < len(self.words) else ""

    def follows(self, place: int) -> bool:
        """True if nothing but a space or a hyphen parts the word from the one before it."""
        if not 0 < place < len(self.words):
            return False
        before, this = self.words[place - 1], self.words[place]
        gap = self.text[before.end : this.start]
        return not gap or _TIGHT.fullmatch(gap) is not None

    def digit(self, place: int) -> str:
        """The one digit that a word means, or nothing."""
        word = self.word(place)
        number = self.vocabulary.numbers.get(word, self.vocabulary.weak.get(word))
        if number is not None and number < 10:
            return str(number)
        return _ascii(word) if len(word) == 1 and word.isdecimal() else ""

    def repeated(self, place: int) -> tuple[str, int] | None:
        """Several digits at once: "double two", "three zeros"."""
        word = self.word(place)
        times = self.vocabulary.repeats.get(word)
        if times and self.follows(place + 1) and (digit := self.digit(place + 1)):
            return digit * times, place + 2
        plural = self.vocabulary.plurals.get(self.word(place + 1))
        if plural is not None and self.follows(place + 1) and (count := self.digit(place)) > "1":
            return str(plural) * int(count), place + 2
        return None

    def number(self, place: int) -> tuple[str, int] | None:
        """A number in words, up to the thousands, and "4 thousand"."""
        below = self.hundreds(place)
        if below is None:
            if self.scale(place) != 1000:
                return None
            below = _Value(1, place)
        elif self.scale(below.after) != 1000 or not self.follows(below.after):
            return str(below.number), below.after
        rest = self.rest(below.after + 1, self.hundreds)
        if rest is None:
            return str(below.number * 1000), below.after + 1
        return str(below.number * 1000 + rest.number), rest.after

    def hundreds(self, place: int) -> _Value | None:
        small = self.small(place)
        if small is None:
            number = self.vocabulary.numbers.get(self.word(place), 0)
            if not 100 <= number < 1000:
                return None
            value = _Value(number, place + 1)
        elif self.scale(small.after) == 100 and self.follows(small.after) and small.number:
            value = _Value(small.number * 100, small.after + 1)
        else:
            return small
        rest = self.rest(value.after, self.small)
        return value if rest is None else _Value(value.number + rest.number, rest.after)

    def rest(self, place: int, read: Callable[[int], _Value | None]) -> _Value | None:
        """What is added to a round number: "four hundred **and eleven**"."""
        if not self.follows(place):
            return None
        if self.word(place) in self.vocabulary.words["joiners"]:
            place += 1
            if not self.follows(place):
                return None
        elif self.digit(place) and self.digit(place + 1):
            return None  # digits go on one by one: "eight hundred, five five five"
        found = read(place)
        return found if found is not None and found.number else None

    def small(self, place: int) -> _Value | None:
        """A number below a hundred in words; in digits only where a scale word follows."""
        word = self.word(place)
        number = self.vocabulary.numbers.get(word)
        if number is None:
            few = word.isdecimal() and len(word) <= _LONGEST_SCALED
            if few and self.scale(place + 1) and self.follows(place + 1):
                return _Value(int(word), place + 1)
            return None
        if number >= 100:
            return None
        if number < 20 or number % 10:
            return _Value(number, place + 1)
        unit = place + 1
        if self.word(unit) in self.vocabulary.words.get("tens_joiners", ()):
            unit += 1
        if all(self.follows(each) for each in range(place + 1, unit + 1)):
            added = self.vocabulary.numbers.get(self.word(unit), 0)
            if 0 < added < 10:
                return _Value(number + added, unit + 1)
        return _Value(number, place + 1)

    def scale(self, place: int) -> int:
        number = self.vocabulary.numbers.get(self.word(place), 0)
        return number if number in (100, 1000) else 0

    def written(self, place: int) -> tuple[str, int] | None:
        """A row of digits; not that of "3rd", "2pm" or "4k"."""
        word = self.words[place]
        if not word.written:
            return None
        glued = self.text[word.end : word.end + 1].isalpha()
        if glued and len(word.text) <= 2:
            return None
        return _ascii(word.text), place + 1

    def unsure(self, place: int) -> Numeral | None:
        """What is a digit only in company: "oh" beside one, "for" between two."""
        word, vocabulary = self.word(place), self.vocabulary
        if (number := vocabulary.weak.get(word)) is not None:
            beside = self.is_number(place - 1) or self.is_number(place + 1)
            return self.made(str(number), place, place, sure=False) if beside else None
        if (number := vocabulary.homophones.get(word)) is None:
            return None
        digit_after = self.digit(place + 1) or self.word(place + 1) in vocabulary.repeats
        between = self.digit(place - 1) and digit_after
        return self.made(str(number), place, place, sure=False, heard=True) if between else None

    def is_number(self, place: int) -> bool:
        """True if a word is a number, or a part of one, by itself."""
        word, known = self.word(place), self.vocabulary
        if not word or word.isdecimal():
            return bool(word)
        return any(word in words for words in (known.numbers, known.weak, known.repeats))

    def is_pronoun(self, place: int, after: int, digits: str) -> bool:
        """True for "this one", where no other number follows."""
        if digits != "1" or self.words[place].written or self.digit(after):
            return False
        return self.word(place - 1) in self.vocabulary.words["pronoun_after"]

    def is_counting(self, place: int, after: int) -> bool:
        words = self.vocabulary.words
        before = self.word(place - 1) in words["counting_before"]
        return before or self.word(after) in words["counting_after"]


def _ascii(digits: str) -> str:
    """Digits of any script as those from 0 to 9."""
    if digits.isascii():
        return digits
    return "".join(str(unicodedata.decimal(digit)) for digit in digits)
