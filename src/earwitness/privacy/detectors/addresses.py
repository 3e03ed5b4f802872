"""Addresses of people and machines on networks: e-mail and IP."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, known
from .finding import Context, Finding
from .heard import hear
from .mail import said_addresses

_LOCAL_BACKWARDS: Final = re.compile(r"[\w!#$%*+^~.-]{1,64}")
_DOMAIN: Final = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])?"
)
_LONGEST_LOCAL: Final = 64
_LONGEST_DOMAIN: Final = 255

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
        for start, end, address in said_addresses(heard):
            if found := heard.finding(start, end, "email", value=address):
                yield found


def _written(text: str) -> Iterator[Finding]:
    place = text.find("@")
    while place >= 0:
        local = _LOCAL_BACKWARDS.match(text[max(0, place - _LONGEST_LOCAL) : place][::-1])
        domain = _DOMAIN.match(text[place + 1 : place + 1 + _LONGEST_DOMAIN])
        if local and domain:
            start, end = place - len(local[0]), place + 1 + domain.end()
            yield Finding(start, end, "email", value=text[start:end].lower())
        place = text.find("@", place + 1)


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
