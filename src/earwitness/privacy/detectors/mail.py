"""E-mail addresses as they are said: "john dot smith at gmail dot com"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from ..spoken import Numeral, Reading, Word
from .heard import Heard

# A domain ends with one of these: "at six dot" must not begin an address.
_TOP: Final = frozenset(
    """
    com org net edu gov mil int info biz io ai co app dev me tv uk us ca au nz ie in za de at ch
    fr es it nl be pt se no dk fi pl cz ru ua tr gr hu ro br mx ar cl cn jp kr sg hk eu cloud
    online shop store tech
    """.split()  # noqa: SIM905
)
_PROVIDERS: Final = frozenset(
    """
    gmail googlemail yahoo outlook hotmail live msn icloud me mac aol proton protonmail gmx web
    zoho yandex mail fastmail comcast verizon att btinternet orange free libero
    """.split()  # noqa: SIM905
)
_SIGNS: Final = (("dot", "."), ("underscore", "_"), ("dash", "-"), ("plus", "+"))
_WRITTEN_SIGNS: Final = frozenset(sign for _, sign in _SIGNS)
_CUE_WITHIN: Final = 80
_MOST_WORDS_IN_LABEL: Final = 3
_MOST_WORDS_IN_DOMAIN: Final = 15
_MOST_EXTRA_WORDS: Final = 3
_MOST_WORDS: Final = 40


def said_addresses(heard: Heard) -> Iterator[tuple[int, int, str]]:
    """The spoken addresses of a text: where each begins and ends, and how it is written."""
    mail, words = _Mail(heard.reading), heard.reading.words
    ended = 0
    for place, begins in mail.ats():
        if place <= ended:
            continue
        named = heard.names("email", words[place].start, _CUE_WITHIN)
        domain = mail.domain(begins, named)
        local = mail.local(place - 1, named) if domain is not None else None
        if domain is None or local is None:
            continue
        if named or local.linked or not _PROVIDERS.isdisjoint(domain.labels):
            address = f"{mail.in_writing(local.first, place)}@{'.'.join(domain.labels)}"
            yield words[local.first].start, words[domain.after - 1].end, address
            ended = domain.after


class _Domain(NamedTuple):
    """The labels of a domain, and the place of the word after it."""

    labels: list[str]
    after: int


class _Local(NamedTuple):
    """Where the part before the "at" begins, and whether a word such as "dot" links its parts."""

    first: int
    linked: bool


class _Mail:
    """Reads one text's addresses. Each method takes the place of a word."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.words = reading.words
        self.known = reading.vocabulary.words
        self.signs = {word: sign for name, sign in _SIGNS for word in self.known[f"mail.{name}"]}

    @cached_property
    def numerals(self) -> dict[int, Numeral]:
        """The numbers of the text, by the places of their first words."""
        return {each.first: each for run in self.reading.runs for each in run.numerals}

    def gap(self, place: int) -> str:
        """What stands between a word and the one before it."""
        return self.reading.text[self.words[place - 1].end : self.words[place].start]

    def ats(self) -> Iterator[tuple[int, int]]:
        """The places of each "at", or of what follows a lone @, and of the word after it."""
        written = "@" in self.reading.text
        for place in range(1, len(self.words)):
            if written and "@" in self.gap(place):
                yield place, place
            elif self.words[place].text in self.known["mail.at"]:
                following = self.words[place + 1 : place + 2]
                sign = bool(following) and following[0].text in self.known["mail.sign"]
                yield place, place + 2 if sign else place + 1

    def domain(self, place: int, named: bool) -> _Domain | None:
        """The longest domain that begins with a word: of an unknown end only if it was named."""
        labels, label = [], ""
        longest = None
        for at in range(place, min(place + _MOST_WORDS_IN_DOMAIN, len(self.words))):
            sign = self.signs.get(self.words[at].text)
            if sign == "." or (at > place and self.gap(at) == "."):
                labels.append(label)
                label = ""
            if sign is not None:
                label += "-" if sign == "-" else ""
                continue
            if label and label[-1] != "-" and (labels or at - place >= _MOST_WORDS_IN_LABEL):
                break
            label += self.words[at].text
            if labels and (label in _TOP or (named and label.isalpha())):
                longest = _Domain([*labels, label], at + 1)
        return longest

    def local(self, last: int, named: bool) -> _Local | None:
        """What ends with a word and may stand before an "at"."""
        word = self.words[last].text
        if word in self.known["mail.before"] and len(word) > 1:
            return None
        first, linked, extra = last, False, 0
        while first > 0 and last - first < _MOST_WORDS:
            step = self.step_back(first)
            if not step and named and extra < _MOST_EXTRA_WORDS and self.is_another(first):
                step, extra = 1, extra + 1
            if not step:
                break
            linked = linked or step == 2 or self.gap(first) in _WRITTEN_SIGNS
            first -= step
        return _Local(first, linked)

    def step_back(self, first: int) -> int:
        """How many words before one are of the same name as it; 2 for "dot" and what it links."""
        before, gap = self.words[first - 1], self.gap(first)
        if before.text in self.signs and first > 1:
            return 2
        if not gap or gap in _WRITTEN_SIGNS:
            return 1
        if before.text in self.known["mail.before"] and not self.is_spelled(first - 1):
            return 0
        return int(gap == " " and (self.is_short(self.words[first]) or self.is_short(before)))

    def is_another(self, first: int) -> bool:
        """True if the word before may be one more of a name of several words."""
        return (
            self.gap(first) == " " and self.words[first - 1].text not in self.known["mail.before"]
        )

    def is_spelled(self, place: int) -> bool:
        """True for a single letter between single letters: "i" in "j i m"."""
        neighbours = self.words[max(0, place - 1) : place + 2]
        return len(neighbours) == 3 and all(len(word.text) == 1 for word in neighbours)

    def is_short(self, word: Word) -> bool:
        """True for a letter or a number, which an address may have several of."""
        numbers = self.reading.vocabulary.numbers
        return len(word.text) == 1 or word.written or word.text in numbers

    def in_writing(self, first: int, after: int) -> str:
        """The part before the "at" as it is written."""
        written, place = "", first
        while place < after:
            if place > first and self.gap(place) in _WRITTEN_SIGNS:
                written += self.gap(place)
            numeral = self.numerals.get(place)
            if numeral is not None and numeral.last < after:
                written += numeral.digits
                place = numeral.last + 1
                continue
            word = self.words[place].text
            written += self.signs.get(word, word)
            place += 1
        return written
