"""A session on hold keeps everything, and the refusal says who holds it and why."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import earwitness
from earwitness import JournalEventStore, SessionNotFoundError, SessionOnHoldError, StoreError
from earwitness.custody.holding import holds_of
from tests.cli.running import Run
from tests.privacy.sessions import Call, a_call, begin, contents, new_store


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return a_call(new_store(tmp_path / "store"))


def hold(store: JournalEventStore, reason: str = "Smith v. Aurora", actor: str = "legal") -> int:
    return earwitness.place_hold(store, "call", reason=reason, actor=actor)


def release(store: JournalEventStore, number: int | None = None) -> int:
    return earwitness.release_hold(store, "call", reason="settled", actor="legal", hold=number)


def test_nothing_is_erased_from_a_session_on_hold(call: Call) -> None:
    hold(call.store)
    before = contents(call.store.root)
    for dry_run in (True, False):
        with pytest.raises(SessionOnHoldError) as refused:
            earwitness.erase(call.store, "call", audio=True, reason="r", actor="a", dry_run=dry_run)
        assert "by legal since" in refused.value.got
        assert refused.value.got.endswith(": Smith v. Aurora")
        assert pickle.loads(pickle.dumps(refused.value)).got == refused.value.got
    assert contents(call.store.root) == before


def test_a_session_on_hold_is_not_pruned(call: Call) -> None:
    hold(call.store)
    [kept] = earwitness.prune(call.store, older_than=0, actor="a", dry_run=False)
    assert kept.kept_for == "on hold"
    assert call.verify().sound


def test_a_hold_that_is_released_holds_nothing(call: Call) -> None:
    number = hold(call.store)
    assert release(call.store) == number
    assert holds_of(call.store) == []
    assert not earwitness.erase(call.store, "call", audio=True, reason="r", actor="a").empty


def test_one_hold_does_not_end_with_another(call: Call) -> None:
    """Two matters may hold one session; which one is over has to be said."""
    first, second = hold(call.store), hold(call.store, "an audit", "finance")
    with pytest.raises(StoreError, match="More than one hold"):
        release(call.store)
    assert release(call.store, first) == first
    assert [(each.position, each.fact.actor) for each in holds_of(call.store, "call")] == [
        (second, "finance")
    ]
    with pytest.raises(SessionOnHoldError, match="an audit"):
        earwitness.erase(call.store, "call", audio=True, reason="r", actor="a")


def test_a_hold_that_is_not_there_cannot_end(call: Call) -> None:
    with pytest.raises(StoreError, match="no such hold"):
        release(call.store)
    number = hold(call.store)
    release(call.store)
    with pytest.raises(StoreError, match="no such hold"):
        release(call.store, number)


def test_a_live_session_can_be_held(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    recorder = begin(store, "call")
    hold(store)
    recorder.close("done").result()
    with pytest.raises(SessionOnHoldError):
        earwitness.erase(store, "call", audio=True, reason="r", actor="a")


def test_a_hold_needs_a_session_a_reason_and_somebody_who_says_so(call: Call) -> None:
    with pytest.raises(SessionNotFoundError):
        earwitness.place_hold(call.store, "nobody", reason="r", actor="a")
    for reason, actor in ((" ", "a"), ("r", ""), ("r" * 2000, "a")):
        with pytest.raises(ValueError, match="must be"):
            hold(call.store, reason, actor)


def test_the_command_places_lists_and_releases(tmp_path: Path, run: Run) -> None:
    call = a_call(JournalEventStore(tmp_path / "own key", sync="never"))
    store = ("--store", str(call.store.root))
    placed = run("hold", "call", "--reason", "Smith v. Aurora", "--actor", "legal", *store)
    assert placed.lines[1].split() == ["0", "call", *placed.lines[1].split()[2:]]
    [held] = run("hold", "--json", *store).json["holds"]
    assert (held["number"], held["session_id"], held["actor"]) == (0, "call", "legal")
    refused = run("erase", "call", "--audio", "--reason", "r", "--actor", "a", "--yes", *store)
    assert (refused.code, "Smith v. Aurora" in refused.err) == (2, True)
    done = run("hold", "call", "--release", "--reason", "over", "--actor", "legal", *store)
    assert done.lines == ["No session is on hold."]
    assert run("hold", "call", "--actor", "legal", *store).code == 2
    assert run("hold", "--release", *store).code == 2
