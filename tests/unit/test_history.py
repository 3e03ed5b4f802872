"""The chat history is what LiveKit's own would be."""

from typing import Any

from attrs import evolve

from earwitness.events import EventAmended, HistoryItemAdded, HistoryItemChanged, HistoryReordered
from earwitness.projections.history import fold_history
from tests.unit.facts import added, call, log, message, output, tools


def history(*facts: Any) -> list[dict[str, Any]]:
    return fold_history(log(*facts))["items"]


def ids(*facts: Any) -> list[str]:
    return [item["id"] for item in history(*facts)]


def hello(id: str, at: float) -> dict[str, Any]:
    return message(id, "user", "hello", at=at)


def test_items_stand_by_their_time_and_then_as_they_came():
    late, early, same, none = hello("a", 2.0), hello("b", 1.0), hello("c", 2.0), hello("d", 0)
    del none["created_at"]
    assert ids(added(late), added(early), added(same), added(none)) == ["d", "b", "a", "c"]


def test_tools_bring_their_calls_and_outputs():
    first, second = call("1", "book", at=1.0), call("2", "ask", at=2.0)
    assert history(tools((first, output("1", at=1.5)), (second, None))) == [
        first,
        output("1", at=1.5),
        second,
    ]


def test_an_item_told_twice_stays_where_it_is_as_it_was_told_last():
    again = message("a", "user", "goodbye", at=9.0)
    assert history(added(hello("a", 1.0)), added(hello("b", 2.0)), added(again)) == [
        again,
        hello("b", 2.0),
    ]


def test_what_no_event_told_is_added_and_changed():
    facts = [
        added(hello("a", 2.0)),
        HistoryItemAdded(item=hello("b", 1.0)),
        HistoryItemChanged(item=hello("a", 2.0) | {"content": ["goodbye"]}),
    ]
    assert [item["content"] for item in history(*facts)] == [["hello"], ["goodbye"]]
    assert ids(*facts) == ["b", "a"]


def test_an_amended_event_changes_its_items():
    was = tools((call("1", "book"), output("1")))
    now = tools((call("1", "book"), output("1", is_error=True)))
    facts = [was, EventAmended(position=0, payload=now[1])]
    assert history(*facts) == [call("1", "book"), output("1", is_error=True)]


def test_an_amended_event_adds_no_items():
    was = tools((call("1", "book"), None))
    now = tools((call("1", "book"), output("1")))
    assert ids(was, EventAmended(position=0, payload=now[1])) == ["1_call"]


def test_a_reordered_history_holds_what_it_names_in_its_order():
    facts = [added(hello("a", 1.0)), added(hello("b", 2.0)), added(hello("c", 3.0))]
    assert ids(*facts, HistoryReordered(order=["c", "unknown", "a"])) == ["c", "a"]


def test_what_a_reordered_history_dropped_can_come_back():
    facts = [added(hello("a", 1.0)), HistoryReordered(order=[]), added(hello("a", 5.0))]
    assert history(*facts) == [hello("a", 5.0)]


def test_after_a_reordering_an_item_stands_behind_the_last_one_that_is_not_younger():
    """As LiveKit inserts it, which looks from the end and expects no order."""
    facts = [added(hello(id, at)) for id, at in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    reordered = HistoryReordered(order=["c", "a", "b"])
    assert ids(*facts, reordered, added(hello("d", 2.0))) == ["c", "a", "b", "d"]
    assert ids(*facts, reordered, added(hello("d", 1.5))) == ["c", "a", "d", "b"]


def test_an_item_put_in_twice_by_the_application_stands_there_twice():
    assert ids(added(hello("a", 1.0)), HistoryReordered(order=["a", "a"])) == ["a", "a"]


def test_an_item_is_shown_without_its_media_and_without_what_is_none():
    image = {"type": "image_content", "image": "…"}
    item = message("a", "user", "look", image, at=1.0, hash=None, metrics={"x": None, "y": 1})
    assert history(added(item)) == [message("a", "user", "look", at=1.0, metrics={"y": 1})]


def test_a_part_of_a_message_may_be_of_any_type():
    item = message("a", "user", {"type": ["image_content"]}, at=1.0)
    assert history(added(item)) == [item]


def test_bytes_are_shown_as_the_text_that_livekit_makes_of_them():
    extra = {"deep": [{"$bytes": "aGk="}], "no text": {"$bytes": "/w=="}, "none": {"$bytes": 1}}
    [item] = history(added(message("a", "user", extra=extra)))
    assert item["extra"] == extra | {"deep": ["hi"]}


def test_withheld_events_are_passed_over():
    first, second = log(added(hello("a", 1.0)), added(hello("b", 2.0)))
    withheld = evolve(first, salt=None, data=None)
    assert [item["id"] for item in fold_history([withheld, second])["items"]] == ["b"]


def test_300_levels_in_an_item_do_no_harm():
    extra: Any = {}
    for _ in range(300):
        extra = {"extra": [extra]} if len(str(extra)) % 2 else {"extra": extra}
    assert history(added(message("a", "user", extra=extra)))[0]["extra"] == extra
