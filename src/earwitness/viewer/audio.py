"""The sound of a session, where it lies beside its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..stores.contents import path_of
from ..stores.journal import JournalEventStore

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

# By the suffix that LiveKit's recorder gave it. A log names its file too, and is not trusted.
AUDIO: Final = {"audio.ogg": "audio/ogg", "audio.wav": "audio/wav", "audio.mp3": "audio/mpeg"}


@frozen
class Sound:
    """A session's audio file.

    Attributes:
        name: its plain name.
        path: where it lies.
        media_type: of its plain content.
        key: what it is encrypted with, if with anything.
    """

    name: str
    path: Path
    media_type: str
    key: DataKey | None


def audio_file(store: JournalEventStore, session_id: str) -> Sound | None:
    """The file, or None if there is no sound, or none that can be listened to here."""
    folder, key = store.folder(session_id), store.data_key(session_id)
    for name, media_type in AUDIO.items():
        path = path_of(folder / name, key)
        if path.is_file() and not path.is_symlink():
            return Sound(name, path, media_type, key)
    return None
