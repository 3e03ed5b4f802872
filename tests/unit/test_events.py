"""Events are facts: frozen, in the past tense, and the same after a journey through a log."""

from typing import Any, get_type_hints

import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from earwitness import Event, PayloadWithheldError
from earwitness.codec import decode_line, dump, encode_line, load, new_event
from earwitness.events import OWN_EVENTS, RESERVED_TAGS, TYPE_PATTERN
from earwitness.testing import an_event
from tests.unit.test_values import JSON

# A log holds more than these, but gives it back in its written form.
NAMES = st.text().filter(lambda name: not name.startswith("$"))
OBJECTS = st.dictionaries(NAMES, st.integers())
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
MEMBERS: dict[Any, st.SearchStrategy[Any]] = {
    Any: OBJECTS,
    dict[str, Any]: OBJECTS,
    dict[str, int]: OBJECTS,
    dict[str, str]: st.dictionaries(NAMES, st.text()),
    float: FLOATS,
    float | None: st.none() | FLOATS,
}
CLASSES = pytest.mark.parametrize("cls", OWN_EVENTS.values(), ids=OWN_EVENTS)


def instances(cls: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    members = {}
    for field in fields(cls):
        hint = hints[field.name]
        members[field.name] = MEMBERS[hint] if hint in MEMBERS else st.from_type(hint)
    return st.builds(cls, **members)


@CLASSES
@given(st.data())
def test_own_events_come_back_from_a_log_as_they_were(cls: type[Any], data: st.DataObject):
    own = data.draw(instances(cls))
    line = encode_line(new_event(4, 5, *dump(own)))
    assert load(decode_line(line[:-1], where="here"), cls) == own


@CLASSES
def test_own_events_are_frozen_and_reserved(cls: type[Any]):
    assert TYPE_PATTERN.fullmatch(cls.TAG)
    assert cls.TAG in RESERVED_TAGS
    assert OWN_EVENTS[cls.TAG] is cls
    for field in fields(cls):
        with pytest.raises((FrozenInstanceError, AttributeError)):
            setattr(cls.__new__(cls), field.name, None)


@given(JSON)
def test_a_payload_is_decoded_anew_at_each_access(value: Any):
    event = an_event(payload=[value])
    event.payload.clear()
    event.plain_payload.clear()
    assert len(event.payload) == len(event.plain_payload) == 1


def test_a_payload_is_told_restored_and_as_it_is_written():
    event = an_event(payload={"a": b"\xff"})
    assert event.payload == {"a": b"\xff"}
    assert event.plain_payload == {"a": {"$bytes": "/w=="}}


def test_a_withheld_payload_cannot_be_asked_for():
    event = an_event(3, "secret", withheld=True)
    assert event.withheld
    for ask in (lambda: event.payload, lambda: event.plain_payload):
        with pytest.raises(PayloadWithheldError) as caught:
            ask()
        assert caught.value.where == "event 3 (secret)"


def test_an_event_says_nothing_of_its_payload_when_it_is_printed():
    told = repr(Event(0, 0, "a", "c", "s", b"4111", b"4111"))
    assert "4111" not in told
