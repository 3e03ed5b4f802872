"""Policies for a purpose, by name. Each is a beginning: what a law asks for is more than this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..exceptions import PolicyError
from .breaths import BareDigits
from .detectors import Detector
from .policy import Policy

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


def pci() -> Policy:
    """For calls in which payment cards are named: PCI DSS 4, requirements 3.3 and 3.5.

    No card number and no security code is written, however it is said; nor is the audio, nor any
    transcript that is not final. Digits that may become a card's number go too.
    """
    return Policy(
        name="pci",
        fields={"interims": "withhold", "media": "withhold"},
        detectors=(*_cards(at_least=3), BareDigits(), *_secrets()),
    )


def hipaa() -> Policy:
    """For calls about somebody's health: what identifies a person, as far as it can be found.

    Tools are given and give records, which are withheld. Names, addresses and what somebody
    suffers from are not found: what is kept is still protected health information.
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
        detectors=(*_cards(), *_persons(), *_secrets()),
    )


def gdpr_minimal() -> Policy:
    """For who wants to show what an agent did and keep of the people as little as that takes.

    Said once is enough: transcripts are withheld, the messages that they become are kept, with
    pseudonyms in place of what was found. A consent withdrawn has the content erased.
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
        detectors=(*_cards(), *_persons(), *_secrets()),
        pseudonyms=True,
        on_withdrawal="erase",
    )


PRESETS: Final[dict[str, Callable[[], Policy]]] = {
    "pci": pci,
    "hipaa": hipaa,
    "gdpr-minimal": gdpr_minimal,
}
"""The presets, by name."""


# Imported when they are made: some need libraries that come with an extra.


def _cards(at_least: int = 4) -> tuple[Detector, ...]:
    from .detectors.cards import CardSecurityCodes, PaymentCards
    from .detectors.digits import DigitRuns

    return PaymentCards(), CardSecurityCodes(), DigitRuns(at_least=at_least)


def _persons() -> tuple[Detector, ...]:
    from .detectors.accounts import Ibans
    from .detectors.addresses import Emails, IpAddresses
    from .detectors.identity import BirthDates, SocialSecurityNumbers
    from .detectors.phones import PhoneNumbers

    return (
        Ibans(),
        Emails(),
        IpAddresses(),
        PhoneNumbers(),
        SocialSecurityNumbers(),
        BirthDates(),
    )


def _secrets() -> tuple[Detector, ...]:
    from .detectors.secrets import Secrets

    return (Secrets(),)
