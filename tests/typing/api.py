"""What a type checker infers from the public API. `mypy --strict` reads this; nothing runs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

from livekit.agents import AgentSession

import earwitness


def attach_gives_a_recorder(session: AgentSession[None]) -> None:
    assert_type(earwitness.attach(session), earwitness.SessionRecorder)
    assert_type(earwitness.attach(session, store="calls"), earwitness.SessionRecorder)


def attach_takes_a_policy_or_the_name_of_one(session: AgentSession[None]) -> None:
    earwitness.attach(session, redact="pci")
    earwitness.attach(session, redact=earwitness.Policy(fields={"rooms": "withhold"}))


def a_recorder_is_paused_for_a_block(recorder: earwitness.SessionRecorder) -> None:
    with recorder.paused(reason="card") as nothing:
        assert_type(nothing, None)
    assert_type(recorder.consent("granted", party="caller"), int)


async def finalize_gives_the_report(recorder: earwitness.SessionRecorder) -> None:
    assert_type(await recorder.finalize(), earwitness.SessionReport)


def a_report_is_a_dict_too(report: earwitness.SessionReport) -> None:
    assert_type(report.to_dict(), dict[str, Any])


def a_path_opens_a_journal_and_a_store_stays_what_it_is(store: earwitness.EventStore) -> None:
    assert_type(earwitness.open_store(), earwitness.JournalEventStore)
    assert_type(earwitness.open_store("recordings"), earwitness.JournalEventStore)
    assert_type(earwitness.open_store(Path("recordings")), earwitness.JournalEventStore)
    assert_type(earwitness.open_store(store), earwitness.EventStore)


def a_store_gives_sessions_events_and_reports(store: earwitness.JournalEventStore) -> None:
    assert_type(store.sessions(), list[earwitness.SessionInfo])
    assert_type(store.read("a"), Iterator[earwitness.Event])
    assert_type(store.report("a"), earwitness.SessionReport)


def every_shipped_store_fills_the_port() -> list[earwitness.EventStore]:
    return [earwitness.InMemoryEventStore(), earwitness.JournalEventStore("recordings")]
