"""What stands on the lanes of a session, and how it is thinned out for few pixels."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from earwitness.events import EventsLost
from earwitness.projections.marks import LANES, Lane, Mark, Timeline
from earwitness.projections.timeline import fold_timeline
from tests.unit.facts import Fact, added, call, handoff, log, message, opened, output, tools

NOON = 1_795_000_000.0


def us(seconds: float) -> int:
    return round((NOON + seconds) * 1e6)


def lane(name: Lane, *facts: Fact) -> list[Mark]:
    return list(fold_timeline(log(*facts)).marks[name])


def state(who: str, new: str, at: float) -> Fact:
    return f"{who}_state_changed", {"new_state": new, "created_at": NOON + at}


def update(at: float, **members: Any) -> Fact:
    return "tool_execution_updated", {"update": members, "created_at": NOON + at}


def test_the_user_speaks_from_one_change_of_state_to_the_next():
    [spoken] = lane("user", state("user", "speaking", 1), state("user", "listening", 3))
    assert (spoken.start, spoken.end, spoken.kind) == (us(1), us(3), "speaking")


def test_speech_ends_where_livekit_measured_it_and_not_where_it_was_noticed():
    said = message("u", "user", "Hello.", at=NOON + 3, metrics={"stopped_speaking_at": NOON + 2.5})
    [spoken] = lane(
        "user", state("user", "speaking", 1), state("user", "listening", 3), added(said)
    )
    assert spoken.end == us(2.5)


def test_what_nobody_spoke_is_a_moment_on_the_users_lane():
    [typed] = lane("user", added(message("u", "user", "Hello.", at=NOON + 3)))
    assert (typed.start, typed.end, typed.kind, typed.label) == (us(3), us(3), "message", "Hello.")


def test_the_agents_lane_tells_thinking_from_speaking():
    thinking, speaking = lane(
        "agent",
        state("agent", "thinking", 1),
        state("agent", "speaking", 2),
        state("agent", "listening", 4),
    )
    assert (thinking.kind, thinking.end) == ("thinking", us(2))
    assert (speaking.kind, speaking.end) == ("speaking", us(4))


def test_a_state_that_lasts_has_no_end():
    [speaking] = lane("agent", state("agent", "speaking", 1))
    assert speaking.end is None


def test_a_tool_runs_from_its_call_to_its_output_and_tells_if_it_failed():
    [run] = lane(
        "tools",
        tools((call("1", "book", at=NOON + 1), output("1", at=NOON + 2, is_error=True))),
    )
    assert (run.start, run.end, run.kind, run.label) == (us(1), us(2), "failed", "book")


def test_a_tool_is_on_its_lane_while_it_runs():
    begun = update(1, type="tool_call_started", function_call={"call_id": "1", "name": "book"})
    ended = update(2, type="tool_call_ended", call_id="1")
    assert [mark.end for mark in lane("tools", begun)] == [None]
    assert [mark.end for mark in lane("tools", begun, ended)] == [us(2)]
    executed = tools((call("1", "book", at=NOON + 1), output("1", at=NOON + 2)))
    assert len(lane("tools", begun, ended, executed)) == 1


def test_interruptions_errors_and_handoffs_are_moments():
    cut = message("a", "assistant", "Our menu", at=NOON, interrupted=True)
    failed = {"error": {"type": "llm_error", "recoverable": True}, "created_at": NOON + 1}
    facts = [added(cut), ("error", failed), added(handoff("h", "host", "kitchen", at=NOON + 2))]
    [interruption] = lane("interruptions", *facts)
    [error] = lane("errors", *facts)
    [taken_over] = lane("handoffs", *facts)
    assert (interruption.kind, interruption.label) == ("interrupted", "Our menu")
    assert (error.kind, error.label) == ("recoverable", "llm_error")
    assert taken_over.label == "host → kitchen"


def test_the_recording_has_a_lane_of_its_own():
    lost = EventsLost(count=2, types={}, reason="ENOSPC")
    assert [mark.kind for mark in lane("recording", opened(), lost)] == [
        "recording_opened",
        "events_lost",
    ]


def test_marks_too_close_to_tell_apart_are_drawn_as_one():
    many = [state("user", new, at / 100) for at in range(100) for new in ("speaking", "listening")]
    timeline = fold_timeline(log(*many))
    [drawn] = timeline.window(us(0), us(1000), 100)["user"]
    assert (drawn.count, drawn.start, drawn.position) == (100, us(0), 0)
    assert len(timeline.window(us(0), us(1), 10_000)["user"]) == 100


def test_a_window_holds_what_reaches_into_it():
    timeline = fold_timeline(
        log(state("user", "speaking", 0), state("user", "listening", 10), state("agent", "x", 20))
    )
    assert len(timeline.window(us(5), us(6), 100)["user"]) == 1
    assert timeline.window(us(11), us(12), 100)["user"] == []


def test_a_log_without_events_has_an_empty_timeline():
    assert fold_timeline([]) == Timeline(0, 0, dict.fromkeys(LANES, ()))


marks = st.builds(
    lambda start, length, kind: Mark("user", start, start + length, 0, kind),
    st.integers(0, 10_000),
    st.integers(0, 500),
    st.sampled_from(["speaking", "message"]),
)


@given(st.lists(marks, max_size=200), st.integers(1, 50))
def test_no_mark_is_left_out_of_a_window_and_few_are_drawn(found: list[Mark], pixels: int):
    ordered = tuple(sorted(found, key=lambda mark: mark.start))
    timeline = Timeline(0, 11_000, dict.fromkeys(LANES, ()) | {"user": ordered})
    drawn = timeline.window(0, 11_000, pixels)["user"]
    assert sum(mark.count for mark in drawn) == len(found)
    wide = sum(1 for mark in found if mark.end - mark.start >= 2 * 11_000 // pixels)
    assert len(drawn) <= 2 * (pixels + wide + 1)
