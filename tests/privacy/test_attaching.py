"""``attach`` and ``instrument`` with a policy, and what they need for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import InMemoryEventStore, JournalEventStore, Policy, PolicyError
from earwitness.livekit.demo.scripted import say
from earwitness.privacy.detectors import Context, detect
from earwitness.privacy.keypad import Keypad, are_keys
from tests.livekit.jobs import end_job, fake_job
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session, running
from tests.privacy.test_pausing import holds, payloads

BY_NAME = Policy(fields={"rooms": "pseudonymise"}, otherwise="withhold")


async def test_a_preset_that_does_not_exist_is_refused_before_anything_is_opened() -> None:
    store = InMemoryEventStore()
    with pytest.raises(PolicyError):
        earwitness.attach(new_session(), store=store, redact="none of them")
    with pytest.raises(PolicyError):
        earwitness.instrument(store=store, redact="none of them")
    assert list(store.streams()) == []


async def test_every_session_of_the_process_is_recorded_under_the_policy() -> None:
    store = InMemoryEventStore()
    earwitness.instrument(store=store, redact=BY_NAME, audit=False)
    try:
        session = new_session(say("Yes."))
        async with running(session, Host(), lambda _: None):
            await session.generate_reply(user_input="periwinkle")
        recorder = earwitness.recorder_of(session)
        assert recorder is not None
        report = await recorder.finalize()
    finally:
        earwitness.uninstrument()
    assert "periwinkle" not in str(report.data)
    [adopted] = payloads(recorder, "policy_adopted")
    assert adopted["fields"]["messages"] == "withhold"


async def test_a_room_gets_the_same_pseudonym_in_every_session_of_a_store(tmp_path: Path) -> None:
    """In the log, the report and the audit lines; its name is nowhere."""
    store = JournalEventStore(tmp_path)
    rooms = []
    for _ in range(2):
        with fake_job() as ctx:
            session = new_session(say("Yes."))
            recorder = earwitness.attach(session, store=store, redact=BY_NAME, audit=False)
            await session.start(Host())
            await end_job(ctx, session)
        report = await recorder.finalize()
        [opened] = payloads(recorder, "recording_opened")
        rooms += [report.data["room"], opened["job"]["room"]]
    assert holds(tmp_path, "kitchen-line") == []
    assert len(set(rooms)) == 1
    assert rooms[0].startswith("[room:")


async def test_what_should_get_a_pseudonym_is_withheld_where_no_key_can_be_made(
    tmp_path: Path,
) -> None:
    """The call is recorded nevertheless."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "pseudonym.key").write_bytes(b"no key")
    with fake_job() as ctx:
        session = new_session(say("Yes."))
        store = JournalEventStore(tmp_path)
        recorder = earwitness.attach(session, store=store, redact=BY_NAME, audit=False)
        await session.start(Host())
        await end_job(ctx, session)
    report = await recorder.finalize()
    assert report.data["room"] == "[withheld]"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<dtmf_inputs>1 2 # 4</dtmf_inputs> confirm", "<dtmf_inputs>…</dtmf_inputs> confirm"),
        ("<dtmf_inputs>1", "<dtmf_inputs>…"),
        ("GetDtmfResult(user_input='1 2 3 4')", "GetDtmfResult(user_input='…')"),
        ("1 2 3", "…"),
        ("table 12 at 8 for 2", "table 12 at 8 for 2"),
        ("1 2", "1 2"),
    ],
)
def test_keys_that_were_pressed_are_found(text: str, left: str) -> None:
    for finding in reversed(detect(text, [Keypad()])):
        text = f"{text[: finding.start]}…{text[finding.end :]}"
    assert text == left


def test_what_is_named_after_the_keypad_is_found_whatever_it_is() -> None:
    assert list(Keypad().find("4", Context(prompt="sip_dtmf_received.digit")))
    assert not list(Keypad().find("4", Context(prompt="guests")))
    assert not list(Keypad().find("4", Context(prompt="press a key on your keypad")))


@pytest.mark.parametrize(
    ("items", "keys"),
    [(["1", "#"], True), ([1, 2], True), (["1", "12"], False), ([True], False), ([], False)],
)
def test_a_list_of_keys_is_known(items: list[Any], keys: bool) -> None:
    assert are_keys(items) is keys
