"""A session's user is known by the identity that they have in LiveKit's room."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import AgentSession

import earwitness
from earwitness import JournalEventStore, Policy
from earwitness.custody.searching import sessions_naming
from earwitness.privacy.pseudonyms import find_pseudonyms
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session
from tests.privacy.sessions import IDENTITY, places_of


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    return JournalEventStore(tmp_path / "store")


async def a_session(
    store: JournalEventStore, *linked: Any, withdrawn: bool = False, **settings: Any
) -> str:
    """A session in whose room LiveKit links these participants, one after the other."""
    session: AgentSession = new_session()
    recorder = earwitness.attach(session, store=store, audit=False, **settings)
    await session.start(Host())
    for participant in linked:
        session._room_io = SimpleNamespace(linked_participant=participant)
        session.emit("application.note", SimpleNamespace())
    session._room_io = None
    if withdrawn:
        recorder.pause(reason=f"asked by {IDENTITY}")
        recorder.consent("withdrawn", party="caller")
    await session.aclose()
    await recorder.finalize()
    return recorder.session_id


def identities(store: JournalEventStore, session_id: str) -> list[str]:
    events = store.read(session_id)
    return [event.payload["identity"] for event in events if event.type == "participant_linked"]


async def test_whoever_is_linked_is_told_once(store: JournalEventStore) -> None:
    ana, ben = SimpleNamespace(identity="ana"), SimpleNamespace(identity="ben")
    session_id = await a_session(store, None, ana, ana, ben, None, ben)
    assert identities(store, session_id) == ["ana", "ben"]


@pytest.mark.parametrize("linked", [None, SimpleNamespace(), SimpleNamespace(identity=7), "ana"])
async def test_what_is_no_participant_is_nobody(store: JournalEventStore, linked: Any) -> None:
    session_id = await a_session(store, linked)
    assert identities(store, session_id) == []
    assert [event.type for event in store.read(session_id)].count("application.note") == 1


async def test_a_person_is_erased_by_the_identity_that_livekit_knows(
    store: JournalEventStore,
) -> None:
    session_id = await a_session(store, SimpleNamespace(identity=IDENTITY))
    await a_session(store, SimpleNamespace(identity="somebody else"))
    assert dict(sessions_naming(store, IDENTITY)) == {session_id: None}
    earwitness.erase(store, session_id, subject=IDENTITY, reason="request 12", actor="dpo")
    assert places_of(store.root, IDENTITY) == []


async def test_a_person_behind_a_pseudonym_is_found_by_their_identity(
    store: JournalEventStore,
) -> None:
    linked = SimpleNamespace(identity=IDENTITY)
    session_id = await a_session(store, linked, redact="gdpr-minimal")
    name = find_pseudonyms(store.root / "keys").of("identity", IDENTITY)
    assert identities(store, session_id) == [f"[identity:{name}]"]
    assert places_of(store.root, IDENTITY) == []
    assert dict(sessions_naming(store, IDENTITY)) == {session_id: None}


async def test_a_consent_withdrawn_takes_the_identity_along_wherever_the_log_has_it(
    store: JournalEventStore,
) -> None:
    """Who consented, and who took it back, stays: that is what the erasure rests on."""
    linked = SimpleNamespace(identity=IDENTITY)
    policy = Policy(otherwise="keep", on_withdrawal="erase")
    session_id = await a_session(store, linked, withdrawn=True, redact=policy)
    kept = {event.type for event in store.read(session_id) if not event.withheld}
    assert kept >= {"recording_opened", "session_started", "consent_withdrawn", "payload_erased"}
    assert "participant_linked" not in kept
    assert places_of(store.root, IDENTITY) == []
