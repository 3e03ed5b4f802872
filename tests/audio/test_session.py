"""The recording of a real session is what was fed to it and what it played, at its place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

import earwitness
from earwitness.livekit.demo.scripted import say
from tests.audio.line import RATE as LINE_RATE
from tests.audio.line import RealCaller
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, WINDOW, heard, is_silent, level_of
from tests.livekit.fakes import NOISE
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_call, said, speaking, turn_options

WITHIN = 0.05
LEVEL = 0.25


def check_user(recording: Recording, caller: RealCaller) -> None:
    """Each tone that was spoken is in the left channel, where it was spoken, and only there."""
    user, agent = recording.sound()
    for hertz, at, seconds in caller.microphone.said:
        begin, end = heard(user, hertz)
        assert begin == pytest.approx(at - recording.started_at, abs=WITHIN)
        assert end == pytest.approx(at + seconds - recording.started_at, abs=WITHIN)
        middle = slice(round(begin / WINDOW) + 2, round(end / WINDOW) - 2)
        level, leaked = (np.median(level_of(channel, hertz)[middle]) for channel in (user, agent))
        assert level == pytest.approx(LEVEL, rel=0.1)
        assert leaked < LEVEL / 100


def check_agent(recording: Recording, caller: RealCaller) -> None:
    """Each stretch that was played is in the right channel, where it was played, and no more."""
    _, agent = recording.sound()
    silent_from = 0.0
    for at, sound in caller.loudspeaker.played:
        begin = at - recording.started_at
        end = begin + len(sound) / LINE_RATE
        assert is_silent(agent, silent_from, begin - WITHIN)
        loud = np.abs(agent[round((begin + WITHIN) * RATE) : round((end - WITHIN) * RATE)])
        assert np.median(loud) == pytest.approx(LEVEL / 2**0.5, rel=0.1)
        silent_from = end + WITHIN
    assert is_silent(agent, silent_from, len(agent) / RATE)


async def barge_in(caller: RealCaller, store: Path) -> None:
    """An answer that is heard to its end, and one that is cut short."""
    session = new_call(caller, say("One two three."), say("Four " * 20), say("Five six."))
    recorder = earwitness.attach(session, store=store, session_id="call", audit=False, audio=True)
    await session.start(Host())
    caller.utters("A table, please.", 400)
    await said(session, "One")
    caller.utters("What do you serve?", 500)
    await asyncio.sleep(0.5)
    await event(session, "agent_state_changed", lambda each: each.new_state == "speaking")
    await asyncio.sleep(1.0)
    caller.utters("Stop.", 600)
    await said(session, "Five")
    await session.aclose()
    await recorder.finalize()


async def test_everything_stands_where_it_was_spoken_or_played_and_is_cut_where_it_was_cut(
    tmp_path: Path,
):
    caller = RealCaller()
    await barge_in(caller, tmp_path)
    recording = Recording(tmp_path)
    check_user(recording, caller)
    check_agent(recording, caller)
    spoken = [len(sound) / LINE_RATE for _, sound in caller.loudspeaker.played]
    assert spoken[1] < 4.0  # of six seconds
    assert recording.facts("audio_lost") == []
    recording.check_sound()


async def test_an_answer_that_was_paused_for_a_noise_goes_on_where_it_stood(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One " * 8), **turn_options("vad", 0.4))
    recorder = earwitness.attach(
        session, store=tmp_path, session_id="call", audit=False, audio=True
    )
    await session.start(Host())
    caller.utters("A table, please.", 400)
    await speaking(session)
    await asyncio.sleep(0.8)
    caller.utters(NOISE, 500, 0.1)
    await said(session, "One")
    await session.aclose()
    await recorder.finalize()
    recording = Recording(tmp_path)
    assert len(caller.loudspeaker.played) == 2
    check_user(recording, caller)
    check_agent(recording, caller)
