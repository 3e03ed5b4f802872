"""The table of what may stay knows every event there is."""

from __future__ import annotations

import typing
from typing import Any

import attrs
import pytest
from livekit.agents import metrics as livekit_metrics
from livekit.agents.llm import chat_context
from livekit.agents.voice import events as livekit_events
from pydantic import BaseModel

from earwitness.events import OWN_EVENTS
from earwitness.privacy.forms import FIELDS, Chosen, Each, Members
from earwitness.privacy.paths import TABLE, form_of

ITEMS = ("ChatMessage", "FunctionCall", "FunctionCallOutput", "AgentHandoff", "AgentConfigUpdate")


def livekits_events() -> dict[str, type[BaseModel]]:
    found = {}
    for cls in vars(livekit_events).values():
        if isinstance(cls, type) and issubclass(cls, BaseModel) and "type" in cls.model_fields:
            found[cls.model_fields["type"].default] = cls
    emitted = typing.get_args(livekit_events.EventTypes)
    return {tag: cls for tag, cls in found.items() if tag in emitted}


def settled(form: Any, value: Any) -> Any:
    return form.choose(value) if isinstance(form, Chosen) else form


def test_every_event_of_livekit_is_in_the_table() -> None:
    assert set(typing.get_args(livekit_events.EventTypes)) <= TABLE.keys()


@pytest.mark.parametrize("tag", livekits_events())
def test_every_member_of_an_event_of_livekit_is_in_the_table(tag: str) -> None:
    shown = {
        name for name, field in livekits_events()[tag].model_fields.items() if not field.exclude
    }
    assert shown <= settled(form_of(tag), {"is_final": True}).known.keys()


@pytest.mark.parametrize("name", ITEMS)
def test_every_member_of_a_chat_item_is_in_the_table(name: str) -> None:
    cls = getattr(chat_context, name, None)
    if cls is None:
        pytest.skip("an SDK without it")
    item = {"type": cls.model_fields["type"].default, "role": "user"}
    form = settled(TABLE["history_item_added"].known["item"], item)  # type: ignore[union-attr]
    assert set(cls.model_fields) <= form.known.keys()


def test_every_metric_of_livekit_is_in_the_table() -> None:
    known = TABLE["metrics_collected"].known["metrics"].known.keys()  # type: ignore[union-attr]
    for cls in vars(livekit_metrics).values():
        if (
            isinstance(cls, type)
            and issubclass(cls, BaseModel)
            and cls.__name__.endswith("Metrics")
        ):
            assert set(cls.model_fields) <= known, cls.__name__


@pytest.mark.parametrize(("tag", "cls"), OWN_EVENTS.items(), ids=list(OWN_EVENTS))
def test_every_member_of_an_own_event_is_in_the_table(tag: str, cls: type[Any]) -> None:
    """Else a new event of Earwitness's would be content, and its hashes searched for cards."""
    form = TABLE[tag]
    if isinstance(form, Members):
        assert {member.name for member in attrs.fields(cls)} <= form.known.keys()


def test_every_field_that_the_table_names_is_one_that_a_policy_can_name() -> None:
    named = {name for form in TABLE.values() for name in fields_in(form)}
    assert named <= set(FIELDS)


def fields_in(form: Any) -> set[str]:
    if isinstance(form, str):
        return set() if form.startswith("$") else {form}
    if isinstance(form, Each):
        return fields_in(form.form)
    if isinstance(form, Members):
        return {form.rest}.union(*map(fields_in, form.known.values()))
    return set()
