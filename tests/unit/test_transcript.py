"""The transcript says who said what, when, and whether they were cut short."""

from typing import Any

from attrs import evolve

from earwitness.events import EventAmended, HistoryItemAdded
from earwitness.projections.transcript import Utterance, fold_transcript
from tests.unit.facts import added, closed, handoff, log, message, tools


def transcript(*facts: Any) -> list[Utterance]:
    return fold_transcript(log(*facts))


def test_messages_of_both_sides_are_utterances():
    assert transcript(
        added(handoff("h", None, "host")),
        added(message("a", "user", "A table", "for two.", at=10.0)),
        closed(),
        added(message("b", "assistant", "At what", at=11.0, interrupted=True)),
    ) == [
        Utterance(1, 10.0, "user", "host", "A table\nfor two.", False),
        Utterance(3, 11.0, "agent", "host", "At what", True),
    ]


def test_messages_of_nobody_are_none():
    facts = [added(message("a", role, "hidden")) for role in ("system", "developer", "tool", "")]
    assert transcript(*facts) == []


def test_speech_begins_when_it_was_measured_to():
    measured = added(message("a", "user", at=10.0, metrics={"started_speaking_at": 9.5}))
    unmeasured = added(message("b", "user", at=10.0, metrics={"started_speaking_at": None}))
    assert [utterance.at for utterance in transcript(measured, unmeasured)] == [9.5, 10.0]


def test_only_what_is_text_is_said():
    image = {"type": "image_content"}
    [utterance] = transcript(added(message("a", "user", "look", image, None, 5, "there")))
    assert utterance.text == "look\nthere"


def test_a_handoff_gives_the_floor_to_another_agent():
    said = [added(message(id, "assistant", "hi")) for id in "abc"]
    facts = [
        said[0],
        added(handoff("h", None, "host")),
        said[1],
        # LiveKit before 1.5 tells of it in the history only.
        HistoryItemAdded(item=handoff("k", "host", "kitchen")),
        said[2],
    ]
    assert [utterance.agent for utterance in transcript(*facts)] == ["", "host", "kitchen"]


def test_a_message_that_was_only_put_into_the_history_was_not_said():
    assert transcript(HistoryItemAdded(item=message("a", "assistant", "hi"))) == []


def test_an_amended_message_is_told_as_it_stood_in_the_end():
    def amended(text: str) -> EventAmended:
        return EventAmended(position=0, payload=added(message("a", "user", text))[1])

    said = added(message("a", "user", "my card is 4111"))
    [utterance] = transcript(said, amended("my card is"), amended("my card"))
    assert (utterance.position, utterance.text) == (0, "my card")


def test_withheld_messages_are_passed_over_and_so_are_their_amendments():
    said, now = added(message("a", "user", "4111")), added(message("a", "user", "card"))
    first, second = log(said, EventAmended(position=0, payload=now[1]))
    assert fold_transcript([evolve(first, salt=None, data=None), second]) == []


def test_an_amendment_of_something_else_changes_nothing():
    said = added(message("a", "user", "hi"))
    amendments = [EventAmended(position=n, payload=tools_payload()) for n in (-1, 1, 99)]
    assert [utterance.text for utterance in transcript(said, *amendments)] == ["hi"]


def tools_payload() -> Any:
    return tools(({"created_at": 0.0}, None))[1]
