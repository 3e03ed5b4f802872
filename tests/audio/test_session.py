"""The recording of a real session is what was fed to it and what it played, at its place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import earwitness
from earwitness.livekit.demo.scripted import say
from tests.audio.checks import WITHIN, check_agent, check_call, check_user, recorded
from tests.audio.line import RATE as LINE_RATE
from tests.audio.line import Loudspeaker, Microphone, RealCaller
from tests.audio.recordings import Recording
from tests.audio.tones import RATE, heard, is_silent
from tests.livekit.fakes import NOISE
from tests.livekit.jobs import end_job, fake_job
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_call, said, speaking, turn_options


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
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await speaking(session)
        await asyncio.sleep(0.8)
        caller.utters(NOISE, 500, 0.1)
        await said(session, "One")
    recording = Recording(tmp_path)
    assert len(caller.loudspeaker.played) == 2
    check_user(recording, caller)
    check_agent(recording, caller)


async def test_livekits_own_recorder_may_run_at_the_same_time(tmp_path: Path):
    """Both hear the same; ours is what stands beside the log."""
    with fake_job(recording=True) as ctx:
        caller = RealCaller()
        session = new_call(caller, say("One two three."))
        recorder = earwitness.attach(
            session, store=tmp_path, session_id="call", audit=False, audio=True
        )
        await session.start(Host())
        caller.utters("A table, please.", 400)
        await said(session, "One")
        theirs = (await end_job(ctx, session)).audio
        await recorder.finalize()
    check_call(tmp_path, caller)
    assert theirs
    assert [path.name for path in Recording(tmp_path).folder.glob("audio*")] == ["audio.ogg"]


async def test_without_it_livekits_own_file_is_kept_as_before(tmp_path: Path):
    with fake_job(recording=True) as ctx:
        caller = RealCaller()
        session = new_call(caller, say("One two three."))
        recorder = earwitness.attach(session, store=tmp_path, session_id="call", audit=False)
        await session.start(Host())
        caller.utters("A table, please.", 400)
        await said(session, "One")
        theirs = (await end_job(ctx, session)).audio
        await recorder.finalize()
    recording = Recording(tmp_path)
    assert recording.path.read_bytes() == theirs
    assert recording.facts("audio_opened") == []
    # How players count its first and last page is between them and LiveKit's encoder.
    seconds = recording.sound().shape[1] / RATE
    assert recording.check_sealed() == pytest.approx(seconds, abs=WITHIN)


async def test_a_microphone_and_a_loudspeaker_that_take_the_others_place_are_heard(tmp_path: Path):
    """In the middle of a call."""
    caller = RealCaller()
    session = new_call(caller, say("One two three."), say("Four five six."))
    async with recorded(session, tmp_path):
        caller.utters("A table, please.", 400)
        await said(session, "One")
        first = caller.microphone.said, caller.loudspeaker.played
        caller.microphone, caller.loudspeaker = Microphone(), Loudspeaker()
        session.input.audio, session.output.audio = caller.microphone, caller.loudspeaker
        caller.utters("Two, at eight.", 600)
        await said(session, "Four")
    caller.microphone.said[:0], caller.loudspeaker.played[:0] = first
    recording = Recording(tmp_path)
    check_user(recording, caller)
    check_agent(recording, caller)


async def test_a_caller_who_is_never_heard_leaves_a_silent_channel(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller)
    session.input.audio = None
    async with recorded(session, tmp_path):
        session.say("One two three.")
        await said(session, "One")
    recording = Recording(tmp_path)
    check_agent(recording, caller)
    user, _ = recording.sound()
    assert is_silent(user, 0.0, len(user) / RATE)


async def test_each_run_of_a_session_has_a_recording_of_its_own(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One two three."), say("Four five six."))
    recorder = earwitness.attach(
        session, store=tmp_path, session_id="call", audit=False, audio=True
    )
    for word in ("One", "Four"):
        session.input.audio = session.input.audio or caller.microphone
        session.output.audio = session.output.audio or caller.loudspeaker
        await session.start(Host())
        caller.utters("A table, please.", 400)
        await said(session, word)
        await session.aclose()
        await recorder.finalize()
        again = earwitness.recorder_of(session)
        assert again is not None
        await again.finalize()
    for name, hertz in (("call", 1000), ("call-2", 1500)):
        recording = Recording(tmp_path, name)
        heard(recording.sound()[1], hertz)
        recording.check_sound()


async def test_a_session_that_runs_already_is_heard_from_then_on(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One two three."))
    await session.start(Host())
    await asyncio.sleep(0.2)
    recorder = earwitness.attach(
        session, store=tmp_path, session_id="call", audit=False, audio=True
    )
    await asyncio.sleep(0.2)  # attaching took time, which the microphone makes up for
    caller.utters("A table, please.", 400)
    await said(session, "One")
    await session.aclose()
    await recorder.finalize()
    recording = Recording(tmp_path)
    check_user(recording, caller)
    check_agent(recording, caller)


async def test_a_detached_session_goes_on_as_it_was(tmp_path: Path):
    caller = RealCaller()
    session = new_call(caller, say("One two three."))
    theirs = type(session.input), type(session.output)
    recorder = earwitness.attach(
        session, store=tmp_path, session_id="call", audit=False, audio=True
    )
    await session.start(Host())
    await asyncio.sleep(0.3)
    earwitness.detach(session)
    await recorder.finalize()
    assert (type(session.input), type(session.output)) == theirs
    caller.utters("A table, please.", 400)
    await said(session, "One")
    await session.aclose()
    assert Recording(tmp_path).facts("audio_sealed")
    assert caller.loudspeaker.played


async def test_a_store_without_folders_cannot_hold_sound():
    with pytest.raises(earwitness.AttachError, match="folder"):
        earwitness.attach(new_call(RealCaller()), store=earwitness.InMemoryEventStore(), audio=True)
