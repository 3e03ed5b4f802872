"""Telephone numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ..spoken import ENGLISH, Numeral, Run
from .extras import library
from .finding import Context, Finding
from .heard import Heard, hear

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_SHORTEST: Final = 7
_LONGEST: Final = 17
_FAR: Final = 80
_MOST_CHUNKS: Final = 10
_NORTH_AMERICA: Final = 1


@frozen
class PhoneNumbers:
    """Telephone numbers, kind ``phone``: those that are valid where they are dialled from.

    Written or spoken, in one breath or several. A number that a word just before it names as
    something else ("order number 2125550123") is none. One that is only possible, such as one
    without its area code, is found where a word names it as a telephone's.

    Needs phonenumbers, which comes with the extra ``redact``.

    Attributes:
        regions: where numbers without a country code are dialled from, as of ISO 3166-1.
        languages: those the digits may be spoken in.

    Raises:
        DetectorError: phonenumbers is not installed, or does not know a region.
    """

    regions: Sequence[str] = field(default=("US",), converter=tuple)
    languages: Sequence[str] = field(default=ENGLISH, converter=tuple)
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
            named = cue is not None and cue.name == "phone"
            if cue is not None and cue.name == "other" and run.plus is None:
                continue
            yield from self._numbers(heard, run, named)

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
            return _in_region("+" + digits, None)
        for region in self.regions:
            if value := _in_region(digits, region):
                return value
        return digits if named and self._is_local(digits) else ""

    def _is_local(self, digits: str) -> bool:
        """True for a number that can be dialled in some region, if only without its area code."""
        import phonenumbers

        return any(
            phonenumbers.is_possible_number_with_reason(number)
            in (
                phonenumbers.ValidationResult.IS_POSSIBLE,
                phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
            )
            for region in self.regions
            if (number := _parsed(digits, region)) is not None
        )


def _in_region(digits: str, region: str | None) -> str:
    import phonenumbers

    number = _parsed(digits, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return ""
    if region is not None and not _dialled_as_written(digits, number, region):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(digits: str, region: str | None) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _dialled_as_written(digits: str, number: PhoneNumber, region: str) -> bool:
    """True unless the number lacks the prefix that its country dials before an area code.

    Without this any nine digits would be a telephone number in Germany.
    """
    import phonenumbers

    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = metadata.national_prefix if metadata is not None else None
    if not prefix or number.country_code == _NORTH_AMERICA:
        return True
    return digits.startswith((prefix, "00"))


def _unknown_region(region: str) -> Exception:
    from ...exceptions import DetectorError

    return DetectorError(
        "There are no telephone numbers of this region.",
        where=f"region {region!r}",
        expected="a code of ISO 3166-1 in capitals, such as US, GB or DE",
    )
