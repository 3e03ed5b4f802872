"""Every event has its headline, or none, but never an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import Event, JournalEventStore
from earwitness.cli.headlines import HEADLINES, headline
from earwitness.codec import new_event
from tests.livekit.recording import recorded
from tests.livekit.scenarios import SCENARIOS

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
NAMES = st.sampled_from(["item", "type", "role", "update", "error", "metrics", "usage"]) | st.text()
PAYLOADS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=8
)


def event(type: str, payload: Any) -> Event:
    return new_event(0, 0, type, json.dumps(payload).encode())


async def headlines(name: str, store: JournalEventStore) -> list[tuple[str, str]]:
    play = await recorded(name, store)
    await play.recorder.finalize()
    events = store.read(play.recorder.session_id)
    return [(event.type, headline(event)) for event in events]


async def test_a_conversation_can_be_followed(store: JournalEventStore) -> None:
    told = await headlines("handoff", store)
    for line in [
        ("agent_state_changed", "initializing → listening"),
        ("conversation_item_added", "user: Are there nuts in it?"),
        ("function_tools_executed", "ask_the_kitchen ok"),
        ("conversation_item_added", "agent: Kitchen speaking."),
        ("close", "user_initiated"),
        ("recording_closed", "user_initiated"),
    ]:
        assert line in told
    assert "host → kitchen" in [words for _, words in told]


async def test_errors_and_failing_tools_are_told(store: JournalEventStore) -> None:
    assert ("error", "llm_error, not recoverable") in await headlines("llm_error", store)
    executed = ("function_tools_executed", "book failed, calendar failed")
    assert executed in await headlines("failing_tool", store)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_known_event_says_something(name: str, store: JournalEventStore) -> None:
    told = await headlines(name, store)
    silence = {"user_input_transcribed", "session_usage_updated"}  # nothing heard, nothing used
    assert {type for type, words in told if type in HEADLINES and not words} <= silence


def test_a_withheld_event_says_so() -> None:
    full = event("close", {"reason": "error"})
    assert headline(evolve(full, salt=None, data=None)) == "(withheld)"


@given(type=st.sampled_from(sorted(HEADLINES)), payload=PAYLOADS)
def test_no_payload_breaks_it(type: str, payload: Any) -> None:
    words = headline(event(type, payload))
    assert words.isprintable()


@pytest.mark.parametrize(
    ("type", "payload", "told"),
    [
        ("recording_paused", {"reason": "card", "actor": "", "depth": 1}, "card"),
        ("consent_granted", {"party": "caller", "purpose": "recording"}, "caller, recording"),
        ("payload_erased", {"positions": [1, 2], "reason": "request 12"}, "2 payloads: request 12"),
        ("policy_adopted", {"name": "pci"}, "pci"),
    ],
)
def test_what_was_kept_out_and_what_was_taken_out_is_told(
    type: str, payload: Any, told: str
) -> None:
    assert headline(event(type, payload)) == told
