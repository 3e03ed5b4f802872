"""A recovery that is killed itself is done again, however often, and ends as if it had not been."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earwitness.disk import Disk
from tests.faults import calls
from tests.faults.disks import KillingDisk, Moment, moments
from tests.faults.logs import find_log
from tests.faults.rounds import dice, play
from tests.faults.survival import (
    Word,
    calls_of,
    check_audio,
    check_closed,
    check_recovery,
    killed,
    sealing_of_audio,
)
from tests.faults.tally import tally
from tests.faults.zygote import Zygote


class Interrupted:
    """A call with audio that was killed in the middle of a line, as often as it is needed."""

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        self._zygote = zygote
        self._root = folder / "interrupted"
        self._livekit = folder / "livekit"
        self._livekit.mkdir()
        made = calls_of(zygote, calls.call_with_audio, folder / "whole", folder, Disk())
        sealing = sealing_of_audio(made)
        last_word = max(number for number in range(sealing) if made[number] == "write")
        disk = KillingDisk(last_word, "within")
        arguments = (calls.call_with_audio, self._root, self._livekit, disk)
        killed(zygote.child(calls.in_order, *arguments), Word())
        [audio] = self._livekit.rglob("*.ogg")
        self.audio = audio.read_bytes()
        log = find_log(self._root)
        assert log is not None
        assert log.torn
        self.log = log

    def copy(self, root: Path) -> Path:
        shutil.copytree(self._root, root)
        return root

    def kill_recovery(self, root: Path, disk: KillingDisk) -> bytes:
        """Kill a recovery; returns the torn line that it leaves."""
        word = Word()
        killed(self._zygote.child(calls.in_order, calls.recovery, root, disk), word)
        tally.add(kills_during_recovery=1)
        log = find_log(root)
        assert log is not None
        assert log.whole.startswith(self.log.whole)
        return log.torn

    def check(self, root: Path, torn: set[bytes]) -> None:
        """Recover once more, without a kill."""
        log = find_log(root)
        assert log is not None
        check_recovery(root, log)
        check_closed(root, self.log.whole, {self.log.torn, *torn} - {b""})
        check_audio(root, self.audio)


@pytest.fixture(scope="module")
def interrupted(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    return Interrupted(zygote, tmp_path_factory.mktemp("interrupted"))


def test_a_recovery_may_be_killed_at_any_of_its_system_calls(
    interrupted: Interrupted, zygote: Zygote, tmp_path: Path
) -> None:
    made = calls_of(zygote, calls.recovery, interrupted.copy(tmp_path / "whole"), Disk())

    def kill(moment: tuple[int, Moment]) -> None:
        root = interrupted.copy(tmp_path / "{}-{}".format(*moment))
        torn = interrupted.kill_recovery(root, KillingDisk(*moment))
        interrupted.check(root, {torn})

    play(moments(made), kill)


def test_a_recovery_may_be_killed_again_and_again(
    interrupted: Interrupted, zygote: Zygote, tmp_path: Path
) -> None:
    made = calls_of(zygote, calls.recovery, interrupted.copy(tmp_path / "whole"), Disk())

    def kill(number: int) -> None:
        root = interrupted.copy(tmp_path / str(number))
        fate = dice("again", number)
        torn = {
            interrupted.kill_recovery(root, KillingDisk(*fate.choice(moments(made[:20]))))
            for _ in range(fate.randint(2, 4))
        }
        interrupted.check(root, torn)

    play(range(12), kill)
