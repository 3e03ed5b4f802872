"""Bank accounts: international bank account numbers (ISO 13616)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from attrs import field, frozen

from ..spoken import ENGLISH, Reading, known, may_stand_between
from .extras import library
from .finding import Context, Finding
from .heard import hear

_SHORTEST: Final = 15
_LONGEST: Final = 34
_FEWEST_DIGITS: Final = 8
_MOST_PIECES: Final = 48


class _Piece(NamedTuple):
    """Letters or digits that may be a part of an IBAN, and where they stand."""

    start: int
    end: int
    text: str


@frozen
class Ibans:
    """International bank account numbers, kind ``iban``: of a known country, and right by mod 97.

    Written in any grouping, or spelled: "D E eight nine, three seven oh four". Also in several
    breaths, where what is found is what the last of them says.

    Needs python-stdnum, which comes with the extra ``redact``.

    Attributes:
        languages: those the digits may be spoken in.

    Raises:
        DetectorError: python-stdnum is not installed.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="ibans", init=False)

    def __attrs_post_init__(self) -> None:
        library("stdnum.iban", detector=self.name, package="python-stdnum", extra="redact")

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        if sum(len(run.digits) for run in heard.reading.runs) < _FEWEST_DIGITS:
            return
        for row in _rows(heard.reading):
            place = 0
            while place < len(row):
                number, after = _iban_at(row, place)
                if not number:
                    place += 1
                    continue
                found = heard.finding(row[place].start, row[after - 1].end, "iban", value=number)
                if found is not None:
                    yield found
                place = after


def _rows(reading: Reading) -> Iterator[list[_Piece]]:
    """What follows each other without a word between that ends a number."""
    numerals = {numeral.first: numeral for run in reading.runs for numeral in run.numerals}
    row: list[_Piece] = []
    place = 0
    while place < len(reading.words):
        word = reading.words[place]
        numeral = numerals.get(place)
        if numeral is not None:
            row.append(_Piece(numeral.start, numeral.end, numeral.digits))
            place = numeral.last + 1
            continue
        if word.text.isascii() and word.text.isalnum() and len(word.text) <= _LONGEST:
            # A filler may be the country: "AT" and "IT" are words, too.
            row.append(_Piece(word.start, word.end, word.text.upper()))
        elif not may_stand_between(word, reading.vocabulary):
            yield row
            row = []
        place += 1
    yield row


def _iban_at(row: Sequence[_Piece], place: int) -> tuple[str, int]:
    """The longest IBAN that begins with a piece, and the place after its last piece."""
    from stdnum import iban

    text, found = "", ("", place)
    for after, piece in enumerate(row[place : place + _MOST_PIECES], place + 1):
        text += piece.text
        if len(text) > _LONGEST or not _may_begin(text):
            break
        if len(text) >= _SHORTEST and iban.is_valid(text, check_country=False):
            found = text, after
    return found


def _may_begin(text: str) -> bool:
    """True if an IBAN can begin like this: two letters, two digits."""
    return text[:2].isalpha() and (len(text) < 3 or text[2:4].isdigit())
