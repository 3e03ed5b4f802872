"""The sound of a session, where it lies beside its log."""

from __future__ import annotations

from pathlib import Path
from typing import Final

# By the suffix that LiveKit's recorder gave it. A log names its file too, and is not trusted.
AUDIO: Final = {"audio.ogg": "audio/ogg", "audio.wav": "audio/wav", "audio.mp3": "audio/mpeg"}


def audio_file(folder: Path) -> tuple[Path, str] | None:
    """The file and its media type, None if there is no sound."""
    for name, media_type in AUDIO.items():
        path = folder / name
        if path.is_file() and not path.is_symlink():
            return path, media_type
    return None
