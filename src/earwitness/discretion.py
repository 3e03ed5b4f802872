"""What a recorder does not write: it passes every event on as its policy lets it, or pauses."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from .audit import AuditTrail
from .codec import dump, is_recordable
from .events import EventWrapped, RecordingPaused, RecordingResumed
from .exceptions import PolicyError
from .privacy.consent import EVENTS, RECORDING, Consents, Decision
from .privacy.redaction import Redacted, Redactor

Write = Callable[[str, bytes], int]

_CONSENT: Final = "consent"
_PAUSED: Final = "paused"
_log = logging.getLogger("earwitness")


class Discretion:
    """The part of a recorder that decides what of an event is written.

    Args:
        redactor: does what a policy says; None where there is no policy.
        audit: the session's audit trail.
    """

    def __init__(self, redactor: Redactor | None, audit: AuditTrail) -> None:
        self.audit = audit
        self._redactor = redactor
        # Held while an event is redacted and written: a pause stands between two events.
        self._door = threading.RLock()
        self._consents = Consents()
        self.erases = False  # what was recorded is to be erased when it is closed
        self._listeners: list[Callable[[bool], object]] = []
        self._when_redacted: Callable[[int, str, bytes], object] = lambda *_: None

    def record_own(self, event: Any) -> int:
        """Record one of Earwitness's own events."""
        raise NotImplementedError

    def _passed(self, redactor: Redactor, type: str, content: bytes, write: Write) -> int:
        if not is_recordable(type, content):
            type, content = dump(EventWrapped(type=type, content=content))
        with self._door:
            try:
                redacted = redactor.redact(type, content)
            except BaseException:  # a signal handler's: the event stays, whatever it said
                redacted = redactor.withheld(type)
                redactor.recorded(write(redacted.type, redacted.content))
                raise
            position = write(redacted.type, redacted.content)
            redactor.recorded(position)
            if redacted.content is not content:
                self._when_redacted(position, type, content)
        self._withheld(redacted, position)
        return position

    def last_word(self, event: Any, write: Write) -> None:
        """Have one of Earwitness's own events written when all others are."""
        if self._redactor is None:
            write(*dump(event))
        else:
            self._passed(self._redactor, *dump(event), write)

    def on_redacted(self, listener: Callable[[int, str, bytes], object]) -> None:
        """Have something called with the position, the tag and the original payload of each event
        that is not written as it was.
        """
        self._when_redacted = listener

    def note(self, text: str) -> str:
        """A word on the recording itself, as an audit line may repeat it."""
        if self._redactor is None:
            return text
        with self._door:
            return self._redactor.note(text)

    @property
    def withholds_audio(self) -> str | None:
        """Why the SDK's audio may not be kept; None if it may."""
        return None if self._redactor is None else self._redactor.withholds_audio

    def _withheld(self, redacted: Redacted, position: int) -> None:
        """Told of each event that was redacted."""

    @property
    def is_paused(self) -> bool:
        """True while no content is recorded, be it for a pause or for want of a consent."""
        redactor = self._redactor
        return redactor is not None and redactor.stillness.why is not None

    @property
    def keeps_audio(self) -> bool:
        """False if the session's audio may not be kept, by the policy or after a pause."""
        return self.withholds_audio is None

    def on_pause(self, listener: Callable[[bool], object]) -> None:
        """Have something called with True when content ceases to be recorded, False when it is
        recorded again: on the thread that paused, before :meth:`pause` returns.
        """
        self._listeners.append(listener)

    def pause(self, *, reason: str = "", actor: str = "") -> None:
        """Record no content from now on, only types and times. May be called from any thread.

        Pauses add up: content is recorded again once each has been ended.

        Args:
            reason: why, for the log.
            actor: who pauses, for the log.
        """
        with self._door:
            redactor = self._obtain_redactor()
            paused = self.is_paused
            redactor.stillness.hold(_PAUSED)
            depth = redactor.stillness.depth(_PAUSED)
            event = RecordingPaused(reason=reason, actor=actor, depth=depth)
            position = self.record_own(event)
            self._tell(paused)
        self.audit.tell("recording_paused", position=position, depth=depth)

    def resume(self, *, reason: str = "", actor: str = "") -> None:
        """End a pause. What was said in it stays out of the log also where it comes up later.

        Does nothing if there is no pause.

        Args:
            reason: why, for the log.
            actor: who ends it, for the log.
        """
        with self._door:
            redactor = self._redactor
            if redactor is None or not redactor.stillness.depth(_PAUSED):
                return
            redactor.stillness.release(_PAUSED)
            depth = redactor.stillness.depth(_PAUSED)
            event = RecordingResumed(reason=reason, actor=actor, depth=depth)
            position = self.record_own(event)
            self._tell(True)
        self.audit.tell("recording_resumed", position=position, depth=depth)

    @contextmanager
    def paused(self, *, reason: str = "", actor: str = "") -> Iterator[None]:
        """Record no content while the ``with`` block runs.

        Args:
            reason: why, for the log.
            actor: who pauses, for the log.
        """
        self.pause(reason=reason, actor=actor)
        try:
            yield
        finally:
            self.resume(reason=reason, actor=actor)

    def consent(
        self,
        decision: Decision,
        *,
        party: str,
        purpose: str = RECORDING,
        method: str = "",
        jurisdiction: str = "",
        position: int | None = None,
    ) -> int:
        """Record that a party was asked for their consent, or what they said.

        Under a policy with ``content_after="consent"``, content is recorded while somebody has
        consented to the purpose ``recording`` and nobody was asked who has not. Under one with
        ``on_withdrawal="erase"``, what was recorded is erased at the close once a consent to it
        was withdrawn, and nothing more is kept.

        Args:
            decision: ``requested``, ``granted``, ``denied`` or ``withdrawn``.
            party: who: an identity, or a role such as ``caller``.
            purpose: to what.
            method: how: ``spoken``, say.
            jurisdiction: under which law.
            position: position of the event in which it was said; by default, that of the user's
                last words.

        Returns:
            The position of the consent's own event, or -1 as :meth:`record` does.

        Raises:
            PolicyError: there is no such decision.
        """
        if decision not in EVENTS:
            raise PolicyError(
                "There is no such decision on a consent.",
                where="SessionRecorder.consent",
                expected=" | ".join(EVENTS),
                got=repr(decision)[:40],
            )
        members: dict[str, Any] = {
            "party": party,
            "purpose": purpose,
            "method": method,
            "jurisdiction": jurisdiction,
            "position": self._last_words() if position is None else position,
        }
        if decision == "withdrawn":
            members["erase"] = purpose == RECORDING and self._erases_on_withdrawal
        with self._door:
            if purpose == RECORDING:
                self._consents.take(party, decision)
            self.erases = self.erases or bool(members.get("erase"))
            recorded = self.record_own(EVENTS[decision](**members))
            self._follow_consent()
        self.audit.tell("consent", position=recorded, decision=decision)
        return recorded

    def _last_words(self) -> int | None:
        raise NotImplementedError

    @property
    def _erases_on_withdrawal(self) -> bool:
        redactor = self._redactor
        return redactor is not None and redactor.policy.on_withdrawal == "erase"

    def _follow_consent(self) -> None:
        """Keep content as far as there is the consent that the policy asks for."""
        redactor = self._redactor
        if redactor is None:
            return
        missing = redactor.policy.content_after == _CONSENT and not self._consents.given
        missing = missing or (self._erases_on_withdrawal and self._consents.refused)
        paused, held = self.is_paused, redactor.stillness.depth(_CONSENT) > 0
        if missing and not held:
            redactor.stillness.hold(_CONSENT)
        elif held and not missing:
            redactor.stillness.release(_CONSENT)
        self._tell(paused)

    def _obtain_redactor(self) -> Redactor:
        if self._redactor is None:
            self._redactor = Redactor()
        return self._redactor

    def _tell(self, before: bool) -> None:
        if self.is_paused == before:
            return
        for listener in self._listeners:
            try:
                listener(self.is_paused)
            except Exception as error:
                _log.error("A listener to pauses failed: %s", type(error).__name__)
