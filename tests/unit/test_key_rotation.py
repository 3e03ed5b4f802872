"""A rotated key leaves the one before in safety, whatever interrupts the rotation."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from earwitness import JournalEventStore, SealFormatError, SigningKeyError
from earwitness.disk import Disk, opened
from earwitness.keys import (
    SIGNING_KEY_FILE,
    VERIFIER_KEY_FILE,
    load_signing_key,
    make_key_files,
    read_verifier_keys,
    rotate_key_files,
)
from earwitness.verify import verify_session
from tests.cli.running import record

NAME = "earwitness.example/calls"


def signing_key(path: Path) -> Any:
    return load_signing_key(path.read_text("utf-8")).verifier


def verifiers(folder: Path) -> list[Any]:
    return read_verifier_keys(folder / VERIFIER_KEY_FILE)


def test_a_new_key_takes_the_place_of_the_old_one_which_is_kept(tmp_path: Path) -> None:
    old = make_key_files(tmp_path, NAME).verifier
    signer, retired = rotate_key_files(tmp_path)
    assert signer.verifier != old
    assert signer.name == NAME
    assert signing_key(tmp_path / SIGNING_KEY_FILE) == signer.verifier
    assert retired == tmp_path / f"signing-{old.id.hex()}.key"
    assert signing_key(retired) == old
    assert verifiers(tmp_path) == [old, signer.verifier]
    assert make_key_files(tmp_path, NAME).verifier == signer.verifier


def test_a_key_may_be_rotated_again_and_again(tmp_path: Path) -> None:
    known = [make_key_files(tmp_path, NAME).verifier]
    known += [rotate_key_files(tmp_path)[0].verifier for _ in range(3)]
    assert verifiers(tmp_path) == known
    assert len(list(tmp_path.iterdir())) == 2 + 3


def test_the_new_key_may_have_another_name(tmp_path: Path) -> None:
    make_key_files(tmp_path, NAME)
    assert rotate_key_files(tmp_path, "another.example")[0].name == "another.example"


def test_a_name_that_no_key_may_have_changes_nothing(tmp_path: Path) -> None:
    old = make_key_files(tmp_path, NAME).verifier
    with pytest.raises(SealFormatError):
        rotate_key_files(tmp_path, "two words")
    assert signing_key(tmp_path / SIGNING_KEY_FILE) == old
    assert len(list(tmp_path.iterdir())) == 2


def test_only_its_owner_may_read_either_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key_files(tmp_path, NAME)
        _, retired = rotate_key_files(tmp_path)
    finally:
        os.umask(before)
    for path in (retired, tmp_path / SIGNING_KEY_FILE):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_cannot_be_read_is_replaced_by_one_that_has_a_name(tmp_path: Path) -> None:
    """And kept all the same: perhaps somebody can make sense of it."""
    path = tmp_path / SIGNING_KEY_FILE
    path.write_text("damaged\n")
    with pytest.raises(SigningKeyError) as caught:
        rotate_key_files(tmp_path)
    assert "Name the new key" in caught.value.hint
    signer, retired = rotate_key_files(tmp_path, NAME)
    assert retired.read_text() == "damaged\n"
    assert signing_key(path) == signer.verifier
    assert verifiers(tmp_path) == [signer.verifier]


def test_where_there_is_no_key_there_is_none_to_rotate(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError):
        rotate_key_files(tmp_path)
    with pytest.raises(FileNotFoundError):
        rotate_key_files(tmp_path, NAME)
    assert list(tmp_path.iterdir()) == []


def test_two_rotations_do_not_meet(tmp_path: Path) -> None:
    old = make_key_files(tmp_path, NAME).verifier
    disk = Disk()
    with opened(disk, tmp_path, os.O_RDONLY) as fd:
        assert disk.try_lock(fd)
        with pytest.raises(SigningKeyError, match="Another process"):
            rotate_key_files(tmp_path)
    assert verifiers(tmp_path) == [old]
    rotate_key_files(tmp_path)


class DyingDisk(Disk):
    """A disk that changes something so many times, and then nothing any more."""

    def __init__(self, changes: int) -> None:
        self.left = changes

    def _change(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def open(self, path: Path, flags: int) -> int:
        if flags & os.O_CREAT:
            self._change()
        return super().open(path, flags)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._change()
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._change()
        super().fsync(fd)

    def link(self, source: Path, target: Path) -> None:
        self._change()
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._change()
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._change()
        super().unlink(path)


def test_a_rotation_that_is_interrupted_anywhere_loses_no_key(tmp_path: Path) -> None:
    """There is one key that signs, it can be verified, and so can everything before."""
    for changes in range(100):
        folder = tmp_path / str(changes)
        old = make_key_files(folder, NAME).verifier
        try:
            rotate_key_files(folder, disk=DyingDisk(changes))
        except OSError:
            interrupted = True
        else:
            interrupted = False
        present = make_key_files(folder, NAME).verifier  # what the next recorder does
        assert verifiers(folder) == ([old] if present == old else [old, present])
        if present != old:
            assert signing_key(folder / f"signing-{old.id.hex()}.key") == old
        signer, _ = rotate_key_files(folder)
        assert verifiers(folder)[-1] == signer.verifier
        if not interrupted:
            break
    assert 5 < changes < 99


def test_sessions_of_both_keys_verify_by_the_stores_list(tmp_path: Path) -> None:
    record(JournalEventStore(tmp_path), "before", "Hello?")
    old, new = make_key_files(tmp_path / "keys", NAME), rotate_key_files(tmp_path / "keys")[0]
    store = JournalEventStore(tmp_path)
    record(store, "after", "Hello?")
    keys = verifiers(tmp_path / "keys")
    assert keys == [old.verifier, new.verifier]
    for session_id, key in (("before", keys[0]), ("after", keys[1])):
        assert verify_session(store, session_id, keys).sound
        assert verify_session(store, session_id, [key]).sound
    [finding] = verify_session(store, "before", [new.verifier]).findings
    assert finding.rule == "signature"
    assert finding.got == f"{old.name}+{old.verifier.id.hex()}"
