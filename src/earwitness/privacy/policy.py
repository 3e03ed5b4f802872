"""A policy: what is done with each field of content before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from attrs import field, frozen

from ..events import PolicyAdopted
from ..exceptions import PolicyError
from .detectors import Detector
from .forms import FIELDS

Action = Literal["keep", "detect", "withhold", "pseudonymise"]

_CONTENT_AFTER: Final = ("consent",)
_ON_WITHDRAWAL: Final = ("keep", "erase")

DEFAULT_BUDGET_MS: Final = 100.0
DEFAULT_LONGEST: Final = 20_000


@frozen(kw_only=True)
class Policy:
    """What is done with each field of content before it is written.

    ``keep`` writes it as it is, ``detect`` replaces what the detectors find, ``withhold`` writes
    ``[withheld]`` in its place, and ``pseudonymise`` writes a name by which it can be recognised
    and not known.

    Attributes:
        name: what the policy is called in the log.
        fields: what is done, by field. The reference's page on policies lists them.
        otherwise: what is done with the fields that are not named.
        detectors: what is looked for where the policy says ``detect``.
        pseudonyms: replace what was found by a pseudonym, ``[phone:7f3a]``, that is the same for
            the same number in all sessions of a store; else by its kind, ``[phone]``.
        keypad: mask keys that were pressed on a telephone.
        audio: the audio may be kept, though no detector listens to it.
        content_after: ``consent`` to keep content only once there is consent to the recording.
        on_withdrawal: ``erase`` to have what was recorded erased once the recording is closed, if
            a consent to it is withdrawn.
        budget_ms: how many milliseconds the detectors may take for one event. What they have not
            come to by then is withheld.
        longest: how many characters a text may have that detectors are given. A longer one is
            withheld.

    Raises:
        PolicyError: a field, an action or another choice does not exist, or a detector is none.
    """

    name: str = "custom"
    fields: Mapping[str, Action] = field(factory=dict)
    otherwise: Action = "detect"
    detectors: tuple[Detector, ...] = ()
    pseudonyms: bool = False
    keypad: bool = True
    audio: bool = False
    content_after: Literal["consent"] | None = None
    on_withdrawal: Literal["keep", "erase"] = "keep"
    budget_ms: float = DEFAULT_BUDGET_MS
    longest: int = DEFAULT_LONGEST

    def __attrs_post_init__(self) -> None:
        for name, action in [*self.fields.items(), ("", self.otherwise)]:
            if name and name not in FIELDS:
                raise _wrong("A policy names a field that does not exist.", FIELDS, name)
            if action not in get_args(Action):
                raise _wrong("A policy asks for what cannot be done.", get_args(Action), action)
        if self.content_after not in (None, *_CONTENT_AFTER):
            raise _wrong("A policy waits for what never comes.", _CONTENT_AFTER, self.content_after)
        if self.on_withdrawal not in _ON_WITHDRAWAL:
            raise _wrong(
                "A policy asks for what cannot be done on a withdrawal.",
                _ON_WITHDRAWAL,
                self.on_withdrawal,
            )
        for detector in self.detectors:
            named = isinstance(getattr(detector, "name", None), str)
            finds = callable(getattr(detector, "find", None))
            if isinstance(detector, type) or not (named and finds):
                expected = ("detectors, made: PaymentCards()",)
                raise _wrong("A policy has a detector that is none.", expected, detector)

    def action(self, name: str) -> Action:
        """What is done with a field."""
        return self.fields.get(name, self.otherwise)

    @property
    def detects(self) -> bool:
        """True if anything is looked for anywhere."""
        return any(self.action(name) == "detect" for name in FIELDS)

    @property
    def wants_pseudonyms(self) -> bool:
        """True if anything is replaced by a pseudonym."""
        return self.pseudonyms or any(self.action(name) == "pseudonymise" for name in FIELDS)

    def adopted(self) -> PolicyAdopted:
        """What the log says of the policy."""
        return PolicyAdopted(
            name=self.name,
            fields={name: self.action(name) for name in FIELDS},
            detectors=[detector.name for detector in self.detectors],
            pseudonyms=self.pseudonyms,
            audio=self.audio,
            content_after=self.content_after,
            on_withdrawal=self.on_withdrawal,
        )


KEEP_ALL: Final = Policy(name="none", otherwise="keep", keypad=False, audio=True)
"""What holds where no policy was given: a pause still keeps out what is said."""


def _wrong(what: str, expected: tuple[str, ...], got: object) -> PolicyError:
    return PolicyError(
        what,
        where="earwitness.Policy",
        expected=" | ".join(expected),
        got=repr(got)[:40],
    )
