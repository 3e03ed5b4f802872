"""`earwitness demo --voice` is a call whose sound gives its words back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from earwitness.projections.captions import Caption, fold_captions
from earwitness.projections.transcript import fold_transcript
from tests.audio.recordings import Recording
from tests.audio.tones import RATE
from tests.cli.running import EARWITNESS

for package in ("espeakng_loader", "pocketsphinx", "livekit.plugins.silero", "stdnum"):
    pytest.importorskip(package, reason="needs earwitness[demo-voice]", exc_type=ImportError)


def demo(folder: Path, *options: str) -> tuple[Recording, str]:
    """The demo in a process of its own, and what it printed."""
    command = [*EARWITNESS, "demo", "--voice", *options, "--store", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=180, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    screen = done.stdout.decode()
    [session_id] = {match[0] for match in re.finditer(r"voice-[0-9a-f]{8}", screen)}
    return Recording(folder, session_id), screen


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def understood(recording: Recording, caption: Caption) -> str:
    """What pocketsphinx makes of a stretch of the guest's channel."""
    from earwitness.livekit.demo.voice_call import GRAMMAR
    from earwitness.livekit.demo.voice_speech import Ears

    user, _ = recording.sound()
    stretch = user[round((caption.begin - 0.4) * RATE) : round((caption.end + 0.4) * RATE)]
    return Ears(GRAMMAR).understand((stretch * 32767).astype(np.int16), RATE)


def test_what_was_said_is_understood_again_from_the_recording(tmp_path: Path):
    recording, screen = demo(tmp_path)
    recording.check_sound()
    said = fold_captions(recording.store.read(recording.session_id))
    guest = [caption for caption in said if caption.speaker == "user"]
    assert len(guest) == 5
    for number, caption in enumerate(guest):
        if number != 3:
            assert understood(recording, caption) == caption.text
    # What may not be kept in writing is in the sound, which the demo keeps to be listened to.
    assert guest[3].text == "my card number is [card]"
    assert understood(recording, guest[3]).split()[-16:] == ["four", "two"] * 8
    [cut] = [
        each
        for each in fold_transcript(recording.store.read(recording.session_id))
        if each.interrupted
    ]
    assert cut.said is not None
    assert words(cut.said)[: len(words(cut.text))] == words(cut.text)
    assert len(words(cut.text)) < len(words(cut.said))
    assert "book_table" in screen
    assert "audio.ogg" in screen


def test_a_call_that_is_killed_is_recovered_with_its_sound(tmp_path: Path):
    recording, screen = demo(tmp_path, "--kill")
    recording.check_sound()
    [lost] = re.findall(r"Lost of it: the last (\d+)ms", screen)
    assert int(lost) < 1000
    assert len(recording.sound()[0]) > 10 * RATE
    assert "stop please" in screen
