"""Sessions are removed when their time is over, never before, and never without a trace."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import earwitness
from earwitness import EarwitnessError, JournalEventStore, SessionNotFoundError
from earwitness.background import scribe
from earwitness.custody.due import Candidate
from earwitness.custody.looking import account_of
from earwitness.custody.pruning import unfinished_removals
from earwitness.custody.shredding import destroy_key
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.events import RecordingClosed
from earwitness.privacy.retention import DAY_SECONDS, FLOORS, below, in_words, seconds_of
from tests.cli.running import Run
from tests.livekit.recording import recorded
from tests.privacy.sessions import Call, a_call, begin, contents, new_store, say_it


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    return new_store(tmp_path / "store")


def a_session(store: JournalEventStore, session_id: str, *, retention: float | None = None) -> Call:
    recorder = begin(store, session_id, retention=retention)
    say_it(recorder, "item_1", "user", "Hello?")
    recorder.close("done").result()
    return Call(store, session_id)


def prune(
    store: JournalEventStore, older_than: float | None = None, *, dry_run: bool = False
) -> dict[str, Candidate]:
    found = earwitness.prune(store, older_than=older_than, actor="timer", dry_run=dry_run)
    return {candidate.session_id: candidate for candidate in found}


def days_later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    now = time.time() + days * DAY_SECONDS
    monkeypatch.setattr("earwitness.custody.due.time.time", lambda: now)


# Which go


def test_a_session_goes_when_it_was_closed_longer_ago_than_it_is_kept(
    store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_session(store, "call")
    days_later(monkeypatch, 182.9)
    assert prune(store, 183 * DAY_SECONDS)["call"].kept_for == "not due"
    days_later(monkeypatch, 183.1)
    assert prune(store, 183 * DAY_SECONDS)["call"].due
    assert list(store.streams()) == []
    assert not (store.root / "2026-11-23").exists()


def test_a_session_goes_by_its_own_retention(
    store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether that is longer or shorter than what is said for the others."""
    for name, days in (("short", 30), ("long", 400), ("silent", None)):
        a_session(store, name, retention=None if days is None else days * DAY_SECONDS)
    days_later(monkeypatch, 200)
    found = prune(store, 183 * DAY_SECONDS)
    assert {name: each.kept_for for name, each in found.items()} == {
        "short": "",
        "long": "not due",
        "silent": "",
    }
    assert list(store.streams()) == ["long"]


def test_without_a_retention_nothing_goes(
    store: JournalEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_session(store, "call")
    days_later(monkeypatch, 10_000)
    assert prune(store)["call"].kept_for == "no retention"


def test_what_is_not_closed_is_kept(store: JournalEventStore) -> None:
    recorder = begin(store, "live")
    interrupted, damaged = a_session(store, "interrupted"), a_session(store, "damaged")
    log = interrupted.folder / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(line for line in lines if RecordingClosed.TAG.encode() not in line))
    (damaged.folder / "log.jsonl").write_bytes(b"nonsense\n")
    found = prune(store, 0)
    assert {name: each.kept_for for name, each in found.items()} == {
        name: name for name in ("live", "interrupted", "damaged")
    }
    assert set(store.streams()) == {"live", "interrupted", "damaged"}
    recorder.close("done").result()


def test_only_the_sessions_that_are_named_go(store: JournalEventStore) -> None:
    for name in ("one", "two"):
        a_session(store, name)
    earwitness.prune(store, older_than=0, sessions=["one"], actor="timer", dry_run=False)
    assert list(store.streams()) == ["two"]
    with pytest.raises(SessionNotFoundError):
        earwitness.prune(store, older_than=0, sessions=["one"], actor="timer", dry_run=False)


def test_nothing_goes_unless_it_is_said(store: JournalEventStore) -> None:
    a_call(store)
    before = contents(store.root)
    assert [each.due for each in earwitness.prune(store, older_than=0, actor="timer")] == [True]
    assert contents(store.root) == before


@pytest.mark.parametrize(("days", "kept_for"), [(400, "not due"), (30, ""), (None, "")])
def test_an_erasure_of_the_opening_changes_nothing_of_when_a_session_goes(
    store: JournalEventStore,
    monkeypatch: pytest.MonkeyPatch,
    days: float | None,
    kept_for: str,
) -> None:
    """The times of events stay, and what the opening said of its retention is told again."""
    call = a_session(store, "call", retention=None if days is None else days * DAY_SECONDS)
    closed_at = call.events[-1].recorded_at
    earwitness.erase(store, "call", events=[0], reason="request 12", actor="dpo")
    earwitness.erase(store, "call", party="user", reason="request 13", actor="dpo")
    assert all(event.withheld for event in call.events[:3])
    days_later(monkeypatch, 200)
    [found] = earwitness.prune(store, older_than=183 * DAY_SECONDS, actor="timer")
    assert (found.kept_for, found.closed_at) == (kept_for, closed_at)
    assert found.retention == (days or 183) * DAY_SECONDS


def test_a_session_whose_retention_nobody_can_know_goes_only_if_it_is_named(
    tmp_path: Path,
) -> None:
    """Its key was destroyed: it may have been recorded to be kept for years."""
    store = new_store(tmp_path / "store", keyring=SecretKeyring(new_key()))
    a_session(store, "call", retention=3650 * DAY_SECONDS)
    destroy_key(store, "call", reason="request 12", actor="dpo")
    assert prune(store, 0)["call"].kept_for == "retention not known"
    earwitness.prune(store, older_than=0, sessions=["call"], actor="timer", dry_run=False)
    assert list(store.streams()) == []


def test_a_session_whose_recorder_is_not_done_is_kept(store: JournalEventStore) -> None:
    a_session(store, "call")
    other = new_store(store.root)
    other.take_over("call")
    assert prune(store, 0)["call"].kept_for == "live"
    other.release("call")
    assert prune(store, 0)["call"].due


# What is left


def test_nothing_of_the_session_is_left_but_the_account(store: JournalEventStore) -> None:
    call = a_call(store)
    head = call.verify()
    prune(store, 0)
    assert {name.partition("/")[0] for name in contents(store.root)} == {"store.log"}
    [told] = account_of(store)
    fact = told.fact
    assert (fact.session_id, fact.folder, fact.size) == ("call", "call", head.sealed)
    assert fact.origin.endswith("/call")
    assert (fact.actor, fact.reason) == ("timer", "retention")
    with pytest.raises(SessionNotFoundError):
        list(store.read("call"))


def test_a_removal_that_was_cut_short_is_finished(store: JournalEventStore) -> None:
    call = a_call(store)
    call.folder.rename(call.folder.with_name(".call.pruned"))
    store.forget("call")
    assert len(unfinished_removals(store)) == 1
    assert prune(store, dry_run=True) == {}
    assert len(unfinished_removals(store)) == 1
    prune(store)
    assert contents(store.root) == {}


def test_what_was_derived_from_the_logs_goes_with_a_session(store: JournalEventStore) -> None:
    a_call(store)
    (store.root / ".index").mkdir()
    (store.root / ".index" / "catalogue.sqlite").write_text("what was said")
    prune(store, 0)
    assert not any((store.root / ".index").iterdir())


def test_folders_of_others_are_left_alone(store: JournalEventStore) -> None:
    theirs = store.root / "backup" / ".2026.pruned"
    theirs.mkdir(parents=True)
    (theirs / "tree").write_text("an apple tree")
    prune(store, 0)
    assert (theirs / "tree").exists()


def test_many_may_prune_at_once(store: JournalEventStore) -> None:
    for number in range(5):
        a_session(store, f"call-{number}")

    def one(_: int) -> None:
        prune(new_store(store.root), 0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert list(new_store(store.root).streams()) == []
    assert sorted(each.fact.session_id for each in account_of(store)) == [
        f"call-{number}" for number in range(5)
    ]


def test_a_session_may_have_the_name_of_one_that_was_removed(store: JournalEventStore) -> None:
    for _ in range(2):
        a_session(store, "call")
        assert prune(store, 0)["call"].due
    assert len(account_of(store)) == 2


def test_the_audit_log_tells_what_was_removed_from_what_is_missing(
    tmp_path: Path, run: Run
) -> None:
    import structlog

    store = JournalEventStore(tmp_path / "store", sync="never")
    audit_log = tmp_path / "audit.log"
    with audit_log.open("w") as lines:
        logger = structlog.wrap_logger(
            structlog.PrintLogger(lines), processors=[structlog.processors.JSONRenderer()]
        )
        for name in ("pruned", "gone"):
            recorder = begin(store, name, audit=logger)
            recorder.close("done").result()
        assert scribe.flush()
    command = ("verify", "--store", str(store.root), "--audit-log", str(audit_log), "--json")
    prune_one = earwitness.prune(
        store, older_than=0, sessions=["pruned"], actor="timer", dry_run=False
    )
    assert prune_one[0].due
    found = run(*command).json
    assert (found["sound"], found["pruned"], found["findings"]) == (True, ["pruned"], [])
    folder = store.folder("gone")
    folder.rename(folder.with_name(".gone.pruned"))  # by hand, and nobody is told
    missing = run(*command)
    assert missing.code == 1
    assert '"where": "earwitness-' in missing.out
    assert "no such session" in missing.out
    told = run(*command[:-1]).out
    assert "1 session of them pruned, as the store's log tells." in told


def test_a_session_that_grew_after_it_was_told_as_removed_is_missed(
    tmp_path: Path, run: Run
) -> None:
    """Whoever removes by hand what was put back cannot point to an earlier removal."""
    store = JournalEventStore(tmp_path / "store", sync="never")
    call = a_call(store)
    checkpoint = (call.folder / "checkpoint").read_text().split("\n")
    prune(store, 0)
    later = tmp_path / "audit.log"
    size = int(checkpoint[1]) + 1
    later.write_text(
        f'{{"event": "checkpoint", "origin": "{checkpoint[0]}", "size": {size}, '
        f'"root": "{checkpoint[2]}"}}\n'
    )
    found = run("verify", "--store", str(store.root), "--audit-log", str(later))
    assert (found.code, "when it was pruned" in found.out) == (1, True)


# Periods and the law


@pytest.mark.parametrize(
    ("text", "days"), [("183d", 183), ("0d", 0), ("2w", 14), ("1y", 365.25), ("24h", 1)]
)
def test_a_period_is_a_number_and_a_unit(text: str, days: float) -> None:
    assert seconds_of(text) == days * DAY_SECONDS
    assert seconds_of(dt.timedelta(days=days)) == days * DAY_SECONDS


@pytest.mark.parametrize("text", ["", "183", "d", "-1d", "1.5d", "1 d", "1m", "٣d", "1d\n"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(EarwitnessError, match="not a period"):
        seconds_of(text)


def test_short_periods_are_warned_about() -> None:
    ai_act, hipaa = FLOORS
    assert list(below(182 * DAY_SECONDS)) == [ai_act, hipaa]
    assert list(below(183 * DAY_SECONDS)) == [hipaa]
    assert list(below(seconds_of("6y") or 0)) == []
    assert [in_words(n * DAY_SECONDS) for n in (0, 0.5, 1, 183, 2192)] == [
        "0 days", "12 hours", "1 day", "183 days", "2,192 days",
    ]  # fmt: skip


def test_the_command_shows_first_and_warns(tmp_path: Path, run: Run) -> None:
    store = JournalEventStore(tmp_path / "own key", sync="never")
    a_session(store, "call")
    command = ("prune", "--older-than", "0d", "--store", str(store.root))
    shown = run(*command)
    assert shown.code == 0
    assert "1 session to remove; --yes does it. Kept: none." in shown.out
    assert "less than 183 days: EU AI Act" in " ".join(shown.out.split())
    assert list(store.streams()) == ["call"]
    done = run(*command, "--yes", "--actor", "ana", "--json").json
    assert done["done"]
    assert list(store.streams()) == []
    assert run("prune", "--older-than", "soon", "--store", str(store.root)).code == 2


# Where it is said


async def test_it_is_said_when_a_session_is_attached_or_by_the_store(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store", retention="183d")
    by_store = await recorded("plain_text", store)
    by_session = await recorded("plain_text", store, retention=dt.timedelta(days=30))
    by_nobody = await recorded("plain_text", new_store(tmp_path / "other"))
    for play, days in ((by_store, 183), (by_session, 30), (by_nobody, None)):
        await play.recorder.finalize()
        opened = next(iter(play.recorder.store.read(play.recorder.session_id)))
        expected = None if days is None else days * DAY_SECONDS
        assert opened.payload["retention"] == expected


def test_a_period_that_is_none_is_refused_where_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(EarwitnessError, match="not a period"):
        JournalEventStore(tmp_path, retention="for ever")
