"""A log file read back: every whole line an event, with its blob."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve

from ..codec import blob_digest, check_format, decode_line
from ..events import NO_EVENTS, Event
from ..exceptions import DecryptionError, LogFormatError
from .contents import read_content

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

BLOB_FOLDER: Final = "blobs"


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a log as it stands now, line feeds included."""
    with path.open("rb") as log:
        yield from log


def read_log(path: Path, key: DataKey | None = None) -> Iterator[Event]:
    """The events of a log file, wherever it stands.

    Raises:
        LogError: it cannot be read; the events before that have been yielded.
        OSError: there is none, or it cannot be opened.
    """
    return read_events(path, lines_of(path), NO_EVENTS, key)


def read_events(
    path: Path,
    lines: Iterable[bytes],
    after: int = NO_EVENTS,
    key: DataKey | None = None,
    *,
    first: int = 0,
    start: int = 0,
) -> Iterator[Event]:
    """Every whole line after a position, as an event. A last line without its line feed is still
    being written, or was torn; either way it is no event yet.

    Args:
        path: the log.
        lines: its lines, or those of them from the byte ``start`` on.
        after: events up to this position are passed over, and held to nothing but their place.
        key: opens what is encrypted; without it such events stay so.
        first: the position of the event that stands at ``start``.
        start: where the lines begin.

    Raises:
        DecryptionError: it does not open an event that is encrypted.
        LogFormatError: a line is no event, is not at its position, or its blob is another one.
        UnsupportedFormatError: a newer Earwitness wrote the log.
    """
    for number, line in enumerate(lines, first):
        if not line.endswith(b"\n"):
            return
        if 0 < number <= after and line.startswith(b'{"n":%d,' % number):
            start += len(line)
            continue
        try:
            event = decode_line(line[:-1], where="")
            _check_position(event, number)
            sealed = key if event.encrypted is not None else None
            if sealed is not None and (number == 0 or number > after):
                event = sealed.decrypt(event)
        except (LogFormatError, DecryptionError) as error:
            # Told only now: a log has a million lines that are right.
            error.where = f"{path}, line {number + 1}, byte {start}"
            raise
        start += len(line)
        if number == 0:
            check_format(event, where=str(path))
        if number > after:
            yield event if blob_digest(event) is None else _with_blob(event, path.parent, sealed)


def blob_path(folder: Path, digest: str, key: DataKey | None) -> Path:
    """The plain name of a blob's file in a session's folder."""
    return folder / BLOB_FOLDER / (digest if key is None else key.blob_name(digest))


def _check_position(event: Event, number: int) -> None:
    if event.position != number:
        raise LogFormatError(
            "An event is not at its position.",
            expected=f"position {number}",
            got=f"position {event.position}",
            hint="Lines were removed, added or moved. Nothing was changed.",
        )


def _with_blob(event: Event, folder: Path, key: DataKey | None) -> Event:
    digest = blob_digest(event) or ""
    try:
        content = read_content(blob_path(folder, digest, key), key)
    except FileNotFoundError:
        return event.without_payload()
    if hashlib.sha256(content).hexdigest() != digest:
        raise LogFormatError(
            "A blob's bytes are not what the log committed to.",
            where=f"{folder / BLOB_FOLDER / digest}, event {event.position}",
            expected=f"SHA-256 {digest}",
            got="another digest",
        )
    return evolve(event, blob=content)
