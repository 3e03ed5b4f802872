"""Payment cards: their numbers, and the security codes that nobody may keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, Numeral, Run, known
from .extras import library
from .finding import Context, Finding
from .heard import Heard, hear

_LONGEST_NUMBER: Final = 19

# The first digits of each network (ISO/IEC 7812), how long its numbers are, and may be.
_NETWORKS: Final = (
    (("4",), 16, (13, 19)),  # Visa
    (range(51, 56), 16, ()),  # Mastercard
    (range(2221, 2721), 16, ()),
    (("34", "37"), 15, ()),  # American Express
    (("6011", "65", *range(644, 650)), 16, (17, 18, 19)),  # Discover
    (("36", "38", "39", "3095", *range(300, 306)), 14, range(15, 20)),  # Diners Club
    (range(3528, 3590), 16, (17, 18, 19)),  # JCB
    (("62", "81", "82", "60", "508"), 16, (17, 18, 19)),  # UnionPay, RuPay
    ((5018, 5019, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763), 16, range(12, 20)),  # Maestro
    (range(2200, 2205), 16, (17, 18, 19)),  # Mir
    (("506",), 16, (18, 19)),  # Verve
)
_USUAL: Final = {str(prefix): usual for prefixes, usual, _ in _NETWORKS for prefix in prefixes}
_UNUSUAL: Final = {
    str(prefix): frozenset(more) for prefixes, _, more in _NETWORKS for prefix in prefixes
}
_LONGEST_PREFIX: Final = 4

_CODE_LENGTHS: Final = (3, 4)
_LONGEST_CODES: Final = 8  # a code that is repeated, or put right
_FAR: Final = 60
_NEAR: Final = 40


@frozen
class PaymentCards:
    """Numbers of payment cards, kind ``card``: of a known network, and right by Luhn's formula.

    Written in any grouping or spoken, with fillers and corrections, also in several breaths. All
    digits that are said in one go with a card's number are found with it: what follows it is as
    a rule its date or its security code.

    Needs python-stdnum, which comes with the extra ``redact``.

    Attributes:
        languages: those the digits may be spoken in.

    Raises:
        DetectorError: python-stdnum is not installed.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="payment cards", init=False)

    def __attrs_post_init__(self) -> None:
        library("stdnum.luhn", detector=self.name, package="python-stdnum", extra="redact")

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        for run in heard.runs():
            number = card_number(run, heard.begins)
            if number and (found := heard.finding(run.start, run.end, "card", value=number)):
                yield found


def card_number(run: Run, after: int = 0) -> str:
    """The first card's number in a run that does not end before a place, or nothing."""
    for numerals in run.meant():
        for place in range(len(numerals)):
            if number := _card_at(numerals, place, after):
                return number
    return ""


def _card_at(numerals: Sequence[Numeral], place: int, after: int) -> str:
    """The card's number that begins with a numeral, or nothing."""
    digits = ""
    for last, numeral in enumerate(numerals[place : place + _LONGEST_NUMBER], place):
        digits += numeral.digits
        if len(digits) > _LONGEST_NUMBER:
            break
        # Of an unusual length only if nothing else was said: else one in ten would pass.
        alone = place == 0 and last == len(numerals) - 1
        if numeral.end > after and _is_card(digits, alone):
            return digits
    return ""


def _is_card(digits: str, alone: bool) -> bool:
    from stdnum import luhn

    for length in range(_LONGEST_PREFIX, 0, -1):
        prefix = digits[:length]
        if prefix in _USUAL:
            fits = len(digits) == _USUAL[prefix] or (alone and len(digits) in _UNUSUAL[prefix])
            return fits and bool(luhn.is_valid(digits))
    return False


@frozen
class CardSecurityCodes:
    """Card security codes, kind ``cvv``, where the text or the question before it names one.

    "The security code is 317", "three one seven on the back", or just "three one seven" after
    "what is the security code?". One or two digits are found as a part of a code. A code has no
    value: nothing that could stand for one may be kept (PCI DSS 3.3.1).

    Attributes:
        languages: those that it may be asked for and spoken in.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="card security codes", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        for run in heard.runs():
            end = _code_end(heard, run)
            if end and (
                found := heard.finding(
                    run.start, end, "cvv", partial=len(run.digits) < _CODE_LENGTHS[0]
                )
            ):
                yield found


def _code_end(heard: Heard, run: Run) -> int:
    """Where the security code that a run begins with ends; 0 if it does not begin with one."""
    own = heard.reading.cue_before(run.start, _FAR)
    digits = len(run.digits)
    if own is None:
        asked = heard.prompted_for("cvv") and _answers(heard, run)
        return run.end if asked or _named_after(heard, run) else 0
    if own.name != "cvv" or run.counting:
        return 0
    if digits < _CODE_LENGTHS[0] and not heard.reading.only_fillers(own.end, run.start):
        return 0
    return run.end if digits <= _LONGEST_CODES else _first_code_end(run)


def _answers(heard: Heard, run: Run) -> bool:
    """True if a run may be the answer to a question for a security code."""
    if _CODE_LENGTHS[0] <= len(run.digits) <= _LONGEST_CODES:
        return True
    only_fillers = heard.reading.only_fillers
    alone = only_fillers(heard.begins, run.start) and only_fillers(run.end, len(heard.text))
    return alone and len(run.digits) < _CODE_LENGTHS[0]


def _named_after(heard: Heard, run: Run) -> bool:
    """True for "three one seven is the security code"."""
    if len(run.digits) not in _CODE_LENGTHS:
        return False
    following = heard.reading.cue_after(run.end, _NEAR)
    return following is not None and following.name == "cvv"


def _first_code_end(run: Run) -> int:
    digits = 0
    for numeral in run.numerals:
        digits += len(numeral.digits)
        if digits >= _CODE_LENGTHS[0]:
            return numeral.end
    return run.end
