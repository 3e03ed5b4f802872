"""Who erases, removes or tells the store's log may be killed at any system call, and done again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import earwitness
from earwitness import JournalEventStore
from earwitness.custody.looking import account_of
from earwitness.custody.pruning import unfinished_removals
from earwitness.custody.storelog import StoreLog
from earwitness.integrity.checkpoint import Checkpoint
from earwitness.integrity.note import parse_note
from earwitness.privacy.accounts import SessionErased, SessionPruned
from earwitness.projections.transcript import fold_transcript
from earwitness.recovery import recover_session
from earwitness.verify import sealed_removals, survey, verify_store_log
from tests.faults.disks import HastyDisk, KillingDisk, Moment, moments
from tests.faults.rounds import play
from tests.faults.survival import Word, calls_of, killed
from tests.faults.zygote import Task, Zygote
from tests.privacy import custody_tasks
from tests.privacy.sessions import (
    AUDIO,
    CARD,
    REPLY,
    SIGNER,
    WISH,
    Call,
    a_call,
    contents,
    new_store,
    places_of,
)

NAMES = [SIGNER.name]


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    zygote = Zygote(tmp_path_factory.mktemp("children"))
    yield zygote
    zygote.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Call:
    return a_call(new_store(tmp_path_factory.mktemp("original") / "store"))


class Kills:
    """A task, killed at every one of its system calls, each time on a copy of its own."""

    def __init__(self, zygote: Zygote, task: Task, original: Call, folder: Path) -> None:
        self._zygote = zygote
        self._task = task
        self._original = original
        self._folder = folder

    def moments(self) -> list[tuple[int, Moment]]:
        return moments(calls_of(self._zygote, self._task, self._copy("whole"), HastyDisk()))

    def kill(self, moment: tuple[int, Moment]) -> tuple[Call, Word]:
        """The store as the killed task left it, and what it had said."""
        root, word = self._copy("{}-{}".format(*moment)), Word()
        disk = KillingDisk(*moment, HastyDisk())
        killed(self._zygote.child(self._task, root, disk), word)
        return Call(new_store(root), "call"), word

    def _copy(self, name: str) -> Path:
        root = self._folder / name
        shutil.copytree(self._original.store.root, root)
        return root


def check_store_log(store: JournalEventStore, *, unsealed: int = 0) -> None:
    found = verify_store_log(store, [SIGNER.verifier])
    if found is not None:
        assert (found.findings, found.unread) == ([], [])
        assert found.after_checkpoint <= unsealed


def erase(call: Call) -> None:
    earwitness.erase(call.store, "call", party="user", reason="request 12", actor="dpo")


def check_erased(call: Call) -> None:
    """It is as if nobody had been killed."""
    found = call.verify()
    assert (found.findings, found.unread, found.unchecked, found.left) == ([], [], [], [])
    assert found.erased == found.withheld > 0
    assert found.after_checkpoint == 0
    for words in (CARD, WISH, AUDIO[:40]):
        assert places_of(call.store.root, words) == []
    assert REPLY in [each.text for each in fold_transcript(call.events)]
    assert len(call.positions("payload_erased")) == 1
    told = [each for each in account_of(call.store) if isinstance(each.fact, SessionErased)]
    assert len(told) == 1
    check_store_log(call.store)
    names = {Path(name).name for name in contents(call.folder)}
    assert names == {"log.jsonl", "checkpoint", "report.json"}


@pytest.mark.parametrize("mender", ["erase", "recover"])
def test_an_erasure_may_be_killed_at_any_of_its_system_calls(
    mender: str, zygote: Zygote, original: Call, tmp_path: Path
) -> None:
    """It leaves the old state or the new, sound in either case, and is finished by the next."""
    kills = Kills(zygote, custody_tasks.erasing, original, tmp_path)
    before, states = contents(original.folder), set()

    def kill(moment: tuple[int, Moment]) -> None:
        call, _ = kills.kill(moment)
        found = call.verify()
        assert (found.findings, found.unread) == ([], [])
        check_store_log(call.store, unsealed=1)
        erased = call.positions("payload_erased") != []
        states.add(erased)
        if not erased:
            assert {name: contents(call.folder)[name] for name in before} == before
        if mender == "recover":
            assert recover_session(call.store, "call").error is None
            assert call.verify().findings == []
        erase(call)
        check_erased(call)

    play(kills.moments(), kill)
    assert states == {True, False}


def test_a_removal_may_be_killed_at_any_of_its_system_calls(
    zygote: Zygote, original: Call, tmp_path: Path
) -> None:
    """The session is there whole, or gone and accounted for; what is left of it goes next time."""
    kills = Kills(zygote, custody_tasks.pruning, original, tmp_path)
    note = parse_note((original.folder / "checkpoint").read_bytes())
    published = {"call": [Checkpoint.parse(note.text)]}
    states = set()

    def findings(store: JournalEventStore) -> list[str]:
        removed = sealed_removals(verify_store_log(store, [SIGNER.verifier]))
        return [each.got for each in survey(store, published, NAMES, removed)]

    def kill(moment: tuple[int, Moment]) -> None:
        call, _ = kills.kill(moment)
        store = call.store
        there = list(store.streams()) == ["call"]
        states.add(there)
        if there:
            assert call.verify().sound
            assert call.verify().unchecked == []
        assert findings(store) == []
        check_store_log(store, unsealed=1)
        earwitness.prune(store, older_than=0, actor="timer", dry_run=False)
        assert unfinished_removals(store) == []
        assert findings(store) == []
        [told] = [each for each in account_of(store) if isinstance(each.fact, SessionPruned)]
        assert told.fact.size == len(original.events)
        left = {name for name in contents(store.root) if not name.endswith(".tmp")}
        assert left - {"store.log/tree.json"} == {"store.log/log.jsonl", "store.log/checkpoint"}
        check_store_log(store)

    play(kills.moments(), kill)
    assert states == {True, False}


def test_an_entry_may_be_killed_at_any_of_its_system_calls(
    zygote: Zygote, original: Call, tmp_path: Path
) -> None:
    """What was told is there and sealed; what was not may be there, and is sealed by the next."""
    kills = Kills(zygote, custody_tasks.looking, original, tmp_path)

    def kill(moment: tuple[int, Moment]) -> None:
        call, word = kills.kill(moment)
        told = len(word.rest)
        assert told <= len(StoreLog(call.store).read()) <= told + 1
        check_store_log(call.store, unsealed=1)
        earwitness.record_access(call.store, "call", actor="ana", what="show")
        check_store_log(call.store)
        names = {path.name for path in StoreLog(call.store).folder.iterdir()}
        assert names >= {"log.jsonl", "checkpoint"}

    play(kills.moments(), kill)
