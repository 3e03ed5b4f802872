"""On real sessions of the installed LiveKit: the segments of a gap add up to LiveKit's figure."""

from __future__ import annotations

from typing import Any

import pytest

from earwitness import Event, InMemoryEventStore
from earwitness.projections.latency import Latency, fold_latency
from earwitness.projections.reading import mapping
from tests.livekit.recording import recorded


async def played(name: str) -> tuple[list[Event], Latency]:
    store = InMemoryEventStore()
    await recorded(name, store)
    [session_id] = store.streams()
    events = list(store.read(session_id))
    return events, fold_latency(events)


def replies(events: list[Event]) -> list[dict[str, Any]]:
    added = [event.plain_payload for event in events if event.type == "conversation_item_added"]
    items = [mapping(payload.get("item")) for payload in added]
    return [mapping(item.get("metrics")) for item in items if item.get("role") == "assistant"]


@pytest.mark.parametrize("name", ["voice_conversation", "interruption"])
async def test_each_gap_of_a_call_is_livekits_end_to_end_latency(name: str):
    events, latency = await played(name)
    measured = [metrics["e2e_latency"] for metrics in replies(events)]
    assert [waterfall.gap / 1e6 for waterfall in latency.waterfalls] == pytest.approx(
        measured, abs=2e-6
    )
    for waterfall in latency.waterfalls:
        assert waterfall.since == "speech"
        assert sum(segment.length for segment in waterfall.segments) == waterfall.gap


async def test_the_stages_of_a_call_are_the_ones_that_livekit_measured():
    _, latency = await played("voice_conversation")
    for waterfall in latency.waterfalls:
        assert {"end_of_turn", "callback", "model", "voice"} <= set(waterfall.spent())


async def test_the_tools_of_a_text_session_have_their_part():
    _, latency = await played("failing_tool")
    [waterfall] = latency.waterfalls
    assert waterfall.since == "message"
    assert {"model", "tools"} <= set(waterfall.spent())


async def test_ears_that_failed_and_tried_again_are_where_the_time_went():
    _, latency = await played("stt_error")
    [waterfall] = latency.waterfalls
    assert max(waterfall.spent().items(), key=lambda part: part[1])[0] == "transcription"
