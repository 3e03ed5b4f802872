"""A file is what RFC 3533 and RFC 7845 say, up to its last whole page at every moment."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import ogg
from earwitness.audio import mend_audio, ogg_opus_seconds
from earwitness.disk import Disk
from earwitness.livekit.recording.encoder import OggOpusEncoder
from earwitness.livekit.recording.sound import RATE
from earwitness.livekit.recording.timeline import BLOCK
from tests.audio.tones import decoded, tone


def recording(seconds: float = 1.0) -> list[bytes]:
    """The pages of a recording with a tone in each channel, one page for each 100 ms."""
    encoder = OggOpusEncoder()
    sound = np.stack([tone(440, seconds), tone(1000, seconds)], axis=1)
    pages = [encoder.begin()]
    step = 5 * BLOCK
    whole = len(sound) // step * step
    for start in range(0, whole, step):
        pages += encoder.encode(sound[start : start + step])
    return [*pages, *encoder.finish(sound[whole:])]


def test_another_muxer_writes_the_same_checksums():
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16")
        frame.sample_rate = 48_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    data = file.getvalue()
    assert ogg.end_of_whole_pages(data) == len(data)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.02, 1.0, 1.234])
def test_a_recording_plays_for_exactly_as_long_as_it_is(seconds: float, tmp_path: Path):
    path = tmp_path / "audio.ogg"
    path.write_bytes(b"".join(recording(seconds)))
    assert decoded(path).shape[1] == pytest.approx(seconds * RATE, abs=2) if seconds else True
    assert ogg_opus_seconds(path) == pytest.approx(seconds, abs=1 / RATE)


def test_a_recording_plays_up_to_its_last_whole_page_wherever_it_ends(tmp_path: Path):
    path = tmp_path / "audio.ogg"
    pages = recording()
    data = b"".join(pages)
    ends = np.cumsum([len(page) for page in pages]).tolist()
    for size in range(ends[1], len(data), 97):
        path.write_bytes(data[:size])
        sealed = mend_audio(Disk(), path.parent)
        assert sealed.bytes == path.stat().st_size == max(end for end in ends if end <= size)
        assert decoded(path).shape[1] == pytest.approx((sealed.seconds or 0) * RATE, abs=2)


@given(tail=st.binary(max_size=500), zeros=st.integers(0, 5000))
def test_what_a_power_cut_leaves_of_a_page_is_cut_off_and_nothing_else(tail: bytes, zeros: int):
    data = b"".join(recording(0.2)[:-1])
    assert ogg.end_of_whole_pages(data + tail + bytes(zeros)) == len(data)


@given(packets=st.lists(st.binary(max_size=800), max_size=60), granule=st.integers(-1, 1 << 62))
def test_a_page_is_found_again_whatever_it_holds(packets: list[bytes], granule: int):
    page = ogg.page(packets, granule=granule, serial=7, sequence=3)
    assert ogg.end_of_whole_pages(b"noise" + page + b"noise") == 5 + len(page)


@given(damage=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_damaged_page_is_not_whole(damage: int, flip: int):
    page = bytearray(ogg.page([b"a packet" * 20], granule=1, serial=7, sequence=3))
    page[damage % len(page)] ^= flip
    assert ogg.end_of_whole_pages(bytes(page)) is None


def test_a_file_without_a_whole_page_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "audio.ogg"
    path.write_bytes(b"OggS" + bytes(100))
    sealed = mend_audio(Disk(), path.parent)
    assert (sealed.bytes, sealed.seconds) == (104, None)
