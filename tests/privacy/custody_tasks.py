"""What children of the zygote do to a store, until they are killed."""

from __future__ import annotations

from pathlib import Path

import earwitness
from earwitness.disk import Disk
from tests.faults.zygote import Line
from tests.privacy.sessions import new_store


def erasing(line: Line, root: Path, disk: Disk) -> None:
    store = new_store(root, disk=disk)
    earwitness.erase(store, "call", party="user", reason="request 12", actor="dpo")


def pruning(line: Line, root: Path, disk: Disk) -> None:
    earwitness.prune(new_store(root, disk=disk), older_than=0, actor="timer", dry_run=False)


def looking(line: Line, root: Path, disk: Disk) -> None:
    store = new_store(root, disk=disk)
    for number in range(2):
        earwitness.record_access(store, f"call-{number}", actor="ana", what="show")
        line.say(f"told {number}")
