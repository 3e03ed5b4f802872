"""Whether a recording is what its caller said and heard, at its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from livekit.agents import Agent, AgentSession

import earwitness
from earwitness import SessionRecorder
from tests.audio.line import RATE as LINE_RATE
from tests.audio.line import RealCaller
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, WINDOW, heard, is_silent, level_of
from tests.livekit.scenarios.cast import Host

WITHIN = 0.05
LEVEL = 0.25


@asynccontextmanager
async def recorded(
    session: AgentSession, store: Path, name: str = "call", *, agent: Agent | None = None
) -> AsyncIterator[SessionRecorder]:
    """A call that is recorded with its sound, from its start to the end of its recording."""
    recorder = earwitness.attach(session, store=store, session_id=name, audit=False, audio=True)
    await session.start(agent or Host())
    yield recorder
    await session.aclose()
    await recorder.finalize()


def check_call(store: Path, caller: RealCaller) -> None:
    """Both sides are in the recording, and it is whole."""
    recording = Recording(store)
    check_user(recording, caller)
    check_agent(recording, caller)
    recording.check_sound()


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
        if len(loud):  # else it was cut short before it had a middle
            assert np.median(loud) == pytest.approx(LEVEL / 2**0.5, rel=0.1)
        silent_from = end + WITHIN
    assert is_silent(agent, silent_from, len(agent) / RATE)
