"""A log may hold any JSON under any tag, and every projection still tells what it can."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import Event, LogFormatError, values
from earwitness.codec import new_event
from earwitness.events import (
    OWN_EVENTS,
    AudioRecordingStarted,
    EventAmended,
    HistoryItemAdded,
    HistoryItemChanged,
    HistoryReordered,
    OptionsChanged,
    SessionEnded,
)
from earwitness.projections.history import fold_history
from earwitness.projections.report import fold_report
from earwitness.projections.transcript import fold_transcript
from earwitness.projections.turns import fold_turns
from earwitness.projections.usage import fold_usage
from tests.unit import facts
from tests.unit.test_values import JSON

METRICS = {"started_speaking_at": 1.5, "e2e_latency": 0.5}
SAID = facts.message("a", "assistant", "hi", at=2.0, metrics=METRICS, interrupted=True)
EXECUTED = facts.tools((facts.call("1", "book", at=1.0), facts.output("1", is_error=True)))

REAL = [
    facts.opened(errors={"llm": 0}, close_reason=None, duration_ms=None, user_turns=0, usage=None),
    facts.started(1.5, options={}),
    facts.added(SAID),
    facts.added(facts.message("b", "user", "hello", at=1.0)),
    facts.added(facts.handoff("h", "host", "kitchen", at=3.0)),
    EXECUTED,
    facts.usage({"type": "llm_usage", "model": "gpt", "input_tokens": 5}),
    facts.metrics(type="llm_metrics", label="gpt", prompt_tokens=3, metadata={"model_name": "m"}),
    ("error", {"type": "error", "error": {"type": "llm_error"}}),
    facts.closed(),
    AudioRecordingStarted(started_at=2.5, path=None),
    HistoryItemAdded(item=SAID),
    HistoryItemChanged(item=SAID),
    HistoryReordered(order=["b", "a"]),
    EventAmended(position=2, payload=facts.added(SAID)[1]),
    OptionsChanged(options={"a": 1}, requested={}),
    SessionEnded(report={"usage": None}, clock={}),
]
PAYLOADS = [(event.type, event.plain_payload) for event in facts.log(*REAL)]
TAGS = sorted({tag for tag, _ in PAYLOADS} | set(OWN_EVENTS) | {"debug_message", "my.own"})


def damaged(value: Any) -> st.SearchStrategy[Any]:
    """The value with any of its parts missing, or replaced by something else."""
    if isinstance(value, dict):
        parts = {name: damaged(part) for name, part in value.items()}
        return st.fixed_dictionaries({}, optional=parts) | JSON
    if isinstance(value, list):
        return st.lists(st.one_of([damaged(item) for item in value] or [JSON]), max_size=3) | JSON
    return st.just(value) | JSON


DAMAGED = st.one_of([st.tuples(st.just(tag), damaged(payload)) for tag, payload in PAYLOADS])
FOREIGN = st.tuples(st.sampled_from(TAGS), JSON)


def whole_report(events: Iterable[Event]) -> None:
    report = fold_report(events)
    assert values.decode(report.to_json()) == report.to_dict()
    assert report.to_dict() == report.to_dict() | {"events": report.events}


FOLDS: list[Callable[[Iterable[Event]], Any]] = [
    fold_history,
    fold_transcript,
    fold_turns,
    fold_usage,
    whole_report,
]


@pytest.mark.parametrize("fold", FOLDS)
def test_the_real_payloads_are_folded(fold: Callable[[Iterable[Event]], Any]):
    fold(facts.log(*PAYLOADS))


@given(st.lists(DAMAGED | FOREIGN | st.sampled_from(PAYLOADS), max_size=6))
def test_no_payload_keeps_a_log_from_being_folded(told: list[Any]):
    for fold in FOLDS:
        fold(facts.log(*told))


@pytest.mark.parametrize("fold", FOLDS)
def test_only_what_is_no_json_is_refused(fold: Callable[[Iterable[Event]], Any]):
    torn = [new_event(0, 0, tag, b'{"item":') for tag in TAGS]
    with pytest.raises(LogFormatError):
        fold(torn)
