"""What a record was not to hold: policies, pauses and consent."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen


@frozen(kw_only=True)
class PolicyAdopted:
    """The recording keeps no more than a policy lets it keep.

    Attributes:
        name: what the policy is called.
        fields: what is done with each field of content: ``keep``, ``detect``, ``withhold`` or
            ``pseudonymise``.
        detectors: what is looked for where the policy says ``detect``.
        pseudonyms: what was found is replaced by a pseudonym, not only by its kind.
        audio: the audio may be kept.
        content_after: ``consent`` if content is kept only once there is consent to it.
        on_withdrawal: what becomes of the content when the consent is withdrawn: ``keep`` or
            ``erase``.
    """

    TAG: ClassVar = "policy_adopted"
    name: str
    fields: dict[str, str]
    detectors: list[str]
    pseudonyms: bool
    audio: bool
    content_after: str | None
    on_withdrawal: str


@frozen(kw_only=True)
class RecordingPaused:
    """From here on no content is recorded; types and times are.

    Attributes:
        reason: why, in the application's words.
        actor: who paused it, in the application's words.
        depth: how many pauses are in force now.
    """

    TAG: ClassVar = "recording_paused"
    reason: str
    actor: str
    depth: int


@frozen(kw_only=True)
class RecordingResumed:
    """A pause ended. Content is recorded again if it was the last.

    Attributes:
        reason: why, in the application's words.
        actor: who ended it, in the application's words.
        depth: how many pauses are still in force.
    """

    TAG: ClassVar = "recording_resumed"
    reason: str
    actor: str
    depth: int


@frozen(kw_only=True)
class _Consent:
    """What is known of a consent.

    Attributes:
        party: who.
        purpose: to what.
        method: how: spoken, by a key, on a web page.
        jurisdiction: under which law, as the application names it.
        position: position of the event in which it was said, or None.
    """

    party: str
    purpose: str
    method: str
    jurisdiction: str
    position: int | None


@frozen(kw_only=True)
class ConsentRequested(_Consent):
    """A party was asked for their consent."""

    TAG: ClassVar = "consent_requested"


@frozen(kw_only=True)
class ConsentGranted(_Consent):
    """A party consented."""

    TAG: ClassVar = "consent_granted"


@frozen(kw_only=True)
class ConsentDenied(_Consent):
    """A party did not consent."""

    TAG: ClassVar = "consent_denied"


@frozen(kw_only=True)
class ConsentWithdrawn(_Consent):
    """A party took back their consent.

    Attributes:
        erase: what was recorded is to be erased, by the policy.
    """

    TAG: ClassVar = "consent_withdrawn"
    erase: bool


@frozen(kw_only=True)
class AudioWithheld:
    """There was audio, and it was not kept.

    Attributes:
        reason: ``policy`` if the policy keeps none; ``paused`` or ``consent`` if the recording was
            paused, or waited for consent, while the SDK recorded on.
    """

    TAG: ClassVar = "audio_withheld"
    reason: str
