"""Keys are made once, kept to their owner, and never shown by an error."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pickle
import stat
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import SealFormatError, SigningKeyError
from earwitness.disk import Disk
from earwitness.integrity.encoding import encode_base64
from earwitness.integrity.signer import Ed25519Signer
from earwitness.integrity.vkey import VerifierKey, key_id
from earwitness.keys import (
    KEY_VARIABLE,
    SIGNING_KEY_FILE,
    VERIFIER_KEY_FILE,
    find_signer,
    format_signing_key,
    generate,
    load_signing_key,
    make_key_files,
    read_verifier_keys,
)
from tests.integrity.notes import ALICE, FOO_KEY, PETER_KEY, PETER_SECRET

NAME = "earwitness.example/calls"
SECRET = PETER_SECRET.rpartition("+")[2]
LINE = format_signing_key(ALICE)


def refused(text: str, where: str = "signing key") -> SigningKeyError:
    with pytest.raises(SigningKeyError) as caught:
        load_signing_key(text, where=where)
    return caught.value


# Keys as text


def test_the_key_of_gos_documentation_is_read_and_written():
    signer = load_signing_key(PETER_SECRET)
    assert str(signer.verifier) == PETER_KEY
    assert format_signing_key(signer) == PETER_SECRET


def test_a_new_key_is_another_one_each_time():
    assert generate(NAME).verifier != generate(NAME).verifier


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_as_it_was(seed: bytes):
    signer = Ed25519Signer.from_seed(NAME, seed)
    assert load_signing_key(format_signing_key(signer)).verifier == signer.verifier


def test_white_space_around_a_key_is_passed_over():
    assert load_signing_key(f"\n {PETER_SECRET}\r\n").verifier == VerifierKey.parse(PETER_KEY)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_no_key_is_made_with_a_name_that_no_key_may_have(name: str, tmp_path: Path):
    with pytest.raises(SealFormatError, match="cannot have this name"):
        generate(name)
    with pytest.raises(SealFormatError, match="cannot have this name"):
        make_key_files(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def spelled(name: str, material: bytes) -> str:
    id_ = key_id(name, 0x01, ALICE.verifier.public_key).hex()
    return f"PRIVATE+KEY+{name}+{id_}+{encode_base64(material)}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "not a signing key", id="nothing"),
        pytest.param(PETER_KEY, "not a signing key", id="the verifier key"),
        pytest.param(SECRET, "not a signing key", id="only the secret"),
        pytest.param(PETER_SECRET.lower(), "not a signing key", id="another beginning"),
        pytest.param(LINE.replace("calls+", "calls"), "not a signing key", id="a part lost"),
        pytest.param(PETER_SECRET[:-1], "not base64", id="cut short"),
        pytest.param(PETER_SECRET + PETER_SECRET, "not base64", id="two keys"),
        pytest.param(spelled("a", b""), "not an Ed25519 key", id="no key in it"),
        pytest.param(spelled("a", b"\x02" + bytes(32)), "not an Ed25519 key", id="another type"),
        pytest.param(spelled("a", b"\x01" + bytes(31)), "not an Ed25519 key", id="a short seed"),
        pytest.param(spelled("a", b"\x01" + bytes(64)), "not an Ed25519 key", id="a long seed"),
        pytest.param(spelled("a b", b"\x01" + bytes(32)), "name is not one", id="a bad name"),
        pytest.param(spelled("", b"\x01" + bytes(32)), "name is not one", id="no name"),
        pytest.param(PETER_SECRET.replace("Peter", "Paul"), "id does not fit", id="another name"),
        pytest.param(PETER_SECRET.replace("c74f", "C74F"), "id does not fit", id="id in capitals"),
        pytest.param(
            PETER_SECRET.replace("c74f", "c74e"), "id does not fit", id="an id of another key"
        ),
    ],
)
def test_a_malformed_key_is_refused_by_the_rule_it_breaks_and_not_shown(text: str, rule: str):
    error = refused(text)
    assert rule in str(error)
    assert not any(part in shown(error) for part in text.split("+")[2:] if len(part) > 3)


def test_no_cut_or_changed_key_is_shown_by_its_refusal():
    for n in range(1, len(PETER_SECRET)):
        for text in (PETER_SECRET[:n], PETER_SECRET[n:], f"{PETER_SECRET[:n]} {PETER_SECRET[n:]}"):
            error = refused(text)
            told = shown(error)
            assert not any(SECRET[i : i + 6] in told for i in range(len(SECRET) - 6))


def shown(error: BaseException) -> str:
    """All that a log could hold of an error: message, chain, and what pickle keeps."""
    return "".join(traceback.format_exception(error)) + repr(pickle.dumps(error))


# Keys as files


def test_key_files_are_made_once(tmp_path: Path):
    folder = tmp_path / "not" / "there"
    signer = make_key_files(folder, NAME)
    assert signer.name == NAME
    assert make_key_files(folder, "another.example").verifier == signer.verifier
    assert sorted(path.name for path in folder.iterdir()) == [SIGNING_KEY_FILE, VERIFIER_KEY_FILE]
    assert read_verifier_keys(folder / VERIFIER_KEY_FILE) == [signer.verifier]


def test_only_its_owner_may_read_a_signing_key(tmp_path: Path):
    before = os.umask(0)
    try:
        make_key_files(tmp_path, NAME)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / SIGNING_KEY_FILE).stat().st_mode) == 0o600


def test_a_key_file_that_holds_no_key_is_neither_used_nor_replaced(tmp_path: Path):
    path = tmp_path / SIGNING_KEY_FILE
    path.write_bytes(b"\xff\n")
    with pytest.raises(SigningKeyError, match="not a signing key") as caught:
        make_key_files(tmp_path, NAME)
    assert caught.value.where == str(path)
    assert path.read_bytes() == b"\xff\n"


def test_a_verifier_key_that_is_missing_is_told_again(tmp_path: Path):
    signer = make_key_files(tmp_path, NAME)
    (tmp_path / VERIFIER_KEY_FILE).unlink()
    make_key_files(tmp_path, NAME)
    assert read_verifier_keys(tmp_path / VERIFIER_KEY_FILE) == [signer.verifier]


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_rotated_key_leaves_the_old_ones_to_those_who_verify(tmp_path: Path, end: str):
    (tmp_path / VERIFIER_KEY_FILE).write_text(f"{FOO_KEY}{end}", encoding="utf-8")
    (tmp_path / SIGNING_KEY_FILE).write_text(f"{LINE}\n", encoding="utf-8")
    for _ in range(2):
        make_key_files(tmp_path, NAME)
    assert read_verifier_keys(tmp_path / VERIFIER_KEY_FILE) == [
        VerifierKey.parse(FOO_KEY),
        ALICE.verifier,
    ]


def test_a_line_that_is_no_verifier_key_is_refused(tmp_path: Path):
    path = tmp_path / VERIFIER_KEY_FILE
    path.write_bytes(f"{FOO_KEY}\n\xff\n".encode("latin-1"))
    with pytest.raises(SealFormatError, match="not a verifier key"):
        read_verifier_keys(path)


def _make_at_once(folder: Path, barrier: Any, found: Any) -> None:
    barrier.wait()
    found.put(str(make_key_files(folder, NAME).verifier))


def test_processes_that_make_a_key_at_once_get_the_same(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(4), context.Queue()
    workers = [
        context.Process(target=_make_at_once, args=(tmp_path, barrier, found)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    keys = {found.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join()
    assert keys == {str(key) for key in read_verifier_keys(tmp_path / VERIFIER_KEY_FILE)}
    assert len(keys) == 1
    assert len(list(tmp_path.iterdir())) == 2


class LateDisk(Disk):
    """A disk on which somebody else's key appears at the last moment."""

    def link(self, source: Path, target: Path) -> None:
        target.write_text(f"{LINE}\n", encoding="utf-8")
        super().link(source, target)


def test_a_key_that_somebody_made_a_moment_earlier_is_the_key(tmp_path: Path):
    assert make_key_files(tmp_path, NAME, disk=LateDisk()).verifier == ALICE.verifier
    assert (tmp_path / SIGNING_KEY_FILE).read_text(encoding="utf-8") == f"{LINE}\n"
    assert len(list(tmp_path.iterdir())) == 2


class FailingDisk(Disk):
    """A disk on which one call fails."""

    def __init__(self, call: str) -> None:
        def fail(*args: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        setattr(self, call, fail)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "link"])
def test_a_disk_that_fails_leaves_no_half_a_key(tmp_path: Path, call: str):
    with pytest.raises(OSError, match="Input/output error"):
        make_key_files(tmp_path, NAME, disk=FailingDisk(call))
    assert list(tmp_path.iterdir()) == []
    make_key_files(tmp_path, NAME)


class OrderedDisk(Disk):
    """A disk that remembers what was done to the signing key, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def fsync(self, fd: int) -> None:
        self.calls.append("fsync")
        super().fsync(fd)

    def link(self, source: Path, target: Path) -> None:
        self.calls.append("link")
        super().link(source, target)


def test_a_key_is_on_disk_before_it_is_used(tmp_path: Path):
    disk = OrderedDisk()
    make_key_files(tmp_path, NAME, disk=disk)
    linked = disk.calls.index("link")
    assert "fsync" in disk.calls[:linked]
    assert disk.calls[linked + 1 :].count("fsync") >= 2  # the name, and the verifier key


# Which key signs


@pytest.mark.parametrize("environ", [{}, {KEY_VARIABLE: ""}])
def test_the_stores_key_signs_if_no_other_is_named(tmp_path: Path, environ: dict[str, str]):
    signer = find_signer(tmp_path, NAME, environ=environ)
    assert signer.verifier == make_key_files(tmp_path, NAME).verifier


def test_the_key_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY_VARIABLE, PETER_SECRET)
    assert str(find_signer(tmp_path / "store", NAME).verifier) == PETER_KEY
    assert list(tmp_path.iterdir()) == []


def test_the_environment_may_name_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text(f"{PETER_SECRET}\n", encoding="utf-8")
    signer = find_signer(tmp_path / "store", NAME, environ={KEY_VARIABLE: f"file:{file}"})
    assert str(signer.verifier) == PETER_KEY
    assert list(tmp_path.iterdir()) == [file]


def test_the_file_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret").write_text(PETER_SECRET, encoding="utf-8")
    signer = find_signer(tmp_path / "store", NAME, environ={KEY_VARIABLE: "file:~/secret"})
    assert str(signer.verifier) == PETER_KEY


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("nonsense", id="no key"),
        pytest.param("file:", id="no path"),
        pytest.param("file:/no/such/file", id="no such file"),
        pytest.param("file:/dev/null", id="an empty file"),
        pytest.param(f"file:{PETER_SECRET}", id="a key in place of a path"),
    ],
)
def test_a_named_key_that_cannot_be_used_is_an_error_and_no_reason_for_another(
    tmp_path: Path, value: str
):
    with pytest.raises(SigningKeyError) as caught:
        find_signer(tmp_path, NAME, environ={KEY_VARIABLE: value})
    assert KEY_VARIABLE in caught.value.where
    assert SECRET not in shown(caught.value)
    assert list(tmp_path.iterdir()) == []
