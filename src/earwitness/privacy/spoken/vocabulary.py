"""The words of one language or several, from their data files."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from ...exceptions import DetectorError

ENGLISH: Final = ("en",)


class Phrase(NamedTuple):
    """Words that tell what a number near them is.

    Attributes:
        words: one after the other.
        name: what they tell: ``card``, ``cvv``, ``other``...
    """

    words: tuple[str, ...]
    name: str


@frozen(eq=False)
class Vocabulary:
    """What the words of some languages mean, all in small letters.

    Attributes:
        numbers: each number word with its number.
        weak: words that are digits only beside digits.
        homophones: other words that sound like a digit.
        repeats: "double" and its like, each with how often.
        plurals: "zeros" and its like, each with its digit.
        words: sets of words by what they do between numbers.
        phrases: what tells what a number is, by the first word of each, the longest first.
        glued: scale words that are written as a part of longer words.
    """

    numbers: Mapping[str, int]
    weak: Mapping[str, int]
    homophones: Mapping[str, int]
    repeats: Mapping[str, int]
    plurals: Mapping[str, int]
    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, Sequence[Phrase]]
    glued: re.Pattern[str] | None = None
    numeric: frozenset[str] = field(init=False)
    """Every word that a number may begin with."""

    @numeric.default
    def _numeric(self) -> frozenset[str]:
        return frozenset().union(self.numbers, self.weak, self.homophones, self.repeats)


@lru_cache(maxsize=16)
def vocabulary(languages: Sequence[str] = ENGLISH) -> Vocabulary:
    """The words of these languages together.

    Args:
        languages: codes as of ISO 639-1, in a tuple.

    Raises:
        DetectorError: there is no data for a language.
    """
    tables = [_load(code) for code in languages]
    return Vocabulary(
        numbers=_values(tables, "numbers") | _inverted(tables),
        weak=_values(tables, "weak"),
        homophones=_values(tables, "homophones"),
        repeats=_values(tables, "repeats"),
        plurals=_values(tables, "plurals"),
        words=_words(tables),
        phrases=_phrases(tables),
        glued=_glued(tables),
    )


def known(languages: Iterable[str]) -> tuple[str, ...]:
    """The codes of some languages, in a tuple.

    Raises:
        DetectorError: there is no data for a language.
    """
    codes = tuple(languages)
    vocabulary(codes)
    return codes


def available() -> list[str]:
    """The codes of the languages that there is data for."""
    folder = resources.files(__package__)
    return sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".toml"))


def _load(code: str) -> dict[str, Any]:
    if code not in available():
        raise DetectorError(
            "There is no data for this language.",
            where=f"language {code!r}",
            expected=", ".join(available()),
        )
    text = resources.files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _values(tables: Iterable[dict[str, Any]], name: str) -> dict[str, int]:
    return {
        word.casefold(): int(number)
        for table in tables
        for number, words in table.get(name, {}).items()
        for word in words
    }


def _inverted(tables: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The numbers of languages that say the unit first, in one word: "einundvierzig"."""
    made = {}
    for table in tables:
        if not (rule := table.get("inverted")):
            continue
        for unit, stem in rule["stems"].items():
            for tens in range(20, 100, 10):
                for word in table["numbers"][str(tens)]:
                    made[(stem + rule["joiner"] + word).casefold()] = tens + int(unit)
    return made


def _words(tables: Iterable[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """Sets of words: those of ``[words]`` by their name, others as ``mail.dot``."""
    gathered: defaultdict[str, set[str]] = defaultdict(set)
    for table in tables:
        for group in ("words", "mail", "dates", "secrets"):
            prefix = "" if group == "words" else f"{group}."
            for name, words in table.get(group, {}).items():
                gathered[prefix + name].update(word.casefold() for word in words)
    return {name: frozenset(words) for name, words in gathered.items()}


def _phrases(tables: Iterable[dict[str, Any]]) -> dict[str, list[Phrase]]:
    gathered: defaultdict[str, set[Phrase]] = defaultdict(set)
    for table in tables:
        for name, phrases in table.get("cues", {}).items():
            for words in (tuple(phrase.casefold().split()) for phrase in phrases):
                gathered[words[0]].add(Phrase(words, name))
                glued = "".join(words)  # as in an identifier: cardNumber
                gathered[glued].add(Phrase((glued,), name))
    return {first: sorted(phrases, key=_longest_first) for first, phrases in gathered.items()}


def _longest_first(phrase: Phrase) -> tuple[int, Phrase]:
    return -len(phrase.words), phrase


def _glued(tables: Iterable[dict[str, Any]]) -> re.Pattern[str] | None:
    words = [word for table in tables for word in table.get("inverted", {}).get("glued", ())]
    return re.compile(f"({'|'.join(map(re.escape, words))})") if words else None
