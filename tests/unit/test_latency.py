"""Where the time goes between a question and the first sound of its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.projections.exchanges import STAGES
from earwitness.projections.latency import Latency, Spread, Waterfall, fold_latency, spread
from earwitness.projections.turns import fold_turns
from tests.unit.facts import Fact, added, call, log, message, metrics, output, tools

NOON = 1_795_000_000.0


def latency(*facts: Fact) -> Latency:
    return fold_latency(log(*facts))


def only(*facts: Fact) -> Waterfall:
    [waterfall] = latency(*facts).waterfalls
    return waterfall


def parts(waterfall: Waterfall) -> list[tuple[str, float]]:
    return [(segment.stage, segment.length / 1e6) for segment in waterfall.segments]


def user(at: float = 0.0, **measured: float) -> Fact:
    """A message of the user, made ``at`` seconds after noon."""
    return added(message(f"u{at}", "user", "Hello?", at=NOON + at, metrics=measured))


def agent(**measured: float) -> Fact:
    return added(message("a", "assistant", "Good evening.", at=NOON, metrics=measured))


def asked(**measured: float) -> Fact:
    """A user who stopped speaking at noon."""
    return user(0.6, stopped_speaking_at=NOON, **measured)


def heard(after: float, **measured: float) -> Fact:
    """An answer heard so many seconds after noon."""
    return agent(started_speaking_at=NOON + after, **measured)


def state(who: str, old: str, new: str, at: float) -> Fact:
    return f"{who}_state_changed", {"old_state": old, "new_state": new, "created_at": NOON + at}


def request(start: float, end: float, ttft: float, *, cancelled: bool = False) -> Fact:
    lasted = {"timestamp": NOON + end, "duration": end - start, "cancelled": cancelled}
    return metrics(type="llm_metrics", ttft=ttft, **lasted)


def tool(id: str, start: float, end: float) -> Fact:
    return tools((call(id, "book", at=NOON + start), output(id, at=NOON + end)))


def test_a_turn_by_voice_is_told_stage_by_stage_from_its_messages_alone():
    waterfall = only(
        asked(transcription_delay=0.25, end_of_turn_delay=0.6, on_user_turn_completed_delay=0.1),
        heard(2.0, llm_node_ttft=0.5, llm_node_ttfs=0.7, tts_node_ttfb=0.3, playback_latency=0.05),
    )
    assert parts(waterfall) == [
        ("transcription", 0.25),
        ("end_of_turn", 0.35),
        ("callback", 0.1),
        ("unmeasured", 0.25),
        ("model", 0.5),
        ("sentence", 0.2),
        ("voice", 0.3),
        ("playout", 0.05),
    ]
    assert (waterfall.gap, waterfall.since) == (2_000_000, "speech")


def test_the_gap_is_what_livekit_measures_as_end_to_end():
    waterfall = only(user(0.6), heard(1.5, e2e_latency=1.25))
    assert (waterfall.start, waterfall.gap, waterfall.since) == (
        round((NOON + 0.25) * 1e6),
        1_250_000,
        "speech",
    )


def test_without_metrics_the_gap_is_between_the_states_and_nothing_in_it_was_measured():
    waterfall = only(
        state("user", "speaking", "listening", 0.5),
        user(0.6),
        state("agent", "thinking", "speaking", 2.0),
    )
    assert parts(waterfall) == [("unmeasured", 1.5)]
    assert waterfall.since == "silence"


def test_where_nobody_spoke_the_gap_begins_with_the_message():
    waterfall = only(user(1.0), heard(1.5))
    assert (waterfall.gap, waterfall.since) == (500_000, "message")


def test_a_silence_counts_for_the_message_after_it_only():
    first, second = latency(
        state("user", "speaking", "listening", 0.5), user(0.6), heard(1.0), user(5.0), heard(6.0)
    ).waterfalls
    assert (first.since, second.since) == ("silence", "message")


def test_a_session_with_tools_tells_of_each_step_of_the_model():
    waterfall = only(
        asked(),
        request(0.5, 1.0, ttft=0.25),
        tool("1", 1.0, 2.0),
        request(2.0, 2.75, ttft=0.5),
        heard(2.5),
    )
    assert parts(waterfall) == [
        ("unmeasured", 0.5),
        ("model", 0.5),
        ("tools", 1.0),
        ("model", 0.5),
    ]
    assert waterfall.spent() == {"model": 1_000_000, "tools": 1_000_000, "unmeasured": 500_000}


def test_a_model_that_says_nothing_but_calls_a_tool_counts_until_the_tool_runs():
    """LiveKit's time to first token is -1 then."""
    waterfall = only(asked(), request(0.0, 1.5, ttft=-1), tool("1", 1.0, 2.0), heard(2.0))
    assert parts(waterfall) == [("model", 1.0), ("tools", 1.0)]


def test_tools_at_the_same_time_count_once():
    waterfall = only(asked(), tool("1", 0.0, 1.0), tool("2", 0.5, 1.5), heard(2.0))
    assert parts(waterfall) == [("tools", 1.5), ("unmeasured", 0.5)]


def test_a_reply_begun_before_the_turn_was_over_costs_only_what_it_took_longer():
    waterfall = only(asked(end_of_turn_delay=1.0), request(0.25, 2.0, ttft=1.0), heard(1.25))
    assert parts(waterfall) == [("end_of_turn", 1.0), ("model", 0.25)]


def test_a_reply_begun_too_early_and_thrown_away_is_not_blamed():
    waterfall = only(
        asked(),
        request(0.0, 0.5, ttft=0.25, cancelled=True),
        request(0.75, 2.0, ttft=0.25),
        heard(1.0),
    )
    assert parts(waterfall) == [("unmeasured", 0.75), ("model", 0.25)]


def test_what_an_application_does_in_its_model_node_counts_as_the_model():
    waterfall = only(asked(), request(0.75, 2.0, ttft=0.25), heard(1.0, llm_node_ttft=0.5))
    assert parts(waterfall) == [("unmeasured", 0.5), ("model", 0.5)]


def test_a_transcript_later_than_the_decision_keeps_nobody_waiting():
    waterfall = only(asked(transcription_delay=0.75, end_of_turn_delay=0.5), heard(1.0))
    assert parts(waterfall) == [("transcription", 0.5), ("unmeasured", 0.5)]


def test_a_voice_that_waited_to_be_let_out_was_done_when_its_own_clock_says():
    speech = metrics(type="tts_metrics", timestamp=NOON + 1.0, duration=0.75, ttfb=0.25)
    waterfall = only(asked(), speech, heard(1.0, tts_node_ttfb=0.25))
    assert parts(waterfall) == [("unmeasured", 0.25), ("voice", 0.25), ("unmeasured", 0.5)]


def test_a_realtime_model_is_measured_from_when_its_response_was_begun():
    response = metrics(type="realtime_model_metrics", timestamp=NOON + 0.25, duration=3.0, ttft=0.5)
    waterfall = only(asked(), response, heard(1.0))
    assert parts(waterfall) == [("unmeasured", 0.25), ("model", 0.5), ("unmeasured", 0.25)]


def test_of_several_messages_before_an_answer_the_last_is_the_question():
    [waterfall] = latency(asked(), user(3.0, stopped_speaking_at=NOON + 2.0), heard(4.0)).waterfalls
    assert (waterfall.turn, waterfall.position, waterfall.gap) == (1, 1, 2_000_000)


@pytest.mark.parametrize(
    "facts",
    [
        (agent(started_speaking_at=NOON),),
        (asked(),),
        (asked(), agent()),
        (user(5.0, stopped_speaking_at=NOON + 9.0), heard(1.0)),
    ],
    ids=["greeting", "no answer", "not heard", "answered before the end"],
)
def test_a_turn_without_a_gap_has_no_waterfall(facts: tuple[Fact, ...]):
    assert latency(*facts) == Latency(())


def test_the_slowest_turn_and_the_spread_of_each_stage():
    found = latency(
        asked(end_of_turn_delay=0.5),
        heard(1.0),
        user(10.0, stopped_speaking_at=NOON + 10.0, end_of_turn_delay=1.5),
        agent(started_speaking_at=NOON + 13.0),
    )
    assert found.slowest is not None
    assert found.slowest.turn == 2
    assert found.gap == Spread(2, 1_000_000, 3_000_000, 3_000_000, 3_000_000)
    assert found.stages == {
        "end_of_turn": Spread(2, 500_000, 1_500_000, 1_500_000, 1_500_000),
        "unmeasured": Spread(2, 500_000, 1_500_000, 1_500_000, 1_500_000),
    }


def test_percentiles_are_values_that_were_measured():
    assert spread(range(1, 101)) == Spread(100, 50, 90, 95, 100)
    assert spread([7]) == Spread(1, 7, 7, 7, 7)
    assert spread([]) is None


seconds = st.one_of(
    st.none(), st.just(-1), st.floats(0, 3), st.floats(NOON - 3, NOON + 30), st.floats(), st.text()
)


def measured(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, seconds))


def said(role: str, *names: str) -> st.SearchStrategy[Fact]:
    def build(at: Any, found: dict[str, Any]) -> Fact:
        return added(message("m", role, "words", at=at, metrics=found))

    return st.builds(build, seconds, measured(*names))


def of(build: Callable[..., Fact], **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(build, **members)


facts = st.one_of(
    said(
        "user",
        "stopped_speaking_at",
        "transcription_delay",
        "end_of_turn_delay",
        "on_user_turn_completed_delay",
    ),
    said(
        "assistant",
        "started_speaking_at",
        "e2e_latency",
        "llm_node_ttft",
        "llm_node_ttfs",
        "tts_node_ttfb",
        "playback_latency",
    ),
    of(
        metrics,
        type=st.sampled_from(["llm_metrics", "tts_metrics", "realtime_model_metrics", "?"]),
        timestamp=seconds,
        duration=seconds,
        ttft=seconds,
        ttfb=seconds,
        cancelled=st.booleans(),
    ),
    of(
        lambda start, end: tools((call("1", "book", at=start), output("1", at=end))),
        start=seconds,
        end=seconds,
    ),
    of(
        lambda who, old, new, at: (
            f"{who}_state_changed",
            {"old_state": old, "new_state": new, "created_at": at},
        ),
        who=st.sampled_from(["user", "agent"]),
        old=st.sampled_from(["listening", "speaking"]),
        new=st.sampled_from(["listening", "speaking"]),
        at=seconds,
    ),
)


@given(st.lists(facts, max_size=24))
def test_the_segments_of_any_turn_are_contiguous_and_add_up_to_its_gap(told: list[Fact]):
    events = log(*told)
    numbers = [turn.number for turn in fold_turns(events)]
    found = fold_latency(events)
    answered = [waterfall.turn for waterfall in found.waterfalls]
    assert answered == sorted(set(answered) & set(numbers))
    for waterfall in found.waterfalls:
        at = waterfall.start
        for segment in waterfall.segments:
            assert segment.start == at
            assert segment.length > 0
            at += segment.length
        assert at == waterfall.start + waterfall.gap
        assert sum(waterfall.spent().values()) == waterfall.gap
        assert set(waterfall.spent()) <= set(STAGES)
