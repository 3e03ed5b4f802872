"""Calls that no device and no program should make: each is recorded, whole, and goes on."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.agents import function_tool

from earwitness.livekit.demo.scripted import call, say
from tests.audio.checks import check_agent, check_call, check_user, recorded
from tests.audio.line import FRAME, Microphone, RealCaller, frame_of
from tests.audio.line import RATE as LINE_RATE
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, heard, is_silent
from tests.livekit.scenarios.cast import Host, Kitchen
from tests.livekit.stage import event, new_call, said, speaking


class RoughMicrophone(Microphone):
    """Begins late, and gives frames of odd sizes, of one channel or of two."""

    def __init__(self) -> None:
        super().__init__()
        self._dice = random.Random(8)
        self._kept = np.zeros(0, np.int16)
        self._late = True

    async def __anext__(self) -> rtc.AudioFrame:
        if self._late:
            self._late = False
            await asyncio.sleep(0.4)
        size = self._dice.randint(1, round(FRAME * self.rate))
        while len(self._kept) < size:
            frame = await super().__anext__()
            self._kept = np.concatenate([self._kept, np.frombuffer(frame.data, np.int16)])
        samples, self._kept = self._kept[:size], self._kept[size:]
        channels = self._dice.randint(1, 2)
        return frame_of(np.repeat(samples, channels), self.rate, channels)


async def test_frames_of_every_kind_from_a_microphone_that_comes_late(tmp_path: Path):
    caller = RealCaller()
    caller.microphone = RoughMicrophone()
    session = new_call(caller, say("One two."))
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await said(session, "One")
    check_call(tmp_path, caller)


async def test_an_agent_that_is_interrupted_twice_in_a_second(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One " * 20), say("Two " * 20), say("Three."))
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await speaking(session)
        await asyncio.sleep(0.5)
        caller.utters("Stop.", 500, 0.2)
        await event(
            session,
            "user_input_transcribed",
            lambda each: each.is_final and "Stop" in each.transcript,
        )
        caller.utters("No, stop!", 600, 0.2)
        await said(session, "Three")
    check_call(tmp_path, caller)


async def test_an_agent_that_hands_over_in_the_middle_of_a_call(tmp_path: Path):
    @function_tool
    async def kitchen() -> Kitchen:
        """Hands over to the kitchen."""
        return Kitchen()

    caller = RealCaller()
    session = new_call(caller, call("kitchen"), say("Is there an allergy?"), say("Very well."))
    async with recorded(session, tmp_path, agent=Host(kitchen)):
        caller.utters("I have a question.", 400)
        await said(session, "Is there")
        caller.utters("To nuts.", 500)
        await said(session, "Very")
    check_call(tmp_path, caller)


async def test_a_call_that_is_closed_while_the_agent_speaks(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One " * 20))
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await speaking(session)
        await asyncio.sleep(0.8)
    recording = Recording(tmp_path)
    [(_, sound)] = caller.loudspeaker.played
    assert len(sound) / LINE_RATE < 5.0  # of six seconds
    check_agent(recording, caller)
    recording.check_sound()


async def test_two_calls_of_one_process_do_not_hear_each_other(tmp_path: Path):
    async def one(name: str, hertz: int) -> None:
        caller = RealCaller()
        session = new_call(caller, say("One two."))
        async with recorded(session, tmp_path, name):
            caller.utters("A table, please.", hertz)
            await said(session, "One")
        check_user(Recording(tmp_path, name), caller)
        check_agent(Recording(tmp_path, name), caller)

    await asyncio.gather(one("left", 400), one("right", 600))
    for name, hertz in (("left", 600), ("right", 400)):
        recording = Recording(tmp_path, name)
        recording.check_sound()
        user, _ = recording.sound()
        assert not sounds(user, hertz)


def sounds(channel: np.ndarray, hertz: float) -> bool:
    try:
        heard(channel, hertz)
    except AssertionError:
        return False
    return True


async def test_a_call_whose_folder_is_deleted_goes_on_to_its_end(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One two."), say("Three four."))
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await said(session, "One")
        shutil.rmtree(Recording(tmp_path).folder)
        caller.utters("At eight.", 600)
        await said(session, "Three")
    assert len(caller.loudspeaker.played) == 2


async def test_pauses_in_a_flurry_leave_a_recording_that_is_whole(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One two."), say("Three four."))
    async with recorded(session, tmp_path) as recorder:
        caller.utters("A table, please.", 400)
        await event(session, "agent_state_changed", lambda each: each.new_state == "thinking")
        for _ in itertools.repeat(None, 200):
            with recorder.paused(reason="flurry"):
                await asyncio.sleep(0.002)
        await said(session, "One")
        caller.utters("At eight.", 600)
        await said(session, "Three")
    recording = Recording(tmp_path)
    recording.check_sound()
    user, agent = recording.sound()
    hertz, at, seconds = caller.microphone.said[-1]
    begin, end = heard(user, hertz)
    assert abs(begin - (at - recording.started_at)) < 0.05
    assert abs(end - begin - seconds) < 0.05
    assert is_silent(user, 0.0, caller.microphone.said[0][1] - recording.started_at - 0.05)
    assert len(user) == len(agent) > RATE
