"""Of an interrupted answer the record tells what was generated and what was heard."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from livekit.agents.voice import io
from livekit.agents.voice.transcription.synchronizer import TranscriptSynchronizer

import earwitness
from earwitness.events import AnswerPlayed
from earwitness.livekit.answers import MAX_LETTERS, Answers
from earwitness.livekit.demo.scripted import say
from earwitness.projections.transcript import fold_transcript
from tests.audio.line import WORD, RealCaller
from tests.audio.recordings import Recording
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_call, said
from tests.unit.facts import added, log, message

LONG = "Our menu begins with oysters and then there is a soup of the day and a roast"


class Screen(io.TextOutput):
    """Shows the words."""

    def __init__(self) -> None:
        super().__init__(label="screen", next_in_chain=None)
        self.shown = ""

    async def capture_text(self, text: str) -> None:
        self.shown += text

    def flush(self) -> None:
        pass


async def interrupted(root: Path, screen: Screen | None) -> Recording:
    """A call in which the second answer is cut short after a second."""
    caller = RealCaller()
    session = new_call(caller, say("Good evening."), say(LONG), say("Very well."))
    if screen is not None:
        synchronized = TranscriptSynchronizer(
            next_in_chain_audio=caller.loudspeaker, next_in_chain_text=screen
        )
        session.output.audio = synchronized.audio_output
        session.output.transcription = synchronized.text_output
    recorder = earwitness.attach(session, store=root, session_id="call", audit=False, audio=True)
    await session.start(Host())
    caller.utters("A table, please.", 400)
    await said(session, "Good")
    caller.utters("What do you serve?", 500)
    await asyncio.sleep(0.5)
    await event(session, "agent_state_changed", lambda each: each.new_state == "speaking")
    await asyncio.sleep(1.0)
    caller.utters("Stop.", 600)
    await said(session, "Very")
    await session.aclose()
    await recorder.finalize()
    if screen is not None:
        await synchronized.aclose()
    return Recording(root)


async def test_what_was_generated_and_what_was_heard_are_told_apart(tmp_path: Path):
    screen = Screen()
    recording = await interrupted(tmp_path, screen)
    whole, cut, last = recording.facts("answer_played")
    assert (whole["said"], whole["interrupted"]) == ("Good evening.", False)
    assert (whole["seconds"], whole["played"]) == pytest.approx((2 * WORD, 2 * WORD), abs=0.01)
    assert cut["said"] == LONG
    assert cut["interrupted"]
    assert cut["heard"]
    assert LONG.startswith(cut["heard"])
    assert len(cut["heard"]) < len(LONG) / 2
    assert cut["seconds"] == pytest.approx(17 * WORD, abs=0.01)
    assert 0.5 < cut["played"] < 3.0
    assert last["heard"] == "Very well."
    [utterance] = [
        each
        for each in fold_transcript(recording.store.read("call"))
        if each.interrupted and each.speaker == "agent"
    ]
    assert (utterance.text, utterance.said) == (cut["heard"], LONG)
    assert screen.shown.startswith("Good evening.")


async def test_without_a_text_output_the_sound_alone_tells(tmp_path: Path):
    whole, cut, _ = (await interrupted(tmp_path, None)).facts("answer_played")
    assert (whole["said"], cut["said"], cut["heard"]) == (None, None, None)
    assert cut["played"] < cut["seconds"]


def test_an_answer_whose_words_come_late_has_its_own():
    answers = Answers()
    answers.word("One ")
    answers.sound(1.0)
    answers.word("two.")
    answers.end_of_words()
    answers.end_of_sound()
    answers.word("Three.")
    first = answers.played(1.0, False, None)
    answers.sound(2.0)
    second = answers.played(0.5, True, "Thr")
    assert first == AnswerPlayed(
        said="One two.", heard="One two.", seconds=1.0, played=1.0, interrupted=False
    )
    assert second == AnswerPlayed(
        said="Three.", heard="Thr", seconds=2.0, played=0.5, interrupted=True
    )
    assert answers.played(0.0, True, None) is None


def test_an_answer_without_an_end_does_not_fill_the_memory():
    answers = Answers()
    for _ in range(200):
        answers.word("a" * 1000)
    answers.sound(1.0)
    played = answers.played(1.0, True, "a")
    assert played is not None
    assert len(played.said or "") == MAX_LETTERS


def test_only_the_message_that_was_cut_short_tells_what_was_not_heard():
    cut = AnswerPlayed(said="One two three", heard="One", seconds=3.0, played=1.0, interrupted=True)
    utterances = fold_transcript(
        log(
            cut,
            added(message("a", "user", "Stop")),
            added(message("b", "assistant", "One", interrupted=True)),
            added(message("c", "assistant", "Again", interrupted=True)),
        )
    )
    assert [each.said for each in utterances] == [None, "One two three", None]
