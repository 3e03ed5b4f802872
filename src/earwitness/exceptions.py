"""Every error Earwitness raises.

::

    EarwitnessError
    ├── LogError                     a log's bytes are not what they should be
    │   ├── LogFormatError           a line is not an event
    │   └── UnsupportedFormatError   written by a newer Earwitness
    ├── StoreError                   a store could not do what was asked
    │   ├── WrongExpectedVersionError
    │   ├── StreamHeldError          another recorder is writing to it
    │   ├── SessionNotFoundError
    │   ├── AmbiguousSessionError
    │   ├── SessionNotClosedError    it is live, or its recorder died
    │   └── SessionOnHoldError       nothing of it may be erased or removed
    ├── IntegrityError               a seal does not hold
    │   ├── SealFormatError          no note, checkpoint, proof or key of its format
    │   ├── ProofError               a Merkle proof does not lead to the root
    │   ├── SignatureError           a note was not signed as it stands
    │   │   └── UnknownSignerError   no known key signed it
    │   └── WrongOriginError         a checkpoint of another log
    ├── SigningKeyError              a signing key cannot be had or used
    ├── EncryptionError              what is encrypted cannot be read, or not be made
    │   ├── KeyringError             a wrapping key cannot be had or used
    │   ├── DataKeyError             a session's own key is missing or damaged
    │   └── DecryptionError          the bytes were not encrypted by the session's key
    ├── PseudonymKeyError            a store's key for pseudonyms cannot be used
    ├── PayloadWithheldError         this copy of the log does not hold the payload
    │   └── PayloadEncryptedError    it does, and the key is not here
    ├── InvalidEventError            an event that no log may hold
    ├── DetectorError                a detector cannot be made or used
    ├── PolicyError                  a policy asks for what does not exist
    ├── ForkedError                  the recorder is another process's
    └── AttachError                  a session cannot be recorded as asked

Each says what went wrong, where, what was expected, what was found and how to mend it. None
carries anything that a caller or an agent said, so each may be logged. All are picklable.
"""

from __future__ import annotations

from typing import Any


class EarwitnessError(Exception):
    """The root of the tree.

    Attributes:
        what: one sentence, the error itself.
        where: the file, line, byte, stream or argument it is about.
        expected: what would have been right.
        got: what was there instead.
        hint: how to mend it.
    """

    def __init__(
        self, what: str, *, where: str = "", expected: str = "", got: str = "", hint: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        self.hint = hint

    def __str__(self) -> str:
        details = (
            ("where", self.where),
            ("expected", self.expected),
            ("got", self.got),
            ("hint", self.hint),
        )
        return "\n".join([self.what, *(f"  {name}: {text}" for name, text in details if text)])

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.__dict__)


def _rebuild(cls: type[EarwitnessError], state: dict[str, Any]) -> EarwitnessError:
    error = cls.__new__(cls, state["what"])
    error.__dict__.update(state)
    return error


class LogError(EarwitnessError):
    """A log's bytes are not what they should be."""


class LogFormatError(LogError):
    """A line of a log is not an event."""


class UnsupportedFormatError(LogError):
    """A log was written in a format newer than this Earwitness knows."""


class StoreError(EarwitnessError):
    """A store could not do what was asked of it."""


class WrongExpectedVersionError(StoreError):
    """Somebody else appended to the stream, or the caller's idea of it was wrong.

    Attributes:
        stream: the stream's name.
        expected_version: the position the caller believed to be the last.
        actual_version: the position that is the last (-1: the stream is empty).
    """

    def __init__(self, stream: str, *, expected_version: int, actual_version: int) -> None:
        super().__init__(
            "The stream is not at the expected version; nothing was appended.",
            where=f"stream {stream!r}",
            expected=f"version {expected_version}",
            got=f"version {actual_version}",
            hint="Read the stream's new events, decide again, and append at its version.",
        )
        self.stream = stream
        self.expected_version = expected_version
        self.actual_version = actual_version


class StreamHeldError(StoreError):
    """Another recorder, in this process or in another, is writing to the stream."""


class SessionNotFoundError(StoreError):
    """No session of the store has the name or prefix."""


class AmbiguousSessionError(StoreError):
    """A prefix fits more than one session of the store."""


class SessionNotClosedError(StoreError):
    """What was asked for can be done with a closed session only."""


class SessionOnHoldError(StoreError):
    """Nothing of the session may be erased or removed: somebody placed a hold on it."""


class IntegrityError(EarwitnessError):
    """A seal does not hold: what should prove something does not prove it."""


class SealFormatError(IntegrityError):
    """Bytes are not the note, checkpoint, proof or verifier key that they should be."""


class ProofError(IntegrityError):
    """A Merkle proof does not lead to the root, or proves something else."""


class SignatureError(IntegrityError):
    """A note bears a known key's name, but that key did not sign it as it stands."""


class UnknownSignerError(SignatureError):
    """No known key signed the note."""


class WrongOriginError(IntegrityError):
    """A checkpoint is one of another log."""


class SigningKeyError(EarwitnessError):
    """A signing key cannot be had, read or used. The error never contains the key."""


class EncryptionError(EarwitnessError):
    """What is encrypted cannot be read, or what must be encrypted cannot be written."""


class KeyringError(EncryptionError):
    """A key that wraps data keys cannot be had or used. The error never contains the key."""


class DataKeyError(EncryptionError):
    """A session's data key is missing or damaged. The error never contains the key."""


class DecryptionError(EncryptionError):
    """Bytes were not encrypted by the session's key, or not for the place where they are."""


class PseudonymKeyError(EarwitnessError):
    """A store's key for pseudonyms cannot be used. The error never contains the key."""


class PayloadWithheldError(EarwitnessError):
    """The event is there, but this copy of the log does not hold its payload."""


class PayloadEncryptedError(PayloadWithheldError):
    """The payload is there, encrypted, and the key that opens it is not."""


class InvalidEventError(EarwitnessError):
    """An event that no log may hold: a bad type, a gap in the positions, a payload not JSON."""


class DetectorError(EarwitnessError):
    """A detector of sensitive text cannot be made, or does not do what a detector must."""


class PolicyError(EarwitnessError):
    """A redaction policy asks for what does not exist."""


class ForkedError(EarwitnessError):
    """The recorder was inherited by a fork; the session is recorded by the parent."""


class AttachError(EarwitnessError):
    """A session cannot be recorded as asked."""
