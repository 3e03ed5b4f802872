"""The power fails at any moment of an erasure, or of a removal. Nothing is half forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import earwitness
from earwitness import JournalEventStore
from earwitness.verify import verify_store_log
from tests.faults.power import PowerDisk
from tests.faults.test_power_cut import lay_out
from tests.privacy.sessions import AUDIO, CARD, SIGNER, WISH, Call, a_call, new_store, places_of


def erase(store: JournalEventStore) -> None:
    earwitness.erase(store, "call", party="user", reason="request 12", actor="dpo")


def prune(store: JournalEventStore) -> None:
    earwitness.prune(store, older_than=0, actor="timer", dry_run=False)


def cuts(folder: Path, task: Callable[[JournalEventStore], None], zeroes: bool) -> Iterator[Call]:
    """The store as a power cut would have left it, at each call that the task makes."""
    live = folder / "live"
    live.mkdir()
    disk = PowerDisk(live, zeroes=zeroes)
    store = new_store(live / "store", sync="always", disk=disk)
    a_call(store)
    before = len(disk.cuts)
    task(store)
    left = [*disk.cuts[before:], disk.left()]
    assert len(left) > 20
    for number, files in enumerate(left):
        if files.pop("store/store.log", None) is not None:  # a folder of which nothing is synced
            (folder / str(number) / "store/store.log").mkdir(parents=True)
        lay_out(folder / str(number), files)
        for audio in (folder / str(number)).rglob("audio.ogg"):
            audio.write_bytes(AUDIO)  # which was copied past the disk that is watched
        yield Call(new_store(folder / str(number) / "store"), "call")


def check_store_log(store: JournalEventStore) -> None:
    found = verify_store_log(store, [SIGNER.verifier])
    if found is not None:
        assert (found.findings, found.unread) == ([], [])


@pytest.mark.parametrize("zeroes", [False, True], ids=["nothing", "zeroes"])
def test_an_erasure_is_finished_after_a_power_cut(zeroes: bool, tmp_path: Path) -> None:
    """Of what was not synced nothing is left, or zeroes are."""
    for call in cuts(tmp_path, erase, zeroes):
        found = call.verify()
        assert (found.findings, found.unread) == ([], [])
        check_store_log(call.store)
        erase(call.store)
        for words in (CARD, WISH, AUDIO[:40]):
            assert places_of(call.store.root, words) == []
        found = call.verify()
        assert (found.findings, found.unread, found.left) == ([], [], [])
        assert found.erased == found.withheld > 0


@pytest.mark.parametrize("zeroes", [False, True], ids=["nothing", "zeroes"])
def test_a_removal_is_finished_after_a_power_cut(zeroes: bool, tmp_path: Path) -> None:
    for call in cuts(tmp_path, prune, zeroes):
        store = call.store
        if list(store.streams()):
            assert call.verify().sound
        check_store_log(store)
        prune(store)
        assert list(store.streams()) == []
        assert places_of(store.root, CARD) == []
        check_store_log(store)
