"""What is sensitive in a text. A detector is pure: it reads a text and says where to look.

==========  ======================================================================
finding     what a detector is, what it finds, and what it knows of earlier text
cards       payment cards and their security codes
accounts    IBANs
phones      telephone numbers
addresses   e-mail and IP addresses
mail        e-mail addresses as they are said
identity    US social security numbers and dates of birth
secrets     passwords, keys and tokens
digits      digits that may be a part of a number said in several breaths
custom      your own patterns and word lists
presidio    Microsoft Presidio
==========  ======================================================================

Those that need a library take it from the extra ``redact``, the last from ``presidio``.
"""

from .accounts import Ibans
from .addresses import Emails, IpAddresses
from .cards import CardSecurityCodes, PaymentCards
from .custom import Pattern, Words
from .digits import DigitRuns
from .finding import Context, Detector, Finding, detect, merge
from .identity import BirthDates, SocialSecurityNumbers
from .phones import PhoneNumbers
from .presidio import Presidio
from .secrets import Secrets

__all__ = [
    "BirthDates",
    "CardSecurityCodes",
    "Context",
    "Detector",
    "DigitRuns",
    "Emails",
    "Finding",
    "Ibans",
    "IpAddresses",
    "Pattern",
    "PaymentCards",
    "PhoneNumbers",
    "Presidio",
    "Secrets",
    "SocialSecurityNumbers",
    "Words",
    "detect",
    "merge",
]
