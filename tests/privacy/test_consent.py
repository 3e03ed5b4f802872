"""Consent is a fact of the log, and what the policy makes depend on it depends on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import InMemoryEventStore, JournalEventStore, Policy, PolicyError, SessionRecorder
from earwitness.livekit.demo.scripted import say
from earwitness.privacy.redaction import Redactor
from earwitness.recovery import recover_session
from earwitness.verify import verify_session
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session, running
from tests.privacy.test_pausing import holds, payloads, types
from tests.unit.facts import opened

AFTER_CONSENT = Policy(name="after consent", otherwise="keep", content_after="consent")


def recording(policy: Policy | None) -> SessionRecorder:
    redactor = None if policy is None else Redactor(policy)
    return SessionRecorder(InMemoryEventStore(), opened(), audit=False, redactor=redactor)


def said(recorder: SessionRecorder, text: str) -> str:
    """What is recorded of something that is said at this moment."""
    position = recorder.record("noted", b'{"text":"%b"}' % text.encode())
    events = list(recorder.store.read(recorder.session_id))
    return str(events[position].payload)


def test_each_decision_is_an_event_of_its_own() -> None:
    recorder = recording(None)
    for decision in ("requested", "granted", "denied", "withdrawn"):
        recorder.consent(
            decision, party="caller", method="spoken", jurisdiction="US-CA", position=3
        )
    told = {
        "party": "caller",
        "purpose": "recording",
        "method": "spoken",
        "jurisdiction": "US-CA",
        "position": 3,
    }
    for decision in ("requested", "granted", "denied"):
        assert payloads(recorder, f"consent_{decision}") == [told]
    assert payloads(recorder, "consent_withdrawn") == [told | {"erase": False}]
    recorder.close("over").result()


def test_there_is_no_other_decision() -> None:
    recorder = recording(None)
    with pytest.raises(PolicyError):
        recorder.consent("perhaps", party="caller")  # type: ignore[arg-type]
    recorder.close("over").result()


def test_content_is_kept_only_while_there_is_consent() -> None:
    recorder = recording(AFTER_CONSENT)
    assert recorder.is_paused
    assert "hello" not in said(recorder, "hello")
    recorder.consent("requested", party="caller")
    assert "hello" not in said(recorder, "hello")
    recorder.consent("granted", party="caller")
    assert "hello" in said(recorder, "hello")
    recorder.consent("withdrawn", party="caller")
    assert "hello" not in said(recorder, "hello")
    assert recorder.is_paused
    recorder.close("over").result()


def test_everybody_who_was_asked_must_consent() -> None:
    recorder = recording(AFTER_CONSENT)
    recorder.consent("requested", party="caller")
    recorder.consent("requested", party="colleague")
    recorder.consent("granted", party="caller")
    assert recorder.is_paused
    recorder.consent("denied", party="colleague")
    assert recorder.is_paused
    recorder.consent("granted", party="colleague")
    assert not recorder.is_paused
    recorder.close("over").result()


def test_consent_to_something_else_is_no_consent_to_the_recording() -> None:
    recorder = recording(AFTER_CONSENT)
    recorder.consent("granted", party="caller", purpose="marketing")
    assert recorder.is_paused
    recorder.close("over").result()


def test_a_pause_and_a_missing_consent_both_keep_content_out() -> None:
    recorder = recording(AFTER_CONSENT)
    recorder.pause()
    recorder.consent("granted", party="caller")
    assert "hello" not in said(recorder, "hello")
    recorder.resume()
    assert "hello" in said(recorder, "hello")
    recorder.close("over").result()


async def test_a_session_is_recorded_without_its_words_until_there_is_consent(
    tmp_path: Path,
) -> None:
    """The position is that of the user's last words, unless another is given."""
    session = new_session(say("May I record this?"), say("Thank you."), say("Yes."))
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(session, store=store, redact=AFTER_CONSENT, audit=False)
    async with running(session, Host(), lambda _: None):
        await session.generate_reply(user_input="This is periwinkle")
        recorder.consent("requested", party="caller")
        await session.generate_reply(user_input="You may")
        recorder.consent("granted", party="caller", method="spoken", jurisdiction="DE")
        await session.generate_reply(user_input="Then I begin")
    await recorder.finalize()
    assert holds(tmp_path) == []
    assert holds(tmp_path, "You may") == []
    assert sorted(holds(tmp_path, "Then I begin")) == ["log.jsonl", "report.json"]
    [granted] = payloads(recorder, "consent_granted")
    events = list(store.read(recorder.session_id))
    words: Any = events[granted["position"]].payload
    assert words["item"]["role"] == "user"
    assert words["item"]["content"] == ["[no consent]"]
    assert types(recorder)[:2] == ["recording_opened", "policy_adopted"]


async def test_the_audio_of_a_session_that_waited_for_consent_is_not_kept() -> None:
    recorder = recording(Policy(otherwise="keep", audio=True, content_after="consent"))
    recorder.consent("granted", party="caller")
    assert not recorder.keeps_audio
    recorder.close("over").result()


ERASES = Policy(name="erases", otherwise="keep", on_withdrawal="erase")


async def test_what_was_recorded_is_erased_at_the_close_if_a_consent_was_withdrawn(
    tmp_path: Path,
) -> None:
    """Also what was recorded before it; the sinks never get it, and the seal holds."""
    taken: list[Any] = []
    session = new_session(say("Thank you."), say("I see."), say("Yes."))
    store = JournalEventStore(tmp_path)
    recorder = earwitness.attach(
        session, store=store, redact=ERASES, audit=False, sinks=[taken.append]
    )
    async with running(session, Host(), lambda _: None):
        await session.generate_reply(user_input="This is periwinkle")
        recorder.consent("withdrawn", party="caller")
        await session.generate_reply(user_input="Periwinkle, I said")
    report = await recorder.finalize()
    assert holds(tmp_path) == holds(tmp_path, "Periwinkle") == []
    assert "eriwinkle" not in f"{report.data} {[each.data for each in taken]}"
    assert types(recorder)[-1] == "payload_erased"
    assert verify_session(store, recorder.session_id, [store.signer().verifier]).findings == []
    assert payloads_of_withheld(recorder) == []


def payloads_of_withheld(recorder: SessionRecorder) -> list[str]:
    events = recorder.store.read(recorder.session_id)
    return [each.type for each in events if each.type == "conversation_item_added" and each.data]


async def test_recovery_erases_what_a_dead_recorder_could_not(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path)
    recorder = SessionRecorder(store, opened(), audit=False, redactor=Redactor(ERASES))
    recorder.record("noted", b'{"text":"periwinkle"}')
    recorder.consent("withdrawn", party="caller", position=1)
    recorder._abandon()
    store.release(recorder.session_id)
    assert recover_session(store, recorder.session_id).outcome == "recovered"
    assert holds(tmp_path) == []
    assert types(recorder)[-1] == "payload_erased"
    assert recover_session(store, recorder.session_id).outcome == "closed"
