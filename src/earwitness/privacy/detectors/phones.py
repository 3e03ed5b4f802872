"""Telephone numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

from attrs import field, frozen

from ...exceptions import DetectorError
from ..spoken import ENGLISH, Numeral, Run, known
from .extras import library
from .finding import Context, Finding
from .heard import HARMLESS, Heard, hear

_SHORTEST: Final = 7
_LONGEST: Final = 17
_FAR: Final = 80
_MOST_CHUNKS: Final = 10
_NORTH_AMERICA: Final = 1
_INTERNATIONAL: Final = ("00", "011")


@frozen
class PhoneNumbers:
    """Telephone numbers, kind ``phone``: those that are valid where they are dialled from.

    Written or spoken, in one breath or several. A number that a word just before it names as
    something else ("order number 2125550123") is none. One that lacks its area code, or the
    prefix that its country dials before that, is found where a word names it as a telephone's.

    Needs phonenumbers, which comes with the extra ``redact``.

    Attributes:
        regions: where numbers without a country code are dialled from, as of ISO 3166-1.
        languages: those the digits may be spoken in.

    Raises:
        DetectorError: phonenumbers is not installed, or does not know a region.
    """

    regions: Sequence[str] = field(default=("US",), converter=tuple)
    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="phone numbers", init=False)

    def __attrs_post_init__(self) -> None:
        phonenumbers = library(
            "phonenumbers", detector=self.name, package="phonenumbers", extra="redact"
        )
        for region in self.regions:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                raise _unknown_region(region)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        heard = hear(text, context, self.languages)
        for run in heard.runs():
            if len(run.digits) < _SHORTEST and run.plus is None:
                continue
            cue = heard.cue(run.start, _FAR)
            if cue is not None and cue.name == HARMLESS and run.plus is None:
                continue
            yield from self._numbers(heard, run, heard.names("phone", run.start, _FAR))

    def _numbers(self, heard: Heard, run: Run, named: bool) -> Iterator[Finding]:
        """The numbers in a run: all of it, or of its chunks as many as make one."""
        chunks = run.chunks()
        place = 0
        while place < len(chunks):
            plus = run.plus if place == 0 else None
            after, value = self._number_at(chunks, place, plus is not None, named)
            if not value:
                place += 1
                continue
            start = chunks[place][0].start if plus is None else plus
            end = chunks[after - 1][-1].end
            if found := heard.finding(start, end, "phone", value=value):
                yield found
            place = after

    def _number_at(
        self, chunks: Sequence[Sequence[Numeral]], place: int, plus: bool, named: bool
    ) -> tuple[int, str]:
        """The longest number that begins with a chunk: the place after it, and its value."""
        digits, best = "", (place, "")
        for after, chunk in enumerate(chunks[place : place + _MOST_CHUNKS], place + 1):
            digits += "".join(numeral.digits for numeral in chunk)
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST and (value := self._value(digits, plus, named)):
                best = after, value
        return best

    def _value(self, digits: str, plus: bool, named: bool) -> str:
        """The number as in E.164, or nothing if it is none."""
        if plus:
            return _number("+" + digits, None)
        for region in self.regions:
            if _is_dialled(digits, region, named) and (value := _number(digits, region)):
                return value
        return digits if named and any(map(partial(_is_local, digits), self.regions)) else ""


def _is_dialled(digits: str, region: str, named: bool) -> bool:
    """True if these are as many digits as are dialled in a region, with what goes before them.

    Where an area code is dialled behind a prefix, a number without one is only taken for one if
    a word names it so: else any nine digits would be a telephone number in Germany.
    """
    prefix, optional, lengths, _ = _plan(region)
    if digits.startswith(_INTERNATIONAL):
        return True
    behind_prefix = digits.startswith(prefix) and len(digits) - len(prefix) in lengths
    return behind_prefix or ((optional or named) and len(digits) in lengths)


def _is_local(digits: str, region: str) -> bool:
    """True for as many digits as are dialled without an area code."""
    return len(digits) in _plan(region).local_lengths


class _Plan(NamedTuple):
    """How a region dials: its prefix, whether that may be left out, and how long numbers are."""

    prefix: str
    optional: bool
    lengths: frozenset[int]
    local_lengths: frozenset[int]


@lru_cache(maxsize=64)
def _plan(region: str) -> _Plan:
    import phonenumbers

    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    assert metadata is not None, "the detector was made for it"
    prefix, numbers = metadata.national_prefix or "", metadata.general_desc
    optional = not prefix or metadata.country_code == _NORTH_AMERICA
    lengths = frozenset(numbers.possible_length if numbers else ())
    return _Plan(
        prefix, optional, lengths, frozenset(numbers.possible_length_local_only if numbers else ())
    )


def _number(digits: str, region: str | None) -> str:
    """The number as in E.164, or nothing if nobody can have it.

    What is written with a plus is meant as a telephone number: it need only be as long as one.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return ""
    can_be = phonenumbers.is_possible_number if region is None else phonenumbers.is_valid_number
    if not can_be(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _unknown_region(region: str) -> DetectorError:
    return DetectorError(
        "There are no telephone numbers of this region.",
        where=f"region {region!r}",
        expected="a code of ISO 3166-1 in capitals, such as US, GB or DE",
    )
