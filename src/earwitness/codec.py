"""Events to log lines and back, bytes exact: log format version 1.

A line is ``{"n":0,"t":1795000000123456,"type":"...","c":"<64 hex>","s":"<32 hex>","d":<JSON>}``
and a line feed; ``"e":"<base64>"`` stands in the place of ``s`` and ``d`` where they are encrypted,
and neither where they are withheld. Nothing is ever canonicalised again: what stands between
``"d":`` and the last ``}`` is what was committed to. The reference's page on the log format is
normative.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import asdict

from . import values
from .events import FORMAT_VERSION, TYPE_PATTERN, Event, RecordingOpened
from .exceptions import InvalidEventError, LogFormatError, UnsupportedFormatError
from .salts import new_salt

if TYPE_CHECKING:
    import cattrs

MAX_INLINE_BYTES: Final = 1 << 20
"""A payload larger than this many bytes goes to a blob, and the line holds its digest."""

_PAYLOAD: Final = b',"d":'
# A line up to its payload, or all of one whose payload is withheld or encrypted.
_HEAD: Final = re.compile(
    r'\{"n":(0|[1-9][0-9]{0,18}),"t":(0|[1-9][0-9]{0,18}),"type":"([a-z0-9_.]+)",'
    r'"c":"([0-9a-f]{64})"(?:,"s":"([0-9a-f]{32})"|(?:,"e":"([A-Za-z0-9+/]+=*)")?\})'
)
_COMMITMENT: Final = b'"c":"'
_DIGEST_CHARACTERS: Final = 64
_SALT: Final = re.compile(r"[0-9a-f]{32}")
_BLOB: Final = b'{"$blob":'
_BLOB_REFERENCE: Final = re.compile(rb'\{"\$blob":"([0-9a-f]{64})","bytes":([1-9][0-9]*)\}')


def _exactly(value: Any, kind: type[Any]) -> Any:
    # By itself cattrs would make text of a number, and a number of text.
    if type(value) is kind or (kind is float and type(value) is int):
        return kind(value)
    raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")


@cache
def _converter() -> cattrs.Converter:
    import cattrs  # slow to import, and who records reads nothing

    converter = cattrs.Converter()
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _exactly)
    return converter


T = TypeVar("T")


def commit(salt: str, data: bytes) -> str:
    """The commitment to a payload: hex SHA-256 of the salt's characters, then the payload."""
    return hashlib.sha256(salt.encode("ascii") + data).hexdigest()


def new_event(position: int, recorded_at: int, type: str, content: bytes) -> Event:
    """An event with a fresh salt and its commitment.

    Args:
        position: its place in the stream.
        recorded_at: microseconds since the Unix epoch.
        type: its tag.
        content: the payload's JSON. What is larger than :data:`MAX_INLINE_BYTES` becomes a blob,
            and the line commits to the blob's digest.
    """
    salt = new_salt().decode("ascii")
    if fits_line(content):
        return Event(position, recorded_at, type, commit(salt, content), salt, content)
    digest = hashlib.sha256(content).hexdigest()
    data = b'{"$blob":"%b","bytes":%d}' % (digest.encode("ascii"), len(content))
    return Event(position, recorded_at, type, commit(salt, data), salt, data, content)


def new_line(position: int, recorded_at: int, type: str, content: bytes) -> tuple[bytes, bytes]:
    """As :func:`new_event` and :func:`encode_line` in one, for what is recorded as it happens.

    Args:
        position: its place in the stream.
        recorded_at: microseconds since the Unix epoch.
        type: its tag.
        content: the payload's JSON; it :func:`fits_line`, and both it and the type
            are recordable: see :func:`is_recordable`.

    Returns:
        The event's line, line feed included, and the bytes of its leaf.
    """
    salt = new_salt()
    commitment = sha256(salt + content).hexdigest()
    head = f'{{"n":{position},"t":{recorded_at},"type":"{type}","c":"{commitment}"'.encode()
    return b"".join((head, b',"s":"', salt, b'","d":', content, b"}\n")), head + b"}"


def fits_line(content: bytes) -> bool:
    """True if a payload is not too large to stand in a line itself."""
    return len(content) <= MAX_INLINE_BYTES


def is_recordable(type: str, content: bytes) -> bool:
    """True if a log may hold the type and the payload as they are; JSON is not looked for."""
    return bool(content) and b"\n" not in content and is_tag(type)


@lru_cache(maxsize=256)  # a session emits few types, again and again
def is_tag(type: str) -> bool:
    """True if an event may have this type."""
    return TYPE_PATTERN.fullmatch(type) is not None


def withheld_line(event: Event) -> bytes:
    """The event's line without its payload and salt, no line feed: the bytes of its leaf."""
    return b'{"n":%d,"t":%d,"type":"%b","c":"%b"}' % (
        event.position,
        event.recorded_at,
        event.type.encode("ascii"),
        event.commitment.encode("ascii", "replace"),
    )


def encode_line(event: Event) -> bytes:
    """The event's line, line feed included: one that :func:`decode_line` takes.

    Raises:
        InvalidEventError: the event cannot stand in a log.
    """
    _check_type(event)
    head = withheld_line(event)
    if _HEAD.fullmatch(head.decode("ascii")) is None:
        raise _invalid(event, "An event's position, time or commitment is out of its range.")
    if event.data is None and event.salt is None:
        if event.encrypted is None:
            return head + b"\n"
        return b'%b,"e":"%b"}\n' % (head[:-1], event.encrypted)
    if not event.data or b"\n" in event.data:
        raise _invalid(
            event,
            "A payload must be JSON on one line.",
            hint="Encode it with earwitness.values.encode.",
        )
    if event.salt is None or _SALT.fullmatch(event.salt) is None:
        raise _invalid(event, "A payload must have a salt of 32 hex digits.")
    if event.blob is not None and blob_digest(event) is None:
        raise _invalid(event, "The line of an event with a blob must refer to the blob.")
    return b'%b,"s":"%b","d":%b}\n' % (head[:-1], event.salt.encode("ascii"), event.data)


def _check_type(event: Event) -> None:
    if TYPE_PATTERN.fullmatch(event.type) is None:
        raise InvalidEventError(
            "An event's type may not be used as a tag.",
            where=f"event {event.position}",
            expected=f"a match of {TYPE_PATTERN.pattern}",
            got=f"{len(event.type)} characters",
        )


def _invalid(event: Event, what: str, *, hint: str = "") -> InvalidEventError:
    hint = hint or "Make it with earwitness.codec.new_event."
    return InvalidEventError(what, where=f"event {event.position} ({event.type})", hint=hint)


def decode_line(line: bytes, *, where: str) -> Event:
    """The event of a line, given without its line feed.

    The form is checked, the commitment and the payload's JSON are not.

    Raises:
        LogFormatError: the bytes are not a line of log format version 1.
    """
    head, named, rest = line.partition(_PAYLOAD)
    match = _HEAD.fullmatch(head.decode("latin-1"))  # which takes any byte
    if match is None:
        raise _no_event(line, where)
    position, recorded_at, type_, commitment, salt, encrypted = match.groups()
    if salt is None:
        is_whole, data = not named, None
    else:
        is_whole, data = len(rest) > 1 and rest[-1:] == b"}" and b"\n" not in rest, rest[:-1]
    if not is_whole:
        raise _no_event(line, where)
    sealed = None if encrypted is None else encrypted.encode("ascii")
    return Event(int(position), int(recorded_at), type_, commitment, salt, data, encrypted=sealed)


def _no_event(line: bytes, where: str) -> LogFormatError:
    return LogFormatError(
        "A line of the log is not an event.",
        where=where,
        expected='{"n":…,"t":…,"type":"…","c":"…","s":"…","d":…}',
        got=f"{len(line)} other bytes",
        hint="The log was damaged or is no Earwitness log. Nothing was changed.",
    )


def leaf_of(line: bytes) -> bytes:
    """The bytes of the leaf of a line that :func:`decode_line` takes: its withheld line's."""
    commitment = line.index(_COMMITMENT) + len(_COMMITMENT)
    return line[: commitment + _DIGEST_CHARACTERS] + b'"}'


def blob_digest(event: Event) -> str | None:
    """The hex SHA-256 of the blob that holds the event's payload, or None if the line does."""
    if event.data is None or not event.data.startswith(_BLOB):
        return None
    match = _BLOB_REFERENCE.fullmatch(event.data)
    return None if match is None else match[1].decode("ascii")


def dump(own: Any) -> tuple[str, bytes]:
    """The tag and the payload's JSON of one of Earwitness's own events.

    Its members may hold any Python value; :func:`load` gives them back as plain JSON. What is plain
    JSON to begin with is marked as :class:`~earwitness.values.Plain`.
    """
    return own.TAG, values.encode(asdict(own, recurse=False), unknown=_members)


def _members(value: Any) -> Any:
    return asdict(value, recurse=False)


def load(event: Event, cls: type[T]) -> T:
    """One of Earwitness's own events out of its envelope. Members unknown here are passed over.

    Raises:
        LogFormatError: the payload is not what its tag promises.
        PayloadWithheldError: the payload is not in this copy.
    """
    from cattrs import BaseValidationError

    try:
        return _converter().structure(event.plain_payload, cls)
    except (BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise LogFormatError(
            "The payload of an event is not what its type promises.",
            where=f"event {event.position} ({event.type})",
            expected=f"the members of {cls.__name__}",
            got=type(error).__name__,
        ) from None


def check_format(event: Event, *, where: str) -> None:
    """Refuse a log that a newer Earwitness wrote.

    Args:
        event: the log's first event.
        where: the log's name, for the error.

    Raises:
        UnsupportedFormatError: its format is not version 1.
    """
    if event.type != RecordingOpened.TAG or event.withheld:
        return
    found = event.plain_payload
    version = found.get("format") if isinstance(found, dict) else None
    if version != FORMAT_VERSION:
        raise UnsupportedFormatError(
            "The log is in a format that this Earwitness does not know.",
            where=where,
            expected=f"format {FORMAT_VERSION}",
            got=f"format {version!r}"[:40],
            hint="Install a newer Earwitness; the log was not touched.",
        )
