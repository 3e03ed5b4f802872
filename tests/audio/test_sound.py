"""Sound of any rate is the same sound at ours, at the same place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.livekit.recording.sound import RATE, Resampler, Samples, samples_of
from tests.audio.tones import tone

RATES = [8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]


def resampled(sound: Samples, rate: int, sizes: list[int]) -> Samples:
    """The sound at our rate, pushed in pieces of these sizes and the rest in one."""
    resampler, pieces = Resampler(rate), []
    for size in [*sizes, len(sound)]:
        pieces.append(resampler.push(sound[:size]))
        sound = sound[size:]
    return np.concatenate([*pieces, resampler.flush()])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [100, 1000, 3000])
def test_a_tone_is_the_same_tone(rate: int, hertz: int):
    there = resampled(tone(hertz, 1.0, rate=rate), rate, [])
    expected = tone(hertz, 1.0)
    assert abs(len(there) - len(expected)) <= 1
    middle = slice(200, -200)
    assert np.abs(there[: len(expected)].astype(float) - expected)[middle].max() < 50  # of 8192


def test_what_we_have_no_room_for_does_not_come_back_as_something_else():
    assert np.abs(resampled(tone(15_000, 1.0, rate=48_000), 48_000, [])[200:-200]).max() < 20


@given(
    rate=st.sampled_from(RATES),
    sizes=st.lists(st.integers(0, 700), max_size=20),
    seed=st.integers(0),
)
def test_it_does_not_matter_in_which_pieces_it_comes(rate: int, sizes: list[int], seed: int):
    noise = np.random.default_rng(seed).integers(-32768, 32768, 3000).astype(np.int16)
    assert np.array_equal(resampled(noise, rate, sizes), resampled(noise, rate, []))


@pytest.mark.parametrize("rate", RATES)
def test_nothing_and_next_to_nothing_can_be_resampled(rate: int):
    assert len(resampled(np.zeros(0, np.int16), rate, [])) == 0
    assert len(resampled(np.ones(1, np.int16), rate, [])) == max(1, -(-RATE // rate))


def test_channels_are_mixed_into_one():
    stereo = np.array([[100, 300], [-100, 100]], np.int16)
    assert samples_of(stereo.tobytes(), 2).tolist() == [200, 0]
