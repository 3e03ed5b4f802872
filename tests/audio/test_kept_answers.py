"""What is kept of answers: nothing of a pause, what a policy lets pass, no copy of what goes."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import earwitness
from earwitness import Event, JournalEventStore
from earwitness.livekit.demo.scripted import say
from earwitness.privacy.presets import find_policy
from tests.audio.line import RealCaller
from tests.audio.test_answers import Screen
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_call, said


def call_of(store: JournalEventStore, *answers: str, **settings: Any) -> tuple[Any, Any]:
    """A call with a screen, in which these answers are given."""
    caller = RealCaller()
    session = new_call(caller, *map(say, answers))
    session.output.transcription = Screen()
    recorder = earwitness.attach(
        session, store=store, session_id="call", audio=True, audit=False, **settings
    )
    return session, recorder


def played(store: JournalEventStore) -> list[dict[str, Any]]:
    return [event.payload for event in store.read("call") if event.type == "answer_played"]


def holding(root: Path, secret: str) -> list[str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return [path.name for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("paused", [False, True])
async def test_answers_that_were_only_shown_are_not_told_of_one_that_is_spoken(
    tmp_path: Path, paused: bool
) -> None:
    """Nor, after a pause, is anything of what was shown in it."""
    store = JournalEventStore(tmp_path)
    session, recorder = call_of(store, "Your cherry one.", "Your plum two.", "Third.", "Fourth.")
    await session.start(Host())
    if paused:
        recorder.pause()
    session.output.set_audio_enabled(False)
    for beginning in ("Your cherry", "Your plum"):
        session.generate_reply(user_input="What?")
        await said(session, beginning)
    session.output.set_audio_enabled(True)
    if paused:
        recorder.resume()
    for _ in range(2):
        await session.generate_reply(user_input="And then?")
    await session.aclose()
    await recorder.finalize()
    told = [each["said"] for each in played(store)]
    assert told == (["[paused]", "Fourth."] if paused else ["Third.", "Fourth."])
    assert bool(holding(tmp_path, "cherry")) is not paused


@pytest.mark.parametrize("preset", ["pci", "hipaa", "gdpr-minimal"])
async def test_what_was_played_is_redacted_as_its_message_is(preset: str, tmp_path: Path) -> None:
    """In the answer as it was generated and as it was heard, a number in several answers too."""
    store = JournalEventStore(tmp_path)
    policy = find_policy(preset)
    assert policy is not None
    answers = ["One two three.", "Four one one one.", "One one one one.", "1111 1111 is the rest."]
    session, recorder = call_of(store, *answers, redact=evolve(policy, audio=True))
    await session.start(Host())
    for words in ("What is the code on my card?", "Read me my card number.", "go on", "go on"):
        await session.generate_reply(user_input=words)
    await session.aclose()
    await recorder.finalize()
    told = str([(each["said"], each["heard"]) for each in played(store)]).lower()
    assert not {"one", "two", "three", "four", "1111"} & set(told.replace(".", " ").split())
    assert holding(tmp_path, "1111 1111") == holding(tmp_path, "one one") == []


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a call of two answers, the first of them too short to be looked for."""
    root = tmp_path_factory.mktemp("answered")

    async def converse() -> None:
        session, recorder = call_of(JournalEventStore(root), "PIN 47-11.", "A long **plum** one.")
        await session.start(Host())
        for _ in range(2):
            await session.generate_reply(user_input="ok")
        await session.aclose()
        await recorder.finalize()

    asyncio.run(converse())
    return root


def holds(event: Event, secret: str) -> bool:
    return secret.encode() in (event.data or b"")


@pytest.mark.parametrize("secret", ["47-11", "plum"])
@pytest.mark.parametrize("type", ["answer_played", "conversation_item_added"])
def test_whichever_copy_of_an_answer_is_erased_the_others_go_along(
    answered: Path, type: str, secret: str, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(answered, tmp_path / "copy"))
    store = JournalEventStore(root)
    events = list(store.read("call"))
    [position] = [each.position for each in events if each.type == type and holds(each, secret)]
    earwitness.erase(store, "call", events=[position], reason="request 12", actor="dpo")
    assert holding(root, secret) == []
    other = "plum" if secret == "47-11" else "47-11"
    assert holding(root, other) != []
