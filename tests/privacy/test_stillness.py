"""After a pause only that is kept of which it is known that it began after it."""

from __future__ import annotations

from typing import Any

import pytest

from earwitness.privacy.stillness import Stillness
from tests.unit.facts import added, call, message, output, tools

BEFORE, WITHIN, AFTER = 10.0, 50.0, 90.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def paused() -> Stillness:
    """One that was paused from 20 to 80 and is not any more."""
    clock = Clock()
    stillness = Stillness(clock)
    clock.now = 20.0
    stillness.hold("paused")
    clock.now = 80.0
    stillness.release("paused")
    return stillness


def state(old: str, new: str) -> tuple[str, dict[str, Any]]:
    return "user_state_changed", {"old_state": old, "new_state": new}


def heard(text: str = "Hello") -> tuple[str, dict[str, Any]]:
    return "user_input_transcribed", {"transcript": text, "is_final": True}


def of_user(id: str = "item", at: float = AFTER) -> tuple[str, dict[str, Any]]:
    return added(message(id, "user", "Hello", at=at))


def test_nothing_is_hidden_where_there_never_was_a_pause() -> None:
    assert Stillness().hides(*of_user()) is None


def test_everything_is_hidden_in_a_pause() -> None:
    stillness = Stillness()
    stillness.hold("paused")
    assert stillness.hides(*of_user()) == "paused"
    assert stillness.hides("anything", {"a": "b"}) == "paused"


def test_pauses_add_up() -> None:
    stillness = Stillness()
    for _ in range(2):
        stillness.hold("paused")
    stillness.release("paused")
    assert stillness.why == "paused"
    stillness.release("paused")
    assert stillness.why is None


@pytest.mark.parametrize(("at", "hidden"), [(BEFORE, True), (WITHIN, True), (AFTER, False)])
@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_a_message_is_kept_if_it_began_after_the_pause(
    paused: Stillness, role: str, at: float, hidden: bool
) -> None:
    fact = added(message("item", role, "Hello", at=at))
    assert (paused.hides(*fact) == "paused") is hidden


def test_a_message_whose_speech_began_in_the_pause_is_hidden(paused: Stillness) -> None:
    spoken = message("item", "assistant", "Hello", at=AFTER)
    spoken["metrics"] = {"started_speaking_at": WITHIN}
    assert paused.hides(*added(spoken))


def test_an_item_without_a_time_is_hidden(paused: Stillness) -> None:
    assert paused.hides("history_item_added", {"item": {"id": "item", "type": "message"}})


def test_an_item_seen_in_the_pause_stays_hidden_whatever_time_it_bears_later() -> None:
    stillness = Stillness(Clock())
    stillness.hold("paused")
    stillness.hides(*of_user("item"))
    stillness.release("paused")
    assert stillness.hides("history_item_added", {"item": message("item", "user", at=AFTER)})


def test_an_item_of_before_the_pause_that_changed_is_hidden(paused: Stillness) -> None:
    """Nobody knows when it changed."""
    change = {"item": message("item", "user", "Hello", at=AFTER)}
    assert paused.hides("history_item_changed", change)


def test_an_item_of_after_the_pause_may_change(paused: Stillness) -> None:
    assert paused.hides(*of_user("item")) is None
    change = {"item": message("item", "user", "Hello!", at=AFTER)}
    assert paused.hides("history_item_changed", change) is None


def test_words_that_come_when_nobody_knows_when_they_were_said_are_hidden(
    paused: Stillness,
) -> None:
    """And so is the message that they become, but not the next one."""
    assert paused.hides(*heard())
    assert paused.hides(*of_user("first"))
    assert paused.hides(*of_user("second")) is None


def test_words_of_a_turn_that_began_after_the_pause_are_kept(paused: Stillness) -> None:
    assert paused.hides(*state("listening", "speaking")) is None
    assert paused.hides(*heard()) is None
    assert paused.hides(*state("speaking", "listening")) is None
    assert paused.hides(*of_user()) is None


def test_words_of_somebody_who_spoke_when_the_pause_ended_are_hidden(paused: Stillness) -> None:
    paused.hides(*state("speaking", "listening"))
    paused.hides(*state("listening", "speaking"))
    assert paused.hides(*heard())
    assert paused.hides(*of_user())


@pytest.mark.parametrize("sign", [heard(), state("listening", "speaking")])
def test_words_said_in_the_pause_hide_the_message_that_comes_after_it(sign: Any) -> None:
    stillness = Stillness(Clock())
    stillness.hold("paused")
    stillness.hides(*sign)
    stillness.release("paused")
    stillness.hides(*state("listening", "speaking"))
    assert stillness.hides(*heard("and more"))
    assert stillness.hides(*of_user())


def test_a_message_in_the_pause_takes_its_words_with_it() -> None:
    stillness = Stillness(Clock())
    stillness.hold("paused")
    stillness.hides(*heard())
    stillness.hides(*of_user())
    stillness.release("paused")
    stillness.hides(*state("listening", "speaking"))
    assert stillness.hides(*heard("Thank you")) is None


def test_words_that_came_to_nothing_hide_nothing_more(paused: Stillness) -> None:
    paused.hides(*state("speaking", "listening"))
    paused.hides("user_transcription_timeout", {})
    paused.hides(*state("listening", "speaking"))
    assert paused.hides(*heard()) is None


@pytest.mark.parametrize(("at", "hidden"), [(BEFORE, True), (WITHIN, True), (AFTER, False)])
def test_a_tool_is_told_of_if_it_was_called_after_the_pause(
    paused: Stillness, at: float, hidden: bool
) -> None:
    """What it gave back came later, and may tell of the pause nevertheless."""
    fact = tools((call("c", "look", at=at), output("c", at=AFTER)))
    assert (paused.hides(*fact) == "paused") is hidden


@pytest.mark.parametrize("suffix", ["", "_final", "_update_2"])
def test_what_a_tool_of_before_gives_late_is_hidden(paused: Stillness, suffix: str) -> None:
    late = {"item": output(f"c{suffix}", at=AFTER)}
    assert paused.hides("history_item_added", late)
    ended = {"update": {"type": "tool_call_ended", "call_id": "c", "message": "found"}}
    assert paused.hides("tool_execution_updated", ended)


def test_what_a_tool_of_after_gives_late_is_kept(paused: Stillness) -> None:
    started = {"update": {"type": "tool_call_started", "function_call": call("c", "look", AFTER)}}
    assert paused.hides("tool_execution_updated", started) is None
    ended = {"update": {"type": "tool_call_ended", "call_id": "c", "message": "found"}}
    assert paused.hides("tool_execution_updated", ended) is None
    late = {"item": call("c_final", "look", AFTER)}
    assert paused.hides("history_item_added", late) is None


@pytest.mark.parametrize(("position", "hidden"), [(3, True), (7, True), (9, False)])
def test_a_change_of_an_event_is_kept_if_the_event_came_after_the_pause(
    position: int, hidden: bool
) -> None:
    stillness = Stillness(Clock())
    stillness.hold("paused")
    for each in (5, 6, 7):
        stillness.recorded(each)
    stillness.release("paused")
    stillness.recorded(9)
    amended = {"position": position, "payload": {"type": "function_tools_executed"}}
    assert (stillness.hides("event_amended", amended) == "paused") is hidden


def test_no_change_is_kept_where_an_event_of_the_pause_has_no_position_yet() -> None:
    stillness = Stillness(Clock())
    stillness.hold("paused")
    stillness.recorded(-1)
    stillness.release("paused")
    assert stillness.hides("event_amended", {"position": 9, "payload": {}})
