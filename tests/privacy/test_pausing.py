"""What is said while a recording is paused is nowhere, also where LiveKit tells of it later."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
import structlog
from livekit.agents import RunContext, function_tool

import earwitness
from earwitness import JournalEventStore, Policy, SessionRecorder, recorder_of, values
from earwitness.background import scribe
from earwitness.events import AudioRecordingStarted
from earwitness.livekit.demo.scripted import call, say
from earwitness.privacy.redaction import Redactor
from earwitness.recovery import recover_session
from tests.livekit.fakes import Caller
from tests.livekit.jobs import end_job, fake_job
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_call, new_session, report_outside_a_job, running, said
from tests.unit.facts import opened

SECRET = "periwinkle"


def holds(folder: Path, word: str = SECRET) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]


def types(recorder: SessionRecorder) -> list[str]:
    return [event.type for event in recorder.store.read(recorder.session_id)]


def payloads(recorder: SessionRecorder, type: str) -> list[Any]:
    events = recorder.store.read(recorder.session_id)
    return [event.payload for event in events if event.type == type]


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    return JournalEventStore(tmp_path / "store")


async def test_a_tool_pauses_the_recording_for_what_it_asks(store: JournalEventStore) -> None:
    """What the caller says to it, what it does, and what it gives back; not what comes then."""
    caller = Caller()

    @function_tool
    async def ask(context: RunContext[None]) -> str:
        """Asks for the word."""
        recorder = recorder_of(context.session)
        assert recorder is not None
        with recorder.paused(reason="a secret", actor="ask"):
            context.session.history.add_message(role="user", content=f"I said {SECRET}")
            caller.says(f"The word is {SECRET}")
            heard = await event(
                context.session,
                "user_input_transcribed",
                lambda heard: heard.is_final and SECRET in heard.transcript,
            )
            context.function_call.extra["heard"] = heard.transcript
        return f"The word was {SECRET}"

    session = new_call(
        caller, say("Yes?"), call("ask", hint=SECRET[:4]), *[say("Thank you.")] * 3, say("Bye.")
    )
    recorder = earwitness.attach(session, store=store)
    async with running(session, Host(ask), lambda _: None):
        caller.says("Hello")
        await said(session, "Yes?")
        caller.says("Ask me")
        await said(session, "Thank you.")
        await session.generate_reply(user_input="That was all")
    report = await recorder.finalize()
    scribe.flush()
    assert holds(store.root) == []
    assert "That was all" in str(report.chat_history)
    assert "Ask me" in str(report.chat_history)
    [paused] = payloads(recorder, "recording_paused")
    assert paused == {"reason": "a secret", "actor": "ask", "depth": 1}
    [resumed] = payloads(recorder, "recording_resumed")
    assert resumed["depth"] == 0
    between = types(recorder)
    between = between[between.index("recording_paused") : between.index("recording_resumed")]
    assert "user_input_transcribed" in between


async def test_the_report_has_the_shape_of_livekits_with_a_pause_in_it(
    store: JournalEventStore,
) -> None:
    """Every member is there and of its kind; only texts are others."""
    session = new_session(say("Yes."), say(f"So {SECRET}."), say("Bye."))
    recorder = earwitness.attach(session, store=store, audit=False)
    async with running(session, Host(), lambda _: None):
        await session.generate_reply(user_input="Hello")
        recorder.pause()
        await session.generate_reply(user_input=f"My word is {SECRET}")
        recorder.resume()
        await session.generate_reply(user_input="Done")
    ours = (await recorder.finalize()).to_dict()
    theirs = values.plain(report_outside_a_job(session).to_dict())
    assert holds(store.root) == []
    assert shape(ours) == shape(theirs)
    texts = [item["content"] for item in ours["chat_history"]["items"] if "content" in item]
    assert texts == [["Hello"], ["Yes."], ["[paused]"], ["[paused]"], ["Done"], ["Bye."]]


def shape(value: Any) -> Any:
    """What a value is made of, but for what it says."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return float if type(value) is int else type(value)  # LiveKit itself says 0 here, 0.0 there


async def test_words_said_in_a_pause_and_understood_after_it_are_nowhere(
    store: JournalEventStore,
) -> None:
    """A recogniser takes its time, and LiveKit makes the message when the turn is over."""
    caller = Caller()
    session = new_call(caller, say("Yes?"), *[say("I see.")] * 3)
    recorder = earwitness.attach(session, store=store, audit=False)
    async with running(session, Host(), lambda _: None):
        caller.says("Hello")
        await said(session, "Yes?")
        session.on("user_state_changed", lambda _: recorder.resume())
        recorder.pause()
        caller.says(f"It is {SECRET}")
        await said(session, "I see.")
        assert not recorder.is_paused
    await recorder.finalize()
    assert holds(store.root) == []


async def test_a_recording_may_be_closed_in_a_pause(store: JournalEventStore) -> None:
    session = new_session(say(f"So {SECRET}."))
    recorder = earwitness.attach(session, store=store, audit=False)
    async with running(session, Host(), lambda _: None):
        recorder.pause()
        await session.generate_reply(user_input=f"My word is {SECRET}")
    report = await recorder.finalize()
    recorder.resume()
    assert holds(store.root) == []
    assert types(recorder)[-1] == "recording_closed"
    assert report.data.get("close_reason", "CR_USER_INITIATED") == "CR_USER_INITIATED"


async def test_what_is_changed_in_a_pause_is_nowhere(store: JournalEventStore) -> None:
    """Items of before, changed, moved or removed in it, and found at the close."""
    session = new_session(say("Yes."), say("Bye."))
    recorder = earwitness.attach(session, store=store, audit=False)
    async with running(session, Host(), lambda _: None):
        await session.generate_reply(user_input="Hello")
        with recorder.paused():
            for message in [item for item in session.history.items if item.type == "message"]:
                message.content.append(f"and {SECRET}")
                message.extra["word"] = SECRET
        await session.generate_reply(user_input="Done")
    await recorder.finalize()
    assert holds(store.root) == []
    assert "event_amended" in types(recorder)


def test_pauses_add_up_and_resuming_what_is_not_paused_does_nothing() -> None:
    recorder = SessionRecorder(earwitness.InMemoryEventStore(), opened(), audit=False)
    recorder.resume()
    assert not recorder.is_paused
    recorder.pause()
    with recorder.paused():
        assert recorder.is_paused
    assert recorder.is_paused
    recorder.resume()
    assert not recorder.is_paused
    depths = [each["depth"] for each in payloads(recorder, "recording_resumed")]
    assert depths == [1, 0]
    recorder.close("over").result()


def test_a_recording_may_be_paused_from_any_thread() -> None:
    """No event is lost, and those between a pause and its end say nothing."""
    recorder = SessionRecorder(earwitness.InMemoryEventStore(), opened(), audit=False)
    start = threading.Barrier(3)

    def pausing() -> None:
        start.wait()
        for _ in range(200):
            with recorder.paused():
                recorder.record("said", f'{{"text":"{SECRET}"}}'.encode())

    def speaking() -> None:
        start.wait()
        for number in range(500):
            recorder.record("said", b'{"text":"%d"}' % number)

    threads = [threading.Thread(target=each) for each in (pausing, pausing, speaking)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close("over").result()
    depth = 0
    said = 0
    for each in recorder.store.read(recorder.session_id):
        depth = each.payload.get("depth", depth)
        if each.type == "said":
            said += 1
            assert ("[paused]" in each.payload) is (depth > 0)
            assert SECRET not in str(each.payload)
    assert said == 900


def test_a_listener_hears_of_the_first_pause_and_of_the_end_of_the_last() -> None:
    """So whoever records audio can record silence. What a listener raises goes nowhere."""
    recorder = SessionRecorder(earwitness.InMemoryEventStore(), opened(), audit=False)
    heard: list[bool] = []

    def broken(paused: bool) -> None:
        raise RuntimeError

    recorder.on_pause(broken)
    recorder.on_pause(heard.append)
    with recorder.paused(), recorder.paused():
        pass
    assert heard == [True, False]
    recorder.close("over").result()


@pytest.mark.parametrize("pauses", [False, True])
async def test_livekits_audio_is_not_kept_if_there_was_a_pause(
    store: JournalEventStore, pauses: bool
) -> None:
    """It holds what was said in the pause; the log says why it is not there."""
    with fake_job(recording=True) as ctx:
        caller = Caller(playout=0.05)
        session = new_call(caller, say("Good evening."))
        recorder = earwitness.attach(session, store=store, audit=False)
        await session.start(Host())
        caller.says("A table, please.")
        await said(session, "Good evening.")
        if pauses:
            recorder.pause()
            recorder.resume()
        await end_job(ctx, session)
    await recorder.finalize()
    kept = "audio_withheld" if pauses else "audio_sealed"
    assert {"audio_withheld", "audio_sealed"} & set(types(recorder)) == {kept}
    folder = store.folder(recorder.session_id)
    assert [path.name for path in folder.glob("audio*")] == ([] if pauses else ["audio.ogg"])
    assert recorder.keeps_audio is not pauses


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (None, "paused"),
        (Policy(otherwise="keep"), "policy"),
        (Policy(otherwise="keep", audio=True, content_after="consent"), "consent"),
    ],
    ids=["paused", "policy", "consent"],
)
async def test_recovery_keeps_no_audio_that_its_recorder_would_not_have_kept(
    policy: Policy | None, why: str, tmp_path: Path
) -> None:
    """The recorder died, and the audio is still there."""
    audio = tmp_path / "audio.ogg"
    audio.write_bytes(b"OggS")
    store = JournalEventStore(tmp_path / "store")
    redactor = None if policy is None else Redactor(policy)
    recorder = SessionRecorder(store, opened(), audit=False, redactor=redactor)
    recorder.record_own(AudioRecordingStarted(started_at=1.0, path=str(audio)))
    if policy is None:
        recorder.pause()
    recorder._abandon()
    store.release(recorder.session_id)
    assert recover_session(store, recorder.session_id).outcome == "recovered"
    assert payloads(recorder, "audio_withheld") == [{"reason": why}]
    assert not list(store.folder(recorder.session_id).glob("audio*"))


async def test_the_audit_trail_tells_of_a_pause_and_of_nothing_in_it(
    store: JournalEventStore,
) -> None:
    lines: list[Any] = []

    def take(_: Any, method: str, line: dict[str, Any]) -> Any:
        lines.append(line)
        raise structlog.DropEvent

    logger = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[take], wrapper_class=structlog.BoundLogger
    )
    session = new_session(say(f"So {SECRET}."))
    recorder = earwitness.attach(session, store=store, audit=logger)
    async with running(session, Host(), lambda _: None):
        recorder.pause(reason=SECRET, actor=SECRET)
        await session.generate_reply(user_input=f"My word is {SECRET}")
        recorder.resume()
    await recorder.finalize()
    await asyncio.to_thread(scribe.flush)
    assert {"recording_paused", "recording_resumed"} <= {line["event"] for line in lines}
    assert SECRET not in str(lines)
