"""Digits that may be a part of a number said in several breaths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, Reading, Run, known
from .finding import BREATH, Context, Finding
from .heard import HARMLESS, Heard, hear

_NEAR: Final = 80
_FAR: Final = 200
_WATCHED_AT_LEAST: Final = 2
# A card is read out digit by digit. One digit after "call me" is the hour, or for how many.
_SAID_SINGLY: Final = frozenset({"card", "cvv"})
_LONG_IN_TWO: Final = 8
_PIECE_AT_LEAST: Final = 3
_MOST_PIECES: Final = 6
_DATE: Final = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{2}|\d{4})|\d{4}[/.-]\d{2}[/.-]\d{2}|\d{1,2}/\d{2,4}"
)
_TIME: Final = re.compile(r"(?<!\d)(?:[01]?\d|2[0-4]):[0-5]\d(?!\d)")
_WORDS_BETWEEN: Final = 4
_LONGEST_DATE: Final = 6
_DECIMALS: Final = re.compile(r"\d{1,3}\.\d{1,12}(?:,\s?-?\d{1,3}\.\d{1,12}){0,3}")
_CURRENCY: Final = frozenset("$€£¥₹%")


def _names(cues: Sequence[str]) -> tuple[str, ...]:
    return tuple(cues)


@frozen
class DigitRuns:
    """Digits of which nobody knows yet what they are, kind ``digits``.

    A number said in several breaths is written one breath at a time, so the first must be
    judged before the last is heard. Found are, as partial,

    - ``at_least`` digits that end a text, or begin one and go on with such a number;
    - any two digits where the speaker or the other party has just named a card or a telephone,
      and one that ends a text where it was a card; any two digits where either of them has just
      said four or more;

    and ``always`` digits or more in any place, be it in pieces with a few words between, and
    whether or not they are right by Luhn's formula: recognition mishears a digit often enough.

    Prices, measures, dates, years, times of day, and what a word before it names as something
    else, as in "room 1204" or "order number 58210", are left alone while they are short of
    ``always``.

    Attributes:
        at_least: how many digits are enough where nothing tells what they are.
        always: how many are too many to be anything harmless.
        watched: the cues after which fewer are enough.
        spared: the cues after which digits are something else.
        languages: those the digits may be spoken in.
    """

    at_least: int = 4
    always: int = 13
    watched: Sequence[str] = field(default=("card", "cvv", "phone"), converter=_names)
    spared: Sequence[str] = field(default=(HARMLESS,), converter=_names)
    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="digit runs", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        pending = self._pending(heard)
        pieces = self._pieces(heard)
        for run in heard.runs():
            whole = len(run.digits) >= self.always
            if whole or run.start in pieces or self._may_be_part(heard, run, pending):
                found = heard.finding(run.start, run.end, "digits", partial=not whole)
                if found is not None:
                    yield found

    def _pieces(self, heard: Heard) -> set[int]:
        """Where runs begin that are too many digits together, whatever is said between them."""
        found: set[int] = set()
        row: list[Run] = []
        for run in heard.reading.runs:
            if len(run.digits) < _PIECE_AT_LEAST or not self._is_unexplained(heard, run):
                continue
            if row and run.start - row[-1].end > _NEAR:
                row = []
            row.append(run)
            if sum(len(each.digits) for each in row[-_MOST_PIECES:]) >= self.always:
                found.update(each.start for each in row[-_MOST_PIECES:])
        return found

    def _pending(self, heard: Heard) -> bool:
        """True if an earlier breath ended with digits, or the other party said some."""
        before = [run for run in heard.reading.runs if run.end <= heard.begins]
        return any(
            len(run.digits) >= self.at_least
            and _ends_breath(heard.reading, run)
            and not self._is_spared(heard, run)
            for run in before
        ) or any(
            len(run.digits) >= self.at_least
            and not self._is_named_otherwise(heard.prompt, run)
            and not _explains_itself(heard.prompt, run)
            for run in heard.prompt.runs
        )

    def _may_be_part(self, heard: Heard, run: Run, pending: bool) -> bool:
        if not self._is_unexplained(heard, run):
            return False
        digits = len(run.digits)
        on_edge = run.start < heard.begins or _ends_breath(heard.reading, run)
        if watched := self._watched(heard, run):
            singly = on_edge and not _SAID_SINGLY.isdisjoint(watched)
            return singly or digits >= _WATCHED_AT_LEAST
        if pending and digits >= _WATCHED_AT_LEAST:
            return True
        if run.start >= heard.begins:
            return on_edge and digits >= self.at_least
        return self._goes_on(heard, run)

    def _is_unexplained(self, heard: Heard, run: Run) -> bool:
        return not (
            run.counting or self._is_spared(heard, run) or _explains_itself(heard.reading, run)
        )

    def _goes_on(self, heard: Heard, run: Run) -> bool:
        """True if a run from the breath before is long enough, in one of the two or together."""
        before = sum(len(each.digits) for each in run.numerals if each.end <= heard.begins)
        here = len(run.digits) - before
        return max(before, here) >= self.at_least or before + here >= _LONG_IN_TWO

    def _watched(self, heard: Heard, run: Run) -> set[str]:
        return {name for name in self.watched if heard.names(name, run.start, _FAR)}

    def _is_spared(self, heard: Heard, run: Run) -> bool:
        if heard.reading.cue_before(run.start, _NEAR) is not None:
            return self._is_named_otherwise(heard.reading, run)
        asked = heard.asked_for()
        return asked is not None and asked.name in self.spared

    def _is_named_otherwise(self, reading: Reading, run: Run) -> bool:
        cue = reading.cue_before(run.start, _NEAR)
        return cue is not None and cue.name in self.spared and _directly(reading, cue.end, run)


def _directly(reading: Reading, place: int, run: Run) -> bool:
    """True if no other number and no more than a few words are between a place and a run."""
    words = reading.words_between(place, run.start)
    return len(words) <= _WORDS_BETWEEN and not any(word.written for word in words)


def _ends_breath(reading: Reading, run: Run) -> bool:
    """True if nothing but fillers follows a run before its speaker breathes."""
    breath = reading.text.find(BREATH, run.end, run.end + _NEAR)
    if breath < 0:
        breath = min(len(reading.text), run.end + _NEAR)
    ends = breath == len(reading.text) or reading.text[breath] == BREATH
    return ends and reading.only_fillers(run.end, breath)


def _explains_itself(reading: Reading, run: Run) -> bool:
    """True for a price, a measure, a date, a year or a time of day."""
    text = reading.text
    near = _TIME.finditer(text, max(0, run.start - 3), run.end + 3)
    if any(time.start() <= run.start and run.end <= time.end() for time in near):
        return True
    around = text[max(0, run.start - 2) : run.start] + text[run.end : run.end + 2]
    written = text[run.start : run.end]
    if not _CURRENCY.isdisjoint(around) or _DATE.fullmatch(written) or _DECIMALS.fullmatch(written):
        return True
    following = reading.words[run.numerals[-1].last + 1 : run.numerals[-1].last + 2]
    if following and following[0].text in reading.vocabulary.words["units"]:
        return True
    before = reading.words[run.numerals[0].first - 1].text if run.numerals[0].first else ""
    return _is_year(reading, run, before) or _is_time(reading, run, before)


def _is_year(reading: Reading, run: Run, before: str) -> bool:
    """True for "in 1984", "March 3rd, 2026", "twelve May nineteen eighty four"."""
    words = reading.vocabulary.words
    if before in words["dates.months"]:
        return len(run.digits) <= _LONGEST_DATE
    return (
        before in words["dates.year_after"] | words["dates.ordinals"]
        and len(run.digits) == 4
        and "1900" <= run.digits < "2100"
    )


def _is_time(reading: Reading, run: Run, before: str) -> bool:
    """True for "at sixteen thirty"."""
    return (
        before in reading.vocabulary.words["dates.time_after"]
        and len(run.digits) in (3, 4)
        and int(run.digits[:-2]) < 24
        and int(run.digits[-2:]) < 60
    )
