"""A data key that is being wrapped anew, or destroyed, when its process is killed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.disk import Disk
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.events import NO_EVENTS
from earwitness.testing import some_events
from tests.faults import calls
from tests.faults.disks import KillingDisk, Moment, moments
from tests.faults.rounds import play
from tests.faults.survival import Word, calls_of, killed
from tests.faults.zygote import Line, Zygote

OLD, NEW = new_key("old"), new_key("new")
EVENTS = some_events(3)


def rewrap(line: Line, root: Path, ring: str, disk: Disk) -> None:
    keys = JournalEventStore(root, keyring=SecretKeyring(ring), disk=disk).data_keys
    assert keys is not None
    line.say(str(keys.rewrap("call")))


def destroy(line: Line, root: Path, ring: str, disk: Disk) -> None:
    keys = JournalEventStore(root, keyring=SecretKeyring(ring), disk=disk).data_keys
    assert keys is not None
    keys.destroy("call")
    line.say("destroyed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = JournalEventStore(tmp_path / "store", keyring=SecretKeyring(OLD))
    store.append("call", EVENTS, NO_EVENTS)
    store.release("call")
    return store.root


def read(root: Path, ring: str) -> list[object]:
    return list(JournalEventStore(root, keyring=SecretKeyring(ring)).read("call"))


@pytest.mark.parametrize("task", [rewrap, destroy])
def test_a_kill_leaves_a_key_that_opens_everything_or_none(
    task: object, root: Path, zygote: Zygote, tmp_path: Path
) -> None:
    """And none that is left of it when it was destroyed."""
    both = f"{NEW}\n{OLD}"
    whole = Path(shutil.copytree(root, tmp_path / "whole"))
    made = calls_of(zygote, task, whole, both, Disk())  # type: ignore[arg-type]
    withheld = [event.without_payload() for event in EVENTS]

    def kill(moment: tuple[int, Moment]) -> None:
        copy = Path(shutil.copytree(root, tmp_path / "{}-{}".format(*moment)))
        child = zygote.child(calls.in_order, task, copy, both, KillingDisk(*moment))
        killed(child, Word())
        left = read(copy, both)
        if task is rewrap:
            assert left == EVENTS
        else:
            shown = [event.without_payload() for event in left]  # type: ignore[attr-defined]
            assert left == EVENTS or shown == withheld
        again = zygote.child(calls.in_order, task, copy, both, Disk())
        assert list(again.lines())
        assert again.ended() == 0, again.errors
        again.close()
        if task is rewrap:
            assert read(copy, NEW) == EVENTS
            keys = JournalEventStore(copy, keyring=SecretKeyring(NEW)).data_keys
            assert keys is not None
            keys.destroy("call")
        assert list((copy / "keys" / "sessions").iterdir()) == []

    play(moments(made), kill)
