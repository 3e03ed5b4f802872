"""A real call, and a session in which it can be held again and again.

The events are LiveKit's own objects, in the order and the mix in which a real session emitted
them: the demo's call to a restaurant. To get a longer session the call goes on: the same events
with ids and times of their own, and their items in the session's history.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import Any

from livekit.agents import AgentSession
from pydantic import BaseModel

from earwitness.livekit.demo.restaurant import AT_ONCE, hold_call, new_session

Emitted = tuple[str, Any]
"""The name under which an event was emitted, and the event."""


async def held_call() -> list[Emitted]:
    """The events of a call that was just held, without its close."""
    logging.getLogger("livekit").addHandler(logging.NullHandler())
    logging.getLogger("livekit").propagate = False  # the call stumbles on purpose
    session = new_session(AT_ONCE)
    emitted: list[Emitted] = []
    emit = session.emit

    def listen(name: Any, event: Any) -> None:
        emitted.append((name, event))
        emit(name, event)

    session.emit = listen  # type: ignore[method-assign]
    await hold_call(session, AT_ONCE)
    return [(name, event) for name, event in emitted if name != "close"]


def going_on(call: list[Emitted]) -> Iterator[list[Emitted]]:
    """The call, and then the same call later on, without end."""
    span = call[-1][1].created_at - call[0][1].created_at + 0.001
    for number in itertools.count():
        yield [(name, _later(event, f"{number:x}", number * span)) for name, event in call]


def first_events(call: list[Emitted], count: int) -> Iterator[Emitted]:
    """So many events of the call and of what follows it."""
    return itertools.islice(itertools.chain.from_iterable(going_on(call)), count)


def _later(event: Any, number: str, seconds: float) -> Any:
    changed: dict[str, Any] = {"created_at": event.created_at + seconds}
    for name, value in event.__dict__.items():
        if _is_item(value):
            changed[name] = _item_later(value, number, seconds)
        elif isinstance(value, list) and any(map(_is_item, value)):
            changed[name] = [_item_later(item, number, seconds) for item in value]
    return event.model_copy(update=changed)


def _is_item(value: Any) -> bool:
    return isinstance(value, BaseModel) and hasattr(value, "id") and hasattr(value, "created_at")


def _item_later(item: Any, number: str, seconds: float) -> Any:
    changed = {"id": f"{item.id}_{number}", "created_at": item.created_at + seconds}
    return item.model_copy(update=changed)


def idle_session() -> AgentSession[Any]:
    """A session that says nothing by itself."""
    return new_session(AT_ONCE)


def take_part(session: AgentSession[Any], events: list[Emitted]) -> None:
    """Have a session emit events as LiveKit does: what one carries is in the history by then."""
    emit, history = session.emit, session.history
    for name, event in events:
        if name == "conversation_item_added":
            history.insert(event.item)
        elif name == "function_tools_executed":
            history.insert([item for item in _carried(event) if item is not None])
        emit(name, event)  # type: ignore[arg-type]


def _carried(event: Any) -> list[Any]:
    return [*event.function_calls, *event.function_call_outputs]
