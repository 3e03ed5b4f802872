"""A turn is what the user says and all that the agent does about it."""

from typing import Any

from attrs import evolve

from earwitness.events import EventAmended
from earwitness.projections.turns import ToolUse, Turn, fold_turns
from tests.unit.facts import added, call, handoff, log, message, output, tools


def turns(*facts: Any) -> list[Turn]:
    return fold_turns(log(*facts))


def user(text: str, at: float = 0.0, **metrics: Any) -> Any:
    return added(message(text, "user", text, at=at, metrics=metrics))


def agent(text: str, at: float = 0.0, *, interrupted: bool = False, **metrics: Any) -> Any:
    item = message(text, "assistant", text, at=at, interrupted=interrupted, metrics=metrics)
    return added(item)


def test_a_turn_begins_with_what_the_user_says_after_an_answer():
    first, second = turns(
        user("Hello?"), user("A table."), agent("For"), agent("two?"), user("Yes.", at=4.0)
    )
    assert (first.number, first.position, first.user, first.reply) == (
        1,
        0,
        "Hello? A table.",
        "For two?",
    )
    assert (second.number, second.position, second.at, second.user, second.reply) == (
        2,
        4,
        4.0,
        "Yes.",
        "",
    )


def test_an_agent_that_speaks_first_has_a_turn_of_its_own():
    greeting, asked = turns(agent("Good evening.", at=1.0), user("Hello."))
    assert (greeting.user, greeting.reply, greeting.at) == ("", "Good evening.", 1.0)
    assert asked.user == "Hello."


def test_a_turn_belongs_to_the_agent_that_answered():
    [turn] = turns(
        added(handoff("h", None, "host")), user("Nuts?"), added(handoff("k", "host", "kitchen"))
    )
    assert turn.agent == "host"
    [turn] = turns(user("Nuts?"), added(handoff("k", "host", "kitchen")), agent("None."))
    assert turn.agent == "kitchen"


def test_a_turn_was_interrupted_if_any_of_its_replies_was():
    [turn] = turns(user("Hello."), agent("Good", interrupted=True), agent("evening"))
    assert turn.interrupted


def test_a_turn_tells_which_of_its_tools_failed():
    executed = tools(
        (call("1", "book"), output("1")),
        (call("2", "ask"), output("2", is_error=True)),
        (call("3", "stop"), None),
    )
    [turn] = turns(user("Two, please."), executed)
    assert turn.tools == [
        ToolUse("book", "1", False),
        ToolUse("ask", "2", True),
        ToolUse("stop", "3", False),
    ]


def test_tools_before_anybody_spoke_begin_a_turn():
    [turn] = turns(tools((call("1", "look up", at=3.0), output("1"))))
    assert (turn.at, turn.user, len(turn.tools)) == (3.0, "", 1)


def test_the_first_measure_of_a_turn_counts():
    facts = [
        user("Hello.", transcription_delay=0.25, e2e_latency=None),
        agent("Good", e2e_latency=1, llm_node_ttft=True),
        agent("evening", e2e_latency=2.5, unheard_of=1.0),
    ]
    [turn] = turns(*facts)
    assert turn.latency == {"transcription_delay": 0.25, "e2e_latency": 1.0}


def test_an_amended_reply_is_told_as_it_stood_in_the_end():
    [turn] = turns(user("Hello."), agent("4111"), EventAmended(position=1, payload=agent("…")[1]))
    assert turn.reply == "…"


def test_withheld_events_are_passed_over():
    first, second = log(user("Hello."), agent("Good evening."))
    [turn] = fold_turns([evolve(first, salt=None, data=None), second])
    assert (turn.user, turn.reply) == ("", "Good evening.")
