"""An event that is written as it stands says what it would say if it were copied first."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import inspect
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.agents.llm import ChatMessage
from livekit.agents.voice import events
from pydantic import BaseModel

from earwitness import values
from earwitness.livekit import shapes, snapshot
from tests.livekit.scenarios import SCENARIOS

EVENTS = [
    cls
    for name, cls in inspect.getmembers(events, inspect.isclass)
    if name.endswith("Event") and issubclass(cls, BaseModel)
]


class Text(str):
    """Text that is more than text."""


class Colour(enum.StrEnum):
    RED = "red"


class Foreign(BaseModel):
    what: str = "somebody else's"


# What JSON has no word for, or has one for that is not ours.
STRANGE = st.sampled_from(
    [
        b"bytes",
        float("nan"),
        float("-inf"),
        1e16,
        5e-324,
        1 << 70,
        10**4301,
        "\ud83d",
        "\u2028 null NaN",
        Text("text"),
        Colour.RED,
        {"$bytes": "no"},
        {1: "one"},
        {"extra": None},
        {"model_name": "m", "nobody knows": 1},
        {"llm_metadata": {"model_name": "m", "more": 1}},
        (1, 2),
        {3},
        dt.date(2026, 11, 23),
        [b"", [float("nan")]],
        Foreign(),
        [Foreign()],
        object,
    ]
)


PLAIN = (
    st.none()
    | st.text(max_size=5)
    | st.floats()
    | st.just({})
    | st.lists(st.text(max_size=5), max_size=2)
    | st.dictionaries(st.text(max_size=5), st.integers() | st.floats(), max_size=2)
)


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """A value that may stand where this was declared, or one that may not."""
    found = [instances(cls) for cls in classes_in(hint)]
    declared = [st.one_of(*found), st.lists(st.one_of(*found), max_size=2)] if found else []
    if not found and hint in (str, int, float, bool):
        declared = [st.from_type(hint)]
    return st.one_of(*declared, *declared, PLAIN, STRANGE)


def classes_in(hint: Any) -> list[Any]:
    if inspect.isclass(hint) and (issubclass(hint, BaseModel) or is_dataclass(hint)):
        return [hint]
    return [cls for part in get_args(hint) for cls in classes_in(part)]


@functools.cache
def instances(cls: Any) -> st.SearchStrategy[Any]:
    return st.builds(_made, st.just(cls), _members(cls))


def _members(cls: Any) -> st.SearchStrategy[dict[str, Any]]:
    if is_dataclass(cls):
        hints = get_type_hints(cls)
        return st.fixed_dictionaries(
            {field.name: anything(hints[field.name]) for field in dataclass_fields(cls)}
        )
    members = {}
    for name, field in cls.model_fields.items():
        members[name] = st.just(field.default) if name == "type" else anything(field.annotation)
    return st.fixed_dictionaries(members)


def _made(cls: Any, members: dict[str, Any]) -> Any:
    return cls(**members) if is_dataclass(cls) else cls.model_construct(**members)


def the_long_way(event: Any) -> bytes:
    return values.encode_plain(values.plain(event, unknown=snapshot._known))


@pytest.mark.parametrize("cls", EVENTS)
@given(st.data())
def test_it_is_written_the_same_with_and_without_the_copy(cls: Any, data: st.DataObject) -> None:
    event = data.draw(instances(cls))
    tag, content = snapshot.payload_of("whatever", (event,))
    assert content == the_long_way(event)
    assert tag == event.type


@pytest.mark.parametrize("cls", EVENTS)
def test_what_is_taken_from_or_added_to_an_event_is_seen(cls: Any) -> None:
    for change in ("without", "with"):
        members = dict.fromkeys(cls.model_fields) | {"type": "said"}
        event = cls.model_construct(**members)
        if change == "without":
            del event.created_at
        event.__dict__["nobody knows"] = 1
        assert snapshot.payload_of("x", (event,))[1] == the_long_way(event)


@pytest.mark.parametrize("name", ["voice_conversation", "failing_tool"])
async def test_nearly_every_event_of_a_call_is_written_without_the_copy(name: str) -> None:
    """Else the short way would be for nothing."""
    emitted: list[Any] = []

    def hook(session: Any) -> None:
        inner = session.emit
        session.emit = lambda name, event: (emitted.append(event), inner(name, event))

    await SCENARIOS[name](hook)
    assert len(emitted) > 10
    copied = [event for event in emitted if shapes.write(event) is None]
    may_be = {"error", "close", "overlapping_speech"}
    if "hash" in ChatMessage.model_fields:  # of bytes: some SDKs around 1.5 have it
        may_be.add("conversation_item_added")
    assert {event.type for event in copied} <= may_be
    for event in emitted:
        assert snapshot.payload_of("x", (event,)) == (event.type, the_long_way(event))
