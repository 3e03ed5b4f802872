"""Addresses of people and machines on networks: e-mail and IP."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, Reading, Word, known
from .finding import Context, Finding
from .heard import Heard, hear

_LOCAL_BACKWARDS: Final = re.compile(r"[\w!#$%*+^~.-]{1,64}")
_DOMAIN: Final = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])?"
)
_LONGEST_LOCAL: Final = 64
_LONGEST_DOMAIN: Final = 255

# Spoken, a domain ends with one of these: "at six dot" must not begin an address.
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
_CUE_WITHIN: Final = 80
_MOST_WORDS_IN_LABEL: Final = 3
_MOST_LABELS: Final = 6
_MOST_EXTRA_WORDS: Final = 3
_MOST_WORDS: Final = 40

_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6: Final = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,4}:)[0-9A-Fa-f:]{3,39}(?:(?:\.\d{1,3}){3})?(?![\w:])"
)


@frozen
class Emails:
    """E-mail addresses, kind ``email``: written, or as in "john dot smith at gmail dot com".

    A spoken one is found if its domain is a mail provider's, if it has a "dot" or its like
    before the "at", or if a word such as "email" comes before it; "find us at example dot com"
    is none.

    Attributes:
        languages: those it may be spoken in.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="e-mail addresses", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        yield from _written(text)
        heard = hear(text, context, self.languages)
        yield from _spoken(heard)


def _written(text: str) -> Iterator[Finding]:
    place = text.find("@")
    while place >= 0:
        local = _LOCAL_BACKWARDS.match(text[max(0, place - _LONGEST_LOCAL) : place][::-1])
        domain = _DOMAIN.match(text[place + 1 : place + 1 + _LONGEST_DOMAIN])
        if local and domain:
            start, end = place - len(local[0]), place + 1 + domain.end()
            yield Finding(start, end, "email", value=text[start:end].lower())
        place = text.find("@", place + 1)


def _spoken(heard: Heard) -> Iterator[Finding]:
    words = heard.reading.words
    after = 0
    for place, domain in _ats(heard.reading):
        if place - 1 < after:
            continue
        named = heard.names("email", words[place].start, _CUE_WITHIN)
        end, labels = _domain(heard.reading, domain, named)
        if not end:
            continue
        start, linked = _local(heard.reading, place - 1, named)
        if start is None or not (named or linked or _PROVIDERS.intersection(labels)):
            continue
        local = _in_writing(heard.reading, start, place)
        address = f"{local}@{'.'.join(labels)}"
        if found := heard.finding(words[start].start, words[end - 1].end, "email", value=address):
            yield found
        after = end


def _ats(reading: Reading) -> Iterator[tuple[int, int]]:
    """The places of each "at", or of what follows a lone @, and of the word after it."""
    words, known = reading.words, reading.vocabulary.words
    alone = "@" in reading.text
    for place, word in enumerate(words[1:], 1):
        if alone and "@" in reading.text[words[place - 1].end : word.start]:
            yield place, place
        elif word.text in known["mail.at"]:
            sign = place + 1 < len(words) and words[place + 1].text in known["mail.sign"]
            yield place, place + 2 if sign else place + 1


def _domain(reading: Reading, place: int, named: bool) -> tuple[int, list[str]]:
    """The place after a domain that begins with a word, 0 if none does; and its labels."""
    labels: list[str] = []
    ended, label = 0, ""
    for after in range(
        place, min(place + _MOST_LABELS * 2 + _MOST_WORDS_IN_LABEL, len(reading.words))
    ):
        if after > place and _dotted(reading, after):
            labels.append(label)
            label = ""
        elif reading.words[after].text in reading.vocabulary.words["mail.dot"]:
            labels.append(label)
            label = ""
            continue
        elif reading.words[after].text in reading.vocabulary.words["mail.dash"]:
            label += "-"
            continue
        if label and label[-1] != "-" and (labels or after - place >= _MOST_WORDS_IN_LABEL):
            break
        label += reading.words[after].text
        if labels and (label in _TOP or (named and label.isalpha())):
            ended = after + 1
            known = [*labels, label]
    return (ended, known) if ended else (0, [])


def _dotted(reading: Reading, place: int) -> bool:
    """True if nothing but a dot parts a word from the one before it."""
    return reading.text[reading.words[place - 1].end : reading.words[place].start] == "."


def _local(reading: Reading, last: int, named: bool) -> tuple[int | None, bool]:
    """Where the part before the "at" begins, and whether a word such as "dot" links its parts."""
    words, known = reading.words, reading.vocabulary.words
    links = known["mail.dot"] | known["mail.underscore"] | known["mail.dash"] | known["mail.plus"]
    if words[last].text in known["mail.before"] and len(words[last].text) > 1:
        return None, False
    first, linked, extra = last, False, 0
    while first > 0 and last - first < _MOST_WORDS:
        before = words[first - 1]
        gap = reading.text[before.end : words[first].start]
        if before.text in links and first > 1:
            first, linked = first - 2, True
        elif gap in (".", "_", "-", "+"):
            first, linked = first - 1, True
        elif before.text in known["mail.before"] and not _is_spelled(words, first - 1):
            break
        elif not gap or (gap == " " and (_short(reading, words[first]) or _short(reading, before))):
            first -= 1
        elif named and extra < _MOST_EXTRA_WORDS and gap == " ":
            first, extra = first - 1, extra + 1
        else:
            break
    return first, linked


def _is_spelled(words: Sequence[Word], place: int) -> bool:
    """True for a single letter between single letters: "i" in "j i m"."""
    neighbours = words[max(0, place - 1) : place + 2]
    return len(neighbours) == 3 and all(len(word.text) == 1 for word in neighbours)


def _short(reading: Reading, word: Word) -> bool:
    """True for a letter or a number, which an address may have several of."""
    return len(word.text) == 1 or word.written or word.text in reading.vocabulary.numbers


def _in_writing(reading: Reading, first: int, after: int) -> str:
    """The part before the "at" as it is written."""
    words = reading.vocabulary.words
    signs = {
        word: sign
        for name, sign in (("dot", "."), ("underscore", "_"), ("dash", "-"), ("plus", "+"))
        for word in words[f"mail.{name}"]
    }
    digits = {
        numeral.first: numeral
        for run in reading.runs
        for numeral in run.numerals
        if first <= numeral.first < after
    }
    written, place = "", first
    while place < after:
        numeral = digits.get(place)
        if place > first and _linked_by_sign(reading, place):
            written += reading.text[reading.words[place - 1].end]
        if numeral is not None:
            written += numeral.digits
            place = numeral.last + 1
            continue
        word = reading.words[place].text
        written += signs.get(word, word)
        place += 1
    return written


def _linked_by_sign(reading: Reading, place: int) -> bool:
    gap = reading.text[reading.words[place - 1].end : reading.words[place].start]
    return gap in (".", "_", "-", "+")


@frozen
class IpAddresses:
    """IP addresses of version 4 and 6, kind ``ip``. A version number of four parts is one, too."""

    name: str = field(default="ip addresses", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        for pattern in (_IPV4, _IPV6):
            for match in pattern.finditer(text):
                if address := _address(match[0]):
                    yield Finding(*match.span(), "ip", value=address)


def _address(written: str) -> str:
    """The address in its shortest form, or nothing if it is none."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        return ""
