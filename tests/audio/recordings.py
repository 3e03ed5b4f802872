"""What a call left in its folder, opened."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe

from earwitness import JournalEventStore
from earwitness.cli.verify_keys import trusted_keys
from earwitness.verify import verify_session
from tests.audio.tones import decoded


class Recording:
    """One session of a store."""

    def __init__(self, root: Path, session_id: str = "call") -> None:
        self.store = JournalEventStore(root)
        self.session_id = session_id
        self.folder = self.store.folder(session_id)
        self.path = self.folder / "audio.ogg"

    def facts(self, tag: str) -> list[dict[str, Any]]:
        """The payloads of this type."""
        return [each.payload for each in self.store.read(self.session_id) if each.type == tag]

    @property
    def started_at(self) -> float:
        """When the sound begins, seconds since the epoch."""
        [opened] = self.facts("audio_opened")
        return float(opened["started_at"])

    def sound(self) -> Any:
        """Both channels, the user's and the agent's."""
        return decoded(self.path)

    def check_sealed(self) -> float:
        """It is closed, and everything is what was sealed; the seconds that are told of it."""
        verified = verify_session(self.store, self.session_id, trusted_keys([], self.store.root))
        assert verified.sound, verified.findings
        assert verified.state == "closed"
        [sealed] = self.facts("audio_sealed")
        assert sealed["bytes"] == self.path.stat().st_size
        return float(sealed["seconds"])

    def check_sound(self) -> None:
        """It is sealed, and others play it."""
        check_plays(self.path, self.check_sealed())


def check_plays(path: Path, seconds: float) -> None:
    """FFmpeg decodes all of it without a complaint, and so does libsndfile, to the same end."""
    decode = [get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(decode, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    sound, rate = soundfile.read(path)
    assert sound.shape == (pytest.approx(seconds * rate, abs=2), 2)
