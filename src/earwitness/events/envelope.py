"""The envelope that every event travels in, and what a log holds it to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from attrs import evolve, field, frozen

from .. import values
from ..exceptions import LogFormatError, PayloadEncryptedError, PayloadWithheldError

FORMAT_VERSION: Final = 1

NO_EVENTS: Final = -1
"""The version of a stream that holds nothing."""

TYPE_PATTERN: Final = re.compile(r"[a-z0-9_.]+")


@frozen
class Event:
    """One recorded fact.

    Attributes:
        position: its place in the stream, from 0, without gaps.
        recorded_at: when it was recorded, in microseconds since the Unix epoch.
        type: its tag, ``[a-z0-9_.]+``.
        commitment: lower-case hex SHA-256 over the salt's characters and the payload's bytes.
        salt: 32 hex characters, or None if the event is withheld.
        data: the payload's JSON, as it stands in the log, or None if the event is withheld.
        blob: the payload itself, where ``data`` only refers to it because of its size.
        encrypted: base64 of salt and payload as the session's data key encrypted them, where the
            log is encrypted and the key is not here; salt and data are None then.
    """

    position: int
    recorded_at: int
    type: str
    commitment: str
    salt: str | None = None
    data: bytes | None = field(default=None, repr=False)
    blob: bytes | None = field(default=None, repr=False)
    encrypted: bytes | None = field(default=None, repr=False)

    @property
    def withheld(self) -> bool:
        """True if this copy of the log does not hold the payload, or nobody here can read it."""
        return self.data is None

    def without_payload(self) -> Event:
        """The event as a log holds it whose copy of the payload was erased or left out."""
        return evolve(self, salt=None, data=None, blob=None, encrypted=None)

    @property
    def payload(self) -> Any:
        """The payload as a Python value, decoded anew at each access.

        Raises:
            PayloadWithheldError: this copy of the log does not hold it.
            LogFormatError: it is not JSON.
        """
        return self._read(values.decode)

    @property
    def plain_payload(self) -> Any:
        """The payload as plain JSON, what JSON lacks still in its written form.

        Raises:
            PayloadWithheldError: this copy of the log does not hold it.
            LogFormatError: it is not JSON.
        """
        return self._read(values.decode_plain)

    @property
    def json(self) -> bytes:
        """The payload's JSON, read only to see that it is JSON.

        Raises:
            PayloadWithheldError: this copy of the log does not hold it.
            LogFormatError: it is not JSON.
        """
        content: bytes = self._read(values.checked)
        return content

    def _read(self, decode: Callable[[bytes], Any]) -> Any:
        content = self.data if self.blob is None else self.blob
        if self.encrypted is not None:
            raise PayloadEncryptedError(
                "The payload of this event is encrypted, and its key is not here.",
                where=f"event {self.position} ({self.type})",
                hint="$EARWITNESS_KEYRING says where the keys are.",
            )
        if content is None:
            raise PayloadWithheldError(
                "The payload of this event is not in this copy of the log.",
                where=f"event {self.position} ({self.type})",
                hint="It was erased, or left out when the copy was made.",
            )
        try:
            return decode(content)
        except ValueError:  # its text would quote the payload
            raise LogFormatError(
                "The payload of an event is not JSON.",
                where=f"event {self.position} ({self.type})",
                got=f"{len(content)} bytes",
            ) from None
