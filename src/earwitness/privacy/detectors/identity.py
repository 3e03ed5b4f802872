"""What tells who a person is: US social security numbers, and dates of birth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, Reading, Run, known
from .extras import library
from .finding import Context, Finding
from .heard import Heard, hear

_NUMBER_LENGTH: Final = 9
_GROUPS: Final = [3, 2, 4]
_NAMED_AT_LEAST: Final = 3
_FAR: Final = 80
_MOST_DATE_WORDS: Final = 14
_LONGEST_DATE: Final = 60


@frozen
class SocialSecurityNumbers:
    """Numbers of the US social security, kind ``ssn``, written or spoken.

    Nine digits said in groups of three, two and four, if such a number can have been given out;
    and, where a word names it or the question did, three to nine digits, since often only the
    last four are asked for. Fewer than nine are partial.

    Needs python-stdnum, which comes with the extra ``redact``.

    Attributes:
        languages: those it may be spoken in.

    Raises:
        DetectorError: python-stdnum is not installed.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="social security numbers", init=False)

    def __attrs_post_init__(self) -> None:
        library("stdnum.us.ssn", detector=self.name, package="python-stdnum", extra="redact")

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        for run in heard.runs():
            digits = run.digits
            if not (_is_grouped(run) or _is_named(heard, run)):
                continue
            whole = len(digits) >= _NUMBER_LENGTH
            value = digits if len(digits) == _NUMBER_LENGTH else ""
            if found := heard.finding(run.start, run.end, "ssn", partial=not whole, value=value):
                yield found


def _is_grouped(run: Run) -> bool:
    """True for three, two and four digits of a number that can be somebody's."""
    from stdnum.us import ssn

    if len(run.digits) != _NUMBER_LENGTH or not ssn.is_valid(run.digits):
        return False
    chunks = [sum(len(numeral.digits) for numeral in chunk) for chunk in run.chunks()]
    return _GROUPS in (chunks, [len(numeral.digits) for numeral in run.numerals])


def _is_named(heard: Heard, run: Run) -> bool:
    if run.counting or not heard.names("ssn", run.start, _FAR):
        return False
    return _NAMED_AT_LEAST <= len(run.digits) <= 2 * _NUMBER_LENGTH


@frozen
class BirthDates:
    """Dates of birth, kind ``birth``, where the text or the question before it names one.

    "I was born on the third of May 1984", "date of birth 05/03/84", or just "May third, eighty
    four" after "and your date of birth?".

    Attributes:
        languages: those it may be asked for and spoken in.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="dates of birth", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        reading = heard.reading
        if not any(cue.name == "birth" for cue in (*reading.cues, *heard.prompt.cues)):
            return
        place = 0
        while place < len(reading.words):
            after, is_date = _date_at(reading, place)
            if is_date and reading.words[after - 1].end > heard.begins:
                start, end = reading.words[place].start, reading.words[after - 1].end
                found = heard.finding(start, end, "birth")
                if found is not None and heard.names("birth", start, _FAR):
                    yield found
            place = max(after, place + 1)


def _date_at(reading: Reading, place: int) -> tuple[int, bool]:
    """The place after what may be a date, and whether it has enough of one."""
    known = reading.vocabulary.words
    numeric = reading.vocabulary.numeric
    months = numbers = 0
    after = place
    for at in range(place, min(place + _MOST_DATE_WORDS, len(reading.words))):
        word = reading.words[at]
        if at > place and word.start - reading.words[at - 1].end > 3:
            break
        if word.text in known["dates.months"]:
            months += 1
        elif word.written or word.text in numeric or word.text in known["dates.ordinals"]:
            numbers += 1
        elif at == place or word.text not in known["dates.joiners"]:
            break
        else:
            continue  # counts only if more of the date follows
        after = at + 1
    return after, (months > 0 and numbers > 0) or numbers > 2
