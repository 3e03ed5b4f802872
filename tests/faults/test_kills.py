"""A call whose process is killed has lost nothing that was emitted, and is recovered."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from earwitness.disk import Disk
from tests.faults import calls
from tests.faults.disks import KillingDisk, Moment, moments
from tests.faults.rounds import dice, play
from tests.faults.survival import (
    Word,
    calls_of,
    check_audio,
    check_survival,
    killed,
    sealing_of_audio,
)
from tests.faults.zygote import Task, Zygote


@pytest.mark.parametrize(
    ("task", "kills", "longest"), [(calls.text_call, 80, 0.3), (calls.voice_call, 10, 0.6)]
)
def test_nothing_is_lost_when_a_call_is_killed_at_a_random_moment(
    task: Task, kills: int, longest: float, zygote: Zygote, tmp_path: Path
) -> None:
    def kill(number: int) -> None:
        fate = dice(task.__name__, number)
        how = signal.SIGTERM if fate.random() < 0.2 else signal.SIGKILL
        root = tmp_path / str(number)
        child = zygote.child(task, root)
        threading.Timer(fate.uniform(0.0, longest), child.kill, [how]).start()
        check_survival(root, killed(child, Word()))

    play(range(kills), kill)


@pytest.mark.parametrize("sync", ["always", "never"])
def test_nothing_is_lost_when_a_call_is_killed_at_any_system_call_of_its_recording(
    sync: str, zygote: Zygote, tmp_path: Path
) -> None:
    """From the first folder that is made to the lock that is given up at the end."""
    turns = 2
    made = calls_of(zygote, calls.text_call, tmp_path / "whole", turns, sync, Disk())

    def kill(moment: tuple[int, Moment]) -> None:
        root = tmp_path / "{}-{}".format(*moment)
        child = zygote.child(
            calls.in_order, calls.text_call, root, turns, sync, KillingDisk(*moment)
        )
        check_survival(root, killed(child, Word()))

    play(moments(made), kill)


def test_the_audio_of_a_call_is_kept_when_it_is_killed_while_it_is_closed(
    zygote: Zygote, tmp_path: Path
) -> None:
    """Sealed by the recorder, or salvaged from the folder that LiveKit did not live to delete."""
    made = calls_of(zygote, calls.call_with_audio, tmp_path / "whole", tmp_path, Disk())
    sealing = sealing_of_audio(made)

    def kill(moment: tuple[int, Moment]) -> None:
        root, temporary = (tmp_path / name.format(*moment) for name in ("{}-{}", "{}-{}-livekit"))
        temporary.mkdir()
        disk = KillingDisk(*moment)
        child = zygote.child(calls.in_order, calls.call_with_audio, root, temporary, disk)
        check_survival(root, killed(child, Word()))
        [audio] = temporary.rglob("*.ogg")
        check_audio(root, audio.read_bytes())

    play([moment for moment in moments(made) if moment[0] >= sealing], kill)
