"""Policies for a purpose, by name. Each is a beginning: what a law asks for is more than this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..exceptions import PolicyError
from .breaths import BareDigits
from .detectors import (
    BirthDates,
    CardSecurityCodes,
    Detector,
    DigitRuns,
    Emails,
    Ibans,
    IpAddresses,
    PaymentCards,
    PhoneNumbers,
    Secrets,
    SocialSecurityNumbers,
)
from .policy import Policy
from .spoken import ENGLISH

Languages = Sequence[str]

Redact = Policy | str | None
"""A policy, the name of a preset, or nothing."""


def find_policy(redact: Redact) -> Policy | None:
    """The policy that is meant.

    Raises:
        PolicyError: there is no preset of this name.
        DetectorError: a library that the preset needs is not installed.
    """
    if redact is None or isinstance(redact, Policy):
        return redact
    if (make := PRESETS.get(redact)) is None:
        raise PolicyError(
            "There is no such policy.",
            where="argument redact",
            expected=" | ".join([*PRESETS, "an earwitness.Policy"]),
            got=repr(redact)[:40],
        )
    return make()


def pci(languages: Languages = ENGLISH) -> Policy:
    """For calls in which payment cards are named: PCI DSS 4, requirements 3.3 and 3.5.

    No card number and no security code is written, however it is said; nor is the audio, nor any
    transcript that is not final. Digits that may become a card's number go too.

    Args:
        languages: those that are spoken, by their codes.
    """
    return Policy(
        name="pci",
        fields={"interims": "withhold", "media": "withhold"},
        detectors=(
            *_cards(languages),
            # No number of a telephone is looked for, so what is named as one may stay.
            DigitRuns(
                at_least=2,
                watched=("card", "cvv"),
                spared=("other", "phone"),
                languages=languages,
            ),
            BareDigits(languages),
            Secrets(languages),
        ),
    )


def hipaa(languages: Languages = ENGLISH, regions: Sequence[str] = ("US",)) -> Policy:
    """For calls about somebody's health: what identifies a person, as far as it can be found.

    Tools are given and give records, which are withheld. Names, addresses and what somebody
    suffers from are not found: what is kept is still protected health information.

    Args:
        languages: those that are spoken, by their codes.
        regions: where telephone numbers without a country code are dialled from.
    """
    return Policy(
        name="hipaa",
        fields={
            "interims": "withhold",
            "arguments": "withhold",
            "results": "withhold",
            "media": "withhold",
            "identities": "pseudonymise",
            "rooms": "pseudonymise",
        },
        detectors=(*_cards(languages), *_persons(languages, regions), Secrets(languages)),
    )


def gdpr_minimal(languages: Languages = ENGLISH, regions: Sequence[str] = ("US",)) -> Policy:
    """For who wants to show what an agent did and keep of the people as little as that takes.

    Said once is enough: transcripts are withheld, the messages that they become are kept, with
    pseudonyms in place of what was found. A consent withdrawn has the content erased.

    Args:
        languages: those that are spoken, by their codes.
        regions: where telephone numbers without a country code are dialled from.
    """
    return Policy(
        name="gdpr-minimal",
        fields={
            "interims": "withhold",
            "transcripts": "withhold",
            "media": "withhold",
            "identities": "pseudonymise",
            "rooms": "pseudonymise",
        },
        detectors=(*_cards(languages), *_persons(languages, regions), Secrets(languages)),
        pseudonyms=True,
        on_withdrawal="erase",
    )


PRESETS: Final[dict[str, Callable[[], Policy]]] = {
    "pci": pci,
    "hipaa": hipaa,
    "gdpr-minimal": gdpr_minimal,
}
"""The presets, by name: for English, and for numbers dialled in the United States."""


def _cards(languages: Languages) -> tuple[Detector, ...]:
    return PaymentCards(languages), CardSecurityCodes(languages)


def _persons(languages: Languages, regions: Any) -> tuple[Detector, ...]:
    return (
        Ibans(languages),
        Emails(languages),
        IpAddresses(),
        PhoneNumbers(regions=regions, languages=languages),
        DigitRuns(languages=languages),
        SocialSecurityNumbers(languages),
        BirthDates(languages),
    )
