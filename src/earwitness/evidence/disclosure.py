"""A copy of a log with little in it, that can be verified like the log itself."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio import decrypted_name
from ..codec import blob_digest, encode_line, load
from ..disk import Disk, make_folders, replacing, sync_folder, write_durably
from ..encryption import KEYRING_VARIABLE
from ..events import AudioSealed, Event, RecordingRecovered
from ..exceptions import PayloadEncryptedError, PayloadWithheldError, StoreError
from ..sealing import CHECKPOINT_NAME
from ..sinks import REPORT_NAME
from ..stores.contents import read_content
from ..stores.journal import STREAM_FILE, JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.reading import BLOB_FOLDER
from ..timestamping import TIMESTAMP_FOLDER
from ..witnessing.sessions import COSIGNED_NAME
from .selection import read_sealing, sealed_events

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey


def disclose(
    store: JournalEventStore,
    session_id: str,
    positions: Collection[int],
    target: str | os.PathLike[str],
) -> Path:
    """Copy what is sealed of a log, with the payloads of some events and of no others.

    The copy stands in a store of its own. With it go the files that the disclosed events speak
    of: a payload that is a blob, the audio if ``audio_sealed`` is one of them, decrypted if it is
    encrypted, what was cut off if ``recording_recovered`` is. Countersignatures and timestamps go
    with it too, and the report if nothing is withheld.

    Args:
        store: where the log is.
        session_id: its session.
        positions: the events that keep their payload.
        target: the folder of the store that the copy is for; made if it is not there.

    Returns:
        The session's folder in it, which is there whole or not at all.

    Raises:
        SessionNotFoundError: there is no such session.
        StoreError: it has no such event, an event is not sealed yet, or the target has the
            session already.
        PayloadWithheldError: a payload that was asked for is not there, or nobody here can read
            it.
        LogError: the log cannot be read.
        IntegrityError: it is not what its checkpoint sealed.
        OSError: the copy could not be made.
    """
    log = read_sealing(store, session_id, positions)
    events = list(sealed_events(store, session_id, log.tree.size, positions))
    folder = Path(target).expanduser().absolute() / log.folder.parent.name / log.folder.name
    disclosed, key = [events[position] for position in positions], store.data_key(session_id)
    files = [file for event in disclosed for file in _files_of(event)]
    files += _files_about_the_log(log.folder)
    plain = _blobs_of(events) | _decrypted_sound_of(disclosed, log.folder, key)
    if not any(event.withheld for event in events):
        plain |= _report_of(log.folder, key)
    with _arriving(store.disk, folder) as copy:
        lines = b"".join(encode_line(event) for event in events)
        write_durably(store.disk, copy / LOG_NAME, lines)
        write_durably(store.disk, copy / CHECKPOINT_NAME, log.data)
        for file in files:
            _copy(store.disk, log.folder / file, copy / file)
        for file, data in plain.items():
            make_folders(store.disk, (copy / file).parent)
            write_durably(store.disk, copy / file, data)
    return folder


def _files_of(event: Event) -> list[Path]:
    """What goes with a disclosed event, by its place in the session's folder."""
    if event.encrypted is not None:
        raise PayloadEncryptedError(
            "A payload that is to be disclosed is encrypted, and its key is not here.",
            where=f"event {event.position} ({event.type})",
            hint=f"${KEYRING_VARIABLE} says where the keys are.",
        )
    if event.withheld:
        raise PayloadWithheldError(
            "A payload that is to be disclosed is not in the store.",
            where=f"event {event.position} ({event.type})",
            hint="It was erased, or the store holds a copy that was made without it.",
        )
    if event.type == AudioSealed.TAG:
        sealed = load(event, AudioSealed)
        return [] if decrypted_name(sealed) else [Path(Path(sealed.file).name)]
    if event.type == RecordingRecovered.TAG:
        return [Path(Path(torn.file).name) for torn in load(event, RecordingRecovered).torn]
    return []


def _blobs_of(events: Iterable[Event]) -> dict[Path, bytes]:
    """The payloads that are too large for a line, by the places of their files."""
    return {
        Path(BLOB_FOLDER, digest): event.blob
        for event in events
        if event.blob is not None and (digest := blob_digest(event)) is not None
    }


def _decrypted_sound_of(
    disclosed: Iterable[Event], folder: Path, key: DataKey | None
) -> dict[Path, bytes]:
    sealed = [load(event, AudioSealed) for event in disclosed if event.type == AudioSealed.TAG]
    names = {name for each in sealed if (name := decrypted_name(each))}
    return {Path(name): read_content(folder / name, key) for name in names}


def _report_of(folder: Path, key: DataKey | None) -> dict[Path, bytes]:
    try:
        return {Path(REPORT_NAME): read_content(folder / REPORT_NAME, key)}
    except FileNotFoundError:
        return {}


def _files_about_the_log(folder: Path) -> list[Path]:
    """What tells nothing of its events: its name, and what others said of its checkpoints."""
    stamps = sorted(path.name for path in (folder / TIMESTAMP_FOLDER).glob("[!.]*"))
    return [
        *_existing(folder, STREAM_FILE),
        *_existing(folder, COSIGNED_NAME),
        *(Path(TIMESTAMP_FOLDER, name) for name in stamps),
    ]


def _existing(folder: Path, name: str) -> list[Path]:
    return [Path(name)] if (folder / name).exists() else []


def _copy(disk: Disk, source: Path, target: Path) -> None:
    make_folders(disk, target.parent)
    with (
        source.open("rb") as original,
        replacing(disk, target) as fd,
        open(fd, "wb", closefd=False) as copy,
    ):
        shutil.copyfileobj(original, copy)


@contextmanager
def _arriving(disk: Disk, folder: Path) -> Iterator[Path]:
    """A hidden folder that takes the folder's place when the block ends well."""
    if folder.exists():
        raise StoreError(
            "The session is there already, and nothing is ever overwritten.",
            where=str(folder),
            hint="Choose another folder.",
        )
    hidden = folder.with_name(f".{secrets.token_hex(8)}.new")
    changed = make_folders(disk, hidden)
    try:
        yield hidden
        disk.rename(hidden, folder)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    for parent in changed:
        sync_folder(disk, parent)
