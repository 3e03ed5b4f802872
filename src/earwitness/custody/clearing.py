"""What an erasure removes from beside the log, found from the log alone.

So who was killed while removing is followed by whoever looks next, and nothing has to be
remembered but what the log says.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..codec import blob_digest, load
from ..disk import Disk, sync_folder
from ..events import Event, PayloadErased
from ..stores.contents import path_of
from ..stores.journal import INDEX_FOLDER
from ..stores.reading import BLOB_FOLDER, blob_path

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

AUDIO_FILES: Final = "audio.*"
TORN_FILES: Final = "torn-*"

# A log may claim anything: of what it calls erased, only such files are touched.
_ERASABLE: Final = re.compile(r"(audio\.|torn-)[^/\x00]+")
_BLOB: Final = re.compile(r"[0-9a-f]{64}(\.enc)?")
_HALF_WRITTEN: Final = re.compile(
    r"\.(log\.jsonl|report\.json(\.enc)?|checkpoint|audio\..+|torn-.+)\.[0-9a-f]{8}\.(new|tmp)"
)
_HALF_WRITTEN_BLOB: Final = re.compile(r"\.[0-9a-f]{64}(\.enc)?\.[0-9a-f]{8}\.tmp")


def clear(disk: Disk, folder: Path, events: Sequence[Event], key: DataKey | None) -> None:
    """Remove what erasures left beside a log that nobody writes to.

    Args:
        disk: the system calls.
        folder: the session's.
        events: all events of its log.
        key: what they were encrypted with, if with anything.

    Raises:
        OSError: something could not be removed.
    """
    found = list(leftovers(folder, events, key))
    for path in found:
        disk.unlink(path)
    for changed in dict.fromkeys(path.parent for path in found):
        sync_folder(disk, changed)


def drop_index(disk: Disk, root: Path) -> None:
    """Remove what was derived from a store's logs to look things up; it is made anew when needed.

    Args:
        disk: the system calls.
        root: the store's folder.

    Raises:
        OSError: it could not be removed.
    """
    folder = root / INDEX_FOLDER
    found = [path for path in sorted(folder.glob("*")) if path.is_file()]
    for path in found:
        with contextlib.suppress(FileNotFoundError):
            disk.unlink(path)
    if found:
        sync_folder(disk, folder)


def leftovers(folder: Path, events: Sequence[Event], key: DataKey | None) -> Iterator[Path]:
    """The files that erasures have yet to remove; none where nothing was erased."""
    erased = [
        load(event, PayloadErased)
        for event in events
        if event.type == PayloadErased.TAG and not event.withheld
    ]
    if not erased:
        return
    for name in sorted({file.file for each in erased for file in each.files}):
        if _ERASABLE.fullmatch(name) and (folder / name).is_file():
            yield folder / name
    yield from _matching(folder, _HALF_WRITTEN)
    yield from _matching(folder / BLOB_FOLDER, _HALF_WRITTEN_BLOB)
    needed = {blob_file(folder, digest, key) for digest in blobs(events)}
    for path in _matching(folder / BLOB_FOLDER, _BLOB):
        if path not in needed:
            yield path


def blobs(events: Sequence[Event]) -> set[str]:
    """The digests of the blobs that events refer to."""
    return {digest for event in events if (digest := blob_digest(event)) is not None}


def blob_file(folder: Path, digest: str, key: DataKey | None) -> Path:
    """The file of a blob, as it lies in a session's folder."""
    return path_of(blob_path(folder, digest, key), key)


def _matching(folder: Path, name: re.Pattern[str]) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if name.fullmatch(path.name))
