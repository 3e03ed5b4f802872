"""`earwitness demo --voice` is a call whose sound gives its words back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from earwitness.projections.captions import fold_captions
from earwitness.projections.transcript import fold_transcript
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, Channels
from tests.cli.running import EARWITNESS

for package in ("espeakng_loader", "pocketsphinx", "livekit.plugins.silero", "stdnum"):
    pytest.importorskip(package, reason="needs earwitness[demo-voice]", exc_type=ImportError)


def demo(folder: Path, *options: str) -> tuple[Recording, str]:
    """The demo in a process of its own, and what it printed."""
    command = [*EARWITNESS, "demo", "--voice", *options, "--store", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=400, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    screen = done.stdout.decode()
    [session_id] = {match[0] for match in re.finditer(r"voice-[0-9a-f]{8}", screen)}
    return Recording(folder, session_id), screen


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def utterances(channel: Channels) -> list[Channels]:
    """The stretches of a channel between silences of a second, with a little silence around."""
    loud = np.flatnonzero(np.abs(channel) > 0.02)
    ends = np.flatnonzero(np.diff(loud) > RATE)
    firsts, lasts = loud[[0, *(ends + 1)]], loud[[*ends, -1]]
    around = RATE // 4
    return [
        channel[max(0, first - around) : last + around]
        for first, last in zip(firsts, lasts, strict=True)
    ]


def understood(channel: Channels) -> list[str]:
    """What pocketsphinx makes of each utterance of the guest's channel."""
    from earwitness.livekit.demo.voice_call import GRAMMAR
    from earwitness.livekit.demo.voice_speech import Ears

    ears = Ears(GRAMMAR)
    samples = [(each * 32767).astype(np.int16) for each in utterances(channel)]
    return [ears.understand(each, RATE) for each in samples]


def test_what_was_said_is_understood_again_from_the_recording(tmp_path: Path):
    recording, screen = demo(tmp_path)
    recording.check_sound()
    said = fold_captions(recording.store.read(recording.session_id))
    guest = [caption.text for caption in said if caption.speaker == "user"]
    # What may not be kept in writing is in the sound, which the demo keeps to be listened to.
    assert guest[3] == "my card number is [card]"
    guest[3] = "my card number is" + " four two" * 8
    assert understood(recording.sound()[0]) == guest
    assert recording.facts("audio_lost") == []
    [cut] = [
        each
        for each in fold_transcript(recording.store.read(recording.session_id))
        if each.interrupted
    ]
    assert cut.said is not None
    assert words(cut.said)[: len(words(cut.text))] == words(cut.text)
    assert len(words(cut.text)) < len(words(cut.said))
    assert "book_table" in screen
    assert "Latency" in screen
    assert "m model" in screen
    assert "audio.ogg" in screen


def test_a_call_that_is_killed_is_recovered_with_its_sound(tmp_path: Path):
    recording, screen = demo(tmp_path, "--kill")
    recording.check_sound()
    assert re.search(r"Lost of it: the last \d", screen)
    assert understood(recording.sound()[0])[:3] == [
        "i would like a table for four tonight at eight please",
        "what is on the menu tonight",
        "stop please just tell me about the dessert",
    ]
    assert "stop please" in screen
