"""A store as a whole: sessions that are gone, there twice, or under names that no session has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.integrity.checkpoint import Checkpoint
from earwitness.verify import Finding, survey
from tests.seal.recordings import SIGNER
from tests.unit.forging import sealed_call

NAMES = {SIGNER.name}


@pytest.fixture
def store(tmp_path: Path) -> JournalEventStore:
    sealed_call(tmp_path, "first")
    sealed_call(tmp_path, "Second call")
    return JournalEventStore(tmp_path)


def told(origin: str, *sizes: int) -> list[Checkpoint]:
    return [Checkpoint(origin, size, bytes(32)) for size in sizes]


def found(store: JournalEventStore) -> list[Finding]:
    return survey(store, {}, NAMES)


def test_a_store_in_which_all_is_in_its_place_is_sound(store: JournalEventStore) -> None:
    assert found(store) == []
    assert survey(JournalEventStore(store.root / "empty"), {}, NAMES) == []


def test_a_session_that_only_the_audit_log_knows_is_missed(store: JournalEventStore) -> None:
    published = {
        "first": told(f"{SIGNER.name}/first", 21),
        "gone": told(f"{SIGNER.name}/gone", 4, 9, 7),
    }
    [finding] = survey(store, published, NAMES)
    assert (finding.rule, finding.where) == ("audit-log", f"{SIGNER.name}/gone")
    assert finding.expected == "a log of 9 events or more, by the audit log"
    assert finding.got == "no such session"


def test_an_audit_log_may_tell_of_other_stores(store: JournalEventStore) -> None:
    assert survey(store, {"gone": told("elsewhere.example/gone", 9)}, NAMES) == []


def test_a_session_in_two_folders_is_found(store: JournalEventStore) -> None:
    """Which of them is read would be left to chance."""
    folder = store.folder("first")
    day = folder.parent.name
    shutil.copytree(folder, store.root / "1999-01-01" / folder.name)
    [finding] = found(JournalEventStore(store.root))
    assert (finding.rule, finding.got) == ("store", "2 folders")
    assert finding.where == f"1999-01-01/first, {day}/first"


def test_a_log_under_a_name_that_no_session_has_is_found(store: JournalEventStore) -> None:
    """Renamed like that, it would be passed over by everything else."""
    folder = store.folder("first")
    folder.rename(folder.with_name("First"))
    [finding] = found(JournalEventStore(store.root))
    assert (finding.rule, finding.where) == ("store", f"{folder.parent.name}/First")


def test_a_checkpoint_whose_log_is_gone_is_found(store: JournalEventStore) -> None:
    folder = store.folder("first")
    (folder / "log.jsonl").unlink()
    [finding] = found(JournalEventStore(store.root))
    assert (finding.rule, finding.got) == ("store", "no such file")
    assert finding.where == f"{folder.parent.name}/first"


def test_what_is_on_its_way_to_its_place_is_left_alone(store: JournalEventStore) -> None:
    shutil.copytree(store.folder("first"), store.root / "2026-01-01" / ".0123.new")
    assert found(store) == []
