"""A log file read back: every whole line an event, with its blob."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import evolve

from ..codec import blob_digest, check_format, decode_line
from ..events import Event
from ..exceptions import LogFormatError

BLOB_FOLDER: Final = "blobs"


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a log as it stands now, line feeds included."""
    with path.open("rb") as log:
        yield from log


def read_events(path: Path, lines: Iterable[bytes], after: int) -> Iterator[Event]:
    """Every whole line after a position, as an event. A last line without its line feed is still
    being written, or was torn; either way it is no event yet.

    Raises:
        LogFormatError: a line is no event, is not at its position, or its blob is another one.
        UnsupportedFormatError: a newer Earwitness wrote the log.
    """
    start = 0
    for number, line in enumerate(lines):
        if not line.endswith(b"\n"):
            return
        where, start = f"{path}, line {number + 1}, byte {start}", start + len(line)
        event = decode_line(line[:-1], where=where)
        if event.position != number:
            raise LogFormatError(
                "An event is not at its position.",
                where=where,
                expected=f"position {number}",
                got=f"position {event.position}",
                hint="Lines were removed, added or moved. Nothing was changed.",
            )
        if number == 0:
            check_format(event, where=str(path))
        if event.position > after:
            yield _with_blob(event, path.parent)


def _with_blob(event: Event, folder: Path) -> Event:
    digest = blob_digest(event)
    if digest is None:
        return event
    try:
        content = (folder / BLOB_FOLDER / digest).read_bytes()
    except FileNotFoundError:
        return evolve(event, data=None, salt=None)
    if hashlib.sha256(content).hexdigest() != digest:
        raise LogFormatError(
            "A blob's bytes are not what the log committed to.",
            where=f"{folder / BLOB_FOLDER / digest}, event {event.position}",
            expected=f"SHA-256 {digest}",
            got="another digest",
        )
    return evolve(event, blob=content)
