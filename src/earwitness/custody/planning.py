"""What an erasure would take, and what it would leave: found without changing anything."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ..codec import blob_digest, load
from ..events import AudioRecordingStarted, Event, PayloadErased
from ..exceptions import StoreError
from ..privacy.erasure import Selection, choose
from ..privacy.parties import PARTIES, Party
from .clearing import AUDIO_FILES, TORN_FILES, blob_file, blobs, leftovers

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey


@frozen
class GonePayload:
    """A payload that goes, and its salt.

    Attributes:
        position: the event's.
        type: its tag.
        bytes: the size of the payload.
        why: what it was chosen for.
    """

    position: int
    type: str
    bytes: int
    why: str


@frozen
class GoneFile:
    """A file of the session's folder that goes.

    Attributes:
        file: its name, in the folder.
        bytes: its size.
        why: what it was chosen for.
    """

    file: str
    bytes: int
    why: str


@frozen
class Erasure:
    """What is erased of one session, or would be.

    Attributes:
        session_id: the session.
        payloads: what goes from the log.
        files: what goes from beside it. ``report.json`` is not among them: it is folded anew.
        remains: what this erasure does not reach, in sentences.
        unfinished: an erasure was cut short before; it is finished first.
        position: that of ``payload_erased`` in the log; None if nothing was erased, or not yet.
    """

    session_id: str
    payloads: tuple[GonePayload, ...]
    files: tuple[GoneFile, ...]
    remains: tuple[str, ...]
    unfinished: bool = False
    position: int | None = None

    @property
    def empty(self) -> bool:
        """True if there is nothing to do."""
        return not (self.payloads or self.files or self.unfinished)


def plan_erasure(
    session_id: str,
    folder: Path,
    events: Sequence[Event],
    selection: Selection,
    key: DataKey | None = None,
) -> Erasure:
    """What would go from a closed session.

    Args:
        session_id: the session.
        folder: its folder.
        events: all events of its log.
        selection: what is asked for.
        key: what they were encrypted with, if with anything.

    Raises:
        StoreError: it has no such event.
        LogFormatError: a payload is not JSON.
    """
    _check_positions(session_id, events, selection.events)
    chosen = choose(events, selection)
    payloads = tuple(
        GonePayload(position, events[position].type, _size(events[position]), why)
        for position, why in chosen.items()
    )
    files = [*_audio(folder, selection, chosen), *_torn(folder, chosen)]
    files += _blobs(folder, events, chosen, key)
    files += [
        GoneFile(str(path.relative_to(folder)), path.stat().st_size, "left by an erasure before")
        for path in leftovers(folder, events, key)
        if str(path.relative_to(folder)) not in {file.file for file in files}
    ]
    remains = tuple(_remains(session_id, folder, events, selection, files))
    return Erasure(session_id, payloads, tuple(files), remains)


def _audio(folder: Path, selection: Selection, chosen: Collection[int]) -> list[GoneFile]:
    whole = selection.party is not None or (bool(selection.subject) and bool(chosen))
    if not (selection.audio or whole):
        return []
    why = "asked for" if selection.audio else "the voice"
    return [GoneFile(path.name, path.stat().st_size, why) for path in _files(folder, AUDIO_FILES)]


def _torn(folder: Path, chosen: Collection[int]) -> list[GoneFile]:
    # Nobody can tell what an unfinished line was about to say.
    if not chosen:
        return []
    why = "an unfinished line, may hold the same"
    return [GoneFile(path.name, path.stat().st_size, why) for path in _files(folder, TORN_FILES)]


def _blobs(
    folder: Path, events: Sequence[Event], chosen: Collection[int], key: DataKey | None
) -> list[GoneFile]:
    kept = blobs([event for event in events if event.position not in chosen])
    return [
        GoneFile(
            str(blob_file(folder, digest, key).relative_to(folder)),
            len(event.blob or b""),
            f"payload of event {position}",
        )
        for position in chosen
        if (digest := blob_digest(event := events[position])) is not None and digest not in kept
    ]


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if path.is_file()]


def _size(event: Event) -> int:
    return len(event.data or b"") if event.blob is None else len(event.blob)


def _remains(
    session_id: str,
    folder: Path,
    events: Sequence[Event],
    selection: Selection,
    files: Sequence[GoneFile],
) -> Iterator[str]:
    going = {file.file for file in files}
    for kept in _files(folder, AUDIO_FILES):
        if kept.name not in going:
            yield f"{kept.name} stays: the voices are still in it."
    if any(name in session_id for name in selection.subject):
        yield "The session's id names the person. Only removing the session takes that away."
    for event in events:
        if event.type == AudioRecordingStarted.TAG and not event.withheld:
            original = load(event, AudioRecordingStarted).path
            if original is not None and os.path.isfile(original):
                yield f"The SDK's own audio is still there, outside of the store: {original}"


def selection_of(
    events: Collection[int], party: Party | None, subject: Collection[str], audio: bool
) -> Selection:
    """What is asked for.

    Raises:
        ValueError: nothing is, or no party is called so.
    """
    if party is not None and party not in PARTIES:
        raise ValueError(f"party must be one of {', '.join(PARTIES)}")
    if not all(name.strip() for name in subject):
        raise ValueError("subject must not be empty")
    if not (events or party or subject or audio):
        raise ValueError("say what is to be erased: events, party, subject or audio")
    return Selection(frozenset(events), party, tuple(subject), audio)


def check_reason(reason: str, subject: str | None) -> None:
    """Refuse a reason that keeps what is to be forgotten.

    Raises:
        StoreError: it names the person.
    """
    if subject is not None and subject in reason:
        raise StoreError(
            "The reason names the person who is to be forgotten, and it stays in the log.",
            where="reason",
            hint="Refer to the request by a number of your own.",
        )


def _check_positions(session_id: str, events: Sequence[Event], wanted: Collection[int]) -> None:
    for position in sorted(wanted):
        if not 0 <= position < len(events):
            raise StoreError(
                "The session has no such event.",
                where=f"session {session_id!r}, event {position}",
                expected=f"one from 0 to {len(events) - 1}",
            )
        if events[position].type == PayloadErased.TAG:
            raise StoreError(
                "What tells of an erasure cannot be erased.",
                where=f"session {session_id!r}, event {position}",
            )
