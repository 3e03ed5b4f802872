"""Disks, clocks and processes that fail: the call goes on, and what is lacking is a fact."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earwitness.disk import Disk
from earwitness.events import AudioLost, AudioOpened, AudioSealed
from earwitness.exceptions import SessionNotFoundError
from earwitness.livekit.recording import file, recorder
from earwitness.livekit.recording.recorder import AudioRecorder
from earwitness.livekit.recording.sound import RATE
from tests.audio.tones import WINDOW, decoded, heard, is_silent, tone
from tests.faults.disks import FailingDisk, SlowDisk

FRAME = 0.02
PATIENCE = 5.0


class Phone:
    """A recorder of its own, fed in real time by a clock that no busy machine holds up."""

    def __init__(
        self, folder: Path, disk: Disk | None = None, find: Callable[[], Path] | None = None
    ) -> None:
        self.path = folder / "audio.ogg"
        self.facts: list[Any] = []
        self.now = time.monotonic()
        self.recorder = AudioRecorder(
            disk or Disk(), find or (lambda: folder), self.facts.append, now=lambda: self.now
        )

    def hear(self, seconds: float, hertz: float = 400) -> None:
        sound = tone(hertz, seconds)
        for start in range(0, len(sound), round(FRAME * RATE)):
            self.now += FRAME
            time.sleep(max(0.0, self.now - time.monotonic()))
            self.recorder.hear(sound[start:][: round(FRAME * RATE)].tobytes(), RATE, 1)

    def end(self) -> AudioSealed:
        *facts, sealed = self.recorder.seal()
        self.facts += facts
        assert isinstance(sealed, AudioSealed)
        return sealed

    def lost(self) -> list[AudioLost]:
        return [fact for fact in self.facts if isinstance(fact, AudioLost)]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert "earwitness-audio" not in names


def eventually(true: Callable[[], object]) -> None:
    patience = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_a_session_without_sound_has_no_recording(tmp_path: Path):
    phone = Phone(tmp_path)
    phone.recorder.listen()
    phone.recorder.playback(phone.recorder.playout.start)
    phone.recorder.silence(True)
    assert not phone.recorder.has_begun
    with pytest.raises(FileNotFoundError):
        phone.recorder.seal()
    assert list(tmp_path.iterdir()) == []


def test_the_recording_is_told_of_before_it_is_there_and_sealed_as_it_is(tmp_path: Path):
    phone = Phone(tmp_path)
    before = time.time()
    phone.hear(0.5)
    sealed = phone.end()
    [opened] = phone.facts
    assert isinstance(opened, AudioOpened)
    assert before - FRAME <= opened.started_at <= time.time()
    assert sealed.seconds == pytest.approx(0.5, abs=0.02)
    assert sealed.bytes == phone.path.stat().st_size
    assert oct(phone.path.stat().st_mode & 0o777) == "0o600"


def test_while_a_disk_is_full_what_is_heard_waits_for_it(tmp_path: Path):
    disk = FailingDisk(errno.ENOSPC, "write", "truncate", room=37)
    phone = Phone(tmp_path, disk)
    phone.hear(0.5)
    eventually(phone.path.exists)
    disk.broken = True
    phone.hear(0.8)
    eventually(lambda: disk.failures)
    disk.broken = False
    phone.hear(0.5)
    sealed = phone.end()
    assert phone.lost() == []
    assert heard(decoded(phone.path)[0], 400) == pytest.approx((0.0, sealed.seconds), abs=0.05)


def test_what_a_full_disk_has_no_room_for_is_silence_and_a_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file, "MAX_WAITING", 2000)
    disk = FailingDisk(errno.ENOSPC, "write")
    phone = Phone(tmp_path, disk)
    phone.hear(0.5)
    eventually(phone.path.exists)
    disk.broken = True
    phone.hear(1.5, 600)
    disk.broken = False
    phone.hear(0.6, 800)
    sealed = phone.end()
    [lost] = phone.lost()
    assert (lost.channel, lost.reason) == ("both", "OSError ENOSPC")
    assert 0.5 < lost.seconds < 1.5
    user, _ = decoded(phone.path)
    assert len(user) / RATE == pytest.approx(sealed.seconds or 0, abs=0.01)
    begin, end = heard(user, 800)
    assert (begin, end) == pytest.approx((2.0, 2.6), abs=0.06)
    silent = [is_silent(user, at, at + WINDOW) for at in np.arange(0.0, 2.6, WINDOW)]
    assert sum(silent) * WINDOW == pytest.approx(lost.seconds, abs=0.1)


def test_a_recording_that_never_finds_room_is_missing_and_nothing_else_happens(tmp_path: Path):
    disk = FailingDisk(errno.EACCES, "open")
    disk.broken = True
    phone = Phone(tmp_path, disk)
    phone.hear(0.5)
    with pytest.raises(FileNotFoundError, match="EACCES"):
        phone.recorder.seal()


def test_a_folder_that_comes_late_is_waited_for(tmp_path: Path):
    missing = [True]

    def folder() -> Path:
        if missing:
            raise SessionNotFoundError("There is no such session.", where="call")
        return tmp_path

    phone = Phone(tmp_path, find=folder)
    phone.hear(0.5)
    missing.clear()
    phone.hear(0.3)
    assert phone.end().seconds == pytest.approx(0.8, abs=0.02)


def test_a_file_that_is_there_already_is_not_written_to(tmp_path: Path):
    phone = Phone(tmp_path)
    phone.path.write_bytes(b"somebody's")
    phone.hear(0.3)
    with pytest.raises(FileNotFoundError):
        phone.recorder.seal()
    assert phone.path.read_bytes() == b"somebody's"


def test_a_disk_that_hangs_while_it_syncs_does_not_hold_up_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recorder, "SYNC_SECONDS", 0.01)
    disk = SlowDisk()
    phone = Phone(tmp_path, disk)
    phone.hear(0.5)
    assert disk.begun.wait(PATIENCE)
    phone.hear(0.5)
    eventually(lambda: phone.path.stat().st_size > 1000)
    disk.go_on.set()
    assert phone.end().seconds == pytest.approx(1.0, abs=0.02)


def test_more_than_the_thread_can_take_is_silence_and_a_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recorder, "MAX_QUEUED", 200)
    phone = Phone(tmp_path)
    phone.hear(0.5)
    monkeypatch.setattr(recorder, "MAX_QUEUED", 1 << 20)
    phone.hear(0.7)
    phone.end()
    assert {(lost.channel, lost.reason) for lost in phone.lost()} == {("user", "overload")}
    assert sum(lost.seconds for lost in phone.lost()) == pytest.approx(0.45, abs=0.1)


def test_what_is_played_so_late_that_its_place_is_written_is_a_fact(tmp_path: Path):
    """The sink says at the end only that it has played, and has told of beginnings before."""
    phone = Phone(tmp_path)
    playout = phone.recorder.playout
    phone.hear(0.1)
    for seconds in (0.1, 1.0):
        phone.recorder.capture(tone(400, seconds).tobytes(), RATE, 1)
        phone.recorder.playback(playout.flush)
        if seconds == 0.1:
            phone.recorder.playback(playout.start)
        phone.hear(seconds)
        phone.recorder.playback(playout.finish, seconds, False)
    phone.end()
    [lost] = phone.lost()
    assert (lost.channel, lost.reason) == ("agent", "late")
    _, agent = decoded(phone.path)
    begin, end = heard(agent[round(0.3 * RATE) :], 400)
    assert lost.seconds == pytest.approx(1.0 - (end - begin), abs=0.05)


def test_a_forked_child_leaves_the_recording_to_its_parent(tmp_path: Path):
    phone = Phone(tmp_path)
    phone.hear(0.3)
    child = os.fork()
    if not child:
        phone.recorder.hear(bytes(960), RATE, 1)
        status = 0 if not phone.recorder._steps else 1
        os._exit(status)
    phone.hear(0.3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert phone.end().seconds == pytest.approx(0.6, abs=0.02)


def test_silence_can_be_asked_for_before_there_is_a_sound(tmp_path: Path):
    phone = Phone(tmp_path)
    phone.recorder.silence(True)
    phone.hear(0.5)
    phone.recorder.silence(False)
    phone.hear(0.5, 600)
    phone.end()
    user, _ = decoded(phone.path)
    assert is_silent(user, 0.0, 0.4)
    assert heard(user, 600) == pytest.approx((0.5, 1.0), abs=0.06)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_a_frame_of_any_kind_is_heard_as_loud_as_it_is(rate: int, tmp_path: Path):
    phone = Phone(tmp_path)
    mono = tone(400, 0.5, rate=rate)
    stereo = np.stack([mono, mono], axis=1)
    phone.recorder.listen()
    phone.now += 0.5
    phone.recorder.hear(stereo.tobytes(), rate, 2)
    phone.end()
    user, _ = decoded(phone.path)
    assert np.abs(user[RATE // 5 : RATE // 3]).max() == pytest.approx(0.25, rel=0.1)


async def test_the_event_loop_only_adds_to_a_queue(tmp_path: Path):
    """Nothing is taken from the queue, or done, on the loop's own thread."""
    phone = Phone(tmp_path)
    threads: set[str] = set()
    step = phone.recorder._take
    phone.recorder._take = lambda *args: (threads.add(threading.current_thread().name), step(*args))  # type: ignore[method-assign]
    for _ in range(20):
        phone.recorder.hear(bytes(480), RATE, 1)
        await asyncio.sleep(0.01)
    await asyncio.to_thread(phone.end)
    assert threads == {"earwitness-audio"}
