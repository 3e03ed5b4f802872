"""The audio file is kept beside the log, with its digest and its duration."""

import errno
import hashlib
import os
import struct
from pathlib import Path

import pytest

from earwitness.audio import ogg_opus_seconds, seal_audio
from earwitness.disk import Disk
from earwitness.events import AudioSealed

NO_PACKET_ENDS = -1


class NoLinks(Disk):
    def link(self, source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "another file system")


class NoSync(NoLinks):
    def fsync(self, fd: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")


def page(granule: int, payload: bytes = b"") -> bytes:
    """A page of an Ogg stream (RFC 3533, section 6), with a payload of whole packets."""
    segments = [255] * (len(payload) // 255) + [len(payload) % 255]
    header = struct.pack("<4sBBqIIIB", b"OggS", 0, 0, granule, 7, 0, 0, len(segments))
    return header + bytes(segments) + payload


def opus_head(pre_skip: int = 312) -> bytes:
    """An identification header (RFC 7845, section 5.1)."""
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, pre_skip, 48_000, 0, 0)


def ogg(*granules: int, pre_skip: int = 312) -> bytes:
    pages = [page(granule, bytes(2000)) for granule in granules]
    return b"".join([page(0, opus_head(pre_skip)), page(0, b"OpusTags"), *pages])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "livekit").mkdir()
    path = tmp_path / "livekit" / "audio.ogg"
    path.write_bytes(ogg(48_000, 120_312))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "session").mkdir()
    return tmp_path / "session"


@pytest.mark.parametrize("disk", [Disk(), NoLinks()], ids=["linked", "copied"])
def test_audio_is_kept_when_its_source_is_deleted(disk: Disk, source: Path, folder: Path):
    content = source.read_bytes()
    sealed = seal_audio(disk, source, folder)
    source.unlink()
    assert sealed == AudioSealed(
        file="audio.ogg",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        seconds=2.5,
    )
    assert [path.name for path in folder.iterdir()] == ["audio.ogg"]
    assert (folder / "audio.ogg").read_bytes() == content


def test_audio_that_is_written_on_afterwards_is_kept_as_it_was(source: Path, folder: Path):
    """As when a session is started again in its job: LiveKit writes to the same file."""
    content = source.read_bytes()
    seal_audio(Disk(), source, folder)
    source.write_bytes(b"the next call")
    assert (folder / "audio.ogg").read_bytes() == content


def test_audio_that_was_kept_before_is_not_kept_again(source: Path, folder: Path):
    first = seal_audio(Disk(), source, folder)
    source.unlink()
    source.write_bytes(b"another")
    assert seal_audio(Disk(), source, folder) == first


def test_audio_keeps_its_kind(tmp_path: Path, folder: Path):
    for name in ("call.wav", "call"):
        (tmp_path / name).write_bytes(b"sound")
    sealed = [seal_audio(Disk(), tmp_path / name, folder) for name in ("call.wav", "call")]
    assert [(audio.file, audio.seconds) for audio in sealed] == [
        ("audio.wav", None),
        ("audio.ogg", None),
    ]


@pytest.mark.parametrize("disk", [Disk(), NoLinks()], ids=["linked", "copied"])
def test_audio_that_is_not_there_is_an_error_and_leaves_nothing(disk: Disk, folder: Path):
    with pytest.raises(FileNotFoundError):
        seal_audio(disk, folder.parent / "missing.ogg", folder)
    assert list(folder.iterdir()) == []


def test_audio_that_cannot_be_brought_to_the_disk_is_an_error(source: Path, folder: Path):
    with pytest.raises(OSError, match="broken"):
        seal_audio(NoSync(), source, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (ogg(48_312), 1.0),
        (ogg(0, 24_312, 96_312), 2.0),
        (ogg(48_000, pre_skip=0), 1.0),
        (ogg(48_312, NO_PACKET_ENDS), 1.0),
        (ogg(48_312) + b"OggS\0\0torn", 1.0),
        (ogg(*range(0, 4_800_312, 48_000), 4_800_312), 100.0),
        (ogg(100), 0.0),
        (ogg(), 0.0),
        (b"", None),
        (b"OggS", None),
        (opus_head(), None),
        (page(0, b"\x01vorbis"), None),
        (b"RIFF" + bytes(100), None),
        (page(5, b"OpusHead"), None),
    ],
)
def test_the_duration_is_what_the_last_page_tells(
    content: bytes, seconds: float | None, tmp_path: Path
):
    (tmp_path / "audio.ogg").write_bytes(content)
    assert ogg_opus_seconds(tmp_path / "audio.ogg") == seconds


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device here")
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_not_waited_for(kind: str, tmp_path: Path, folder: Path):
    source = Path("/dev/zero")
    if kind == "pipe":
        source = tmp_path / "audio.ogg"
        os.mkfifo(source)
    with pytest.raises(OSError, match="not a file") as caught:
        seal_audio(Disk(), source, folder)
    assert caught.value.errno == errno.EINVAL
    assert list(folder.iterdir()) == []
