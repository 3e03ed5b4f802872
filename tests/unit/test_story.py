"""What stands in a session's story, and in what order."""

from __future__ import annotations

from earwitness.events import EventsLost
from earwitness.projections.story import Line, fold_story
from tests.unit.facts import Fact, added, call, handoff, log, message, opened, output, tools

NOON = 1_795_000_000.0


def story(*facts: Fact) -> list[Line]:
    return fold_story(log(*facts))


def test_a_story_tells_what_was_said_and_what_happened_in_between():
    asked = message("u", "user", "A table?", at=NOON + 1)
    answered = message("a", "assistant", "At eight.", at=NOON + 4, interrupted=True)
    lines = story(
        opened(),
        added(asked),
        tools((call("1", "book", at=NOON + 2), output("1", at=NOON + 3, is_error=True))),
        added(answered),
        added(handoff("h", "host", "kitchen", at=NOON + 5)),
    )
    assert [(line.kind, line.text, line.outcome) for line in lines] == [
        ("user", "A table?", ""),
        ("tool", "book", "failed"),
        ("agent", "At eight.", "interrupted"),
        ("handoff", "host → kitchen", ""),
    ]


def test_lines_stand_by_when_they_began_and_not_by_when_they_were_told():
    late = message("a", "assistant", "First.", at=NOON + 1)
    lines = story(added(message("u", "user", "Second.", at=NOON + 2)), added(late))
    assert [line.text for line in lines] == ["First.", "Second."]


def test_a_line_lasts_as_long_as_it_was_spoken():
    spoken = {"started_speaking_at": NOON + 1, "stopped_speaking_at": NOON + 2.5}
    [line] = story(added(message("u", "user", "Hello.", at=NOON + 3, metrics=spoken)))
    assert (line.at, line.until) == (round((NOON + 1) * 1e6), round((NOON + 2.5) * 1e6))


def test_each_line_knows_its_turn():
    lines = story(
        added(message("u1", "user", "One.", at=NOON + 1)),
        added(message("a1", "assistant", "Two.", at=NOON + 2)),
        added(message("u2", "user", "Three.", at=NOON + 3)),
    )
    assert [line.turn for line in lines] == [1, 1, 2]


def test_a_gap_in_the_recording_is_part_of_the_story_and_its_opening_is_not():
    lost = EventsLost(count=2, types={}, reason="ENOSPC")
    assert [line.text for line in story(opened(), lost)] == ["events_lost"]
