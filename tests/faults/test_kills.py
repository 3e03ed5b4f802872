"""A call whose process is killed at any moment has lost nothing that was emitted."""

from __future__ import annotations

import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import calls
from tests.faults.survival import Word, check_survival, killed
from tests.faults.zygote import Child, Task, Zygote

SEED = 20261123
AT_ONCE = 2
"""Children at a time: the suite must not need more than two cores."""


def kill_at_random(
    zygote: Zygote, root: Path, task: Task, dice: random.Random, longest: float
) -> None:
    """Kill a call after a random while, and check what is left."""
    after = dice.uniform(0.0, longest)
    how = signal.SIGTERM if dice.random() < 0.2 else signal.SIGKILL
    child = zygote.child(task, root)
    threading.Timer(after, child.kill, [how]).start()
    check_survival(root, killed(child, Word()))


@pytest.mark.parametrize(
    ("task", "kills", "longest"), [(calls.text_call, 100, 0.3), (calls.voice_call, 10, 0.6)]
)
def test_nothing_is_lost_when_a_call_is_killed_at_a_random_moment(
    task: Task, kills: int, longest: float, zygote: Zygote, tmp_path: Path
) -> None:
    def kill(number: int) -> None:
        dice = random.Random(f"{SEED} {number}")
        try:
            kill_at_random(zygote, tmp_path / str(number), task, dice, longest)
        except BaseException as error:
            error.add_note(f"kill number {number} of seed {SEED}")
            raise

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(kill, range(kills)))
