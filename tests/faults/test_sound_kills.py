"""A call by voice whose process is killed keeps its sound, but for the last second."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

import numpy as np
import pytest

from earwitness import JournalEventStore
from earwitness.recovery import recover
from tests.audio.calls import AGENT, USER, call_left_open, endless_call
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, WINDOW, Channels, heard, level_of
from tests.faults.logs import find_log
from tests.faults.rounds import dice, play
from tests.faults.survival import Word, killed
from tests.faults.zygote import Zygote

KILLS = 40
LONGEST = 4.0
MAY_LACK = 1.0
"""Seconds."""


def test_no_more_than_a_second_is_lost_when_a_call_is_killed_at_a_random_moment(
    zygote: Zygote, tmp_path: Path
) -> None:
    """Of what either of them had said; and what is kept plays to its end and verifies."""
    lacking: list[float] = []

    def kill(number: int) -> None:
        root = tmp_path / secrets.token_hex(4)
        child = zygote.child(endless_call, root)
        after = dice("audio", number).uniform(0.0, LONGEST)
        threading.Timer(after, child.kill).start()
        lacking.append(check_sound_survived(root, killed(child, Word())))

    play(range(2), kill)  # these pay for what the machine has not read yet
    lacking.clear()
    play(range(KILLS), kill)
    assert max(lacking) < MAY_LACK
    assert sum(1 for each in lacking if each) > KILLS / 2  # most of them came to speak


def test_a_call_that_is_open_at_the_programs_end_keeps_all_of_its_sound(
    zygote: Zygote, tmp_path: Path
) -> None:
    child = zygote.child(call_left_open, tmp_path)
    assert child.ended() == 0, child.errors
    child.close()
    recording = Recording(tmp_path)
    recording.check_sound()
    assert recording.facts("audio_lost") == []
    user, _ = recording.sound()
    begin, end = heard(user, USER)
    assert end - begin == pytest.approx(1.0, abs=0.2)


def check_sound_survived(root: Path, word: Word) -> float:
    """How many seconds are lacking of what was heard or played; recovers the store."""
    if find_log(root) is None:
        return 0.0
    [done] = recover(JournalEventStore(root))
    assert done.outcome == "recovered"
    recording = Recording(root)
    said = [line.split(" ") for line in word.rest]
    spoken = [float(each[1]) for each in said if each[0] == "heard"]
    played = [(float(each[1]), float(each[2])) for each in said if each[0] == "played"]
    if not recording.facts("audio_sealed"):
        assert len(recording.facts("audio_missing")) == len(recording.facts("audio_opened"))
        return lacking((spoken[0], spoken[-1]), 0.0) if spoken else 0.0
    recording.check_sound()
    user, agent = recording.sound()
    [sealed] = recording.facts("audio_sealed")
    assert len(user) / RATE == pytest.approx(sealed["seconds"], abs=0.01)
    zero = recording.started_at
    of_user = lacking((spoken[0], spoken[-1]), zero + kept_until(user, USER)) if spoken else 0.0
    of_agent = lacking(played[-1], zero + kept_until(agent, AGENT)) if played else 0.0
    return max(of_user, of_agent)


def lacking(sounded: tuple[float, float], kept: float) -> float:
    """Seconds of a sound, from and to some time, that come after the last that was kept."""
    begin, end = sounded
    return min(end - begin, end - kept)


def kept_until(channel: Channels, hertz: float) -> float:
    """Up to where a tone is in a recording."""
    loud = np.flatnonzero(level_of(channel, hertz) > 0.1)
    return float((loud[-1] + 1) * WINDOW) if len(loud) else 0.0
