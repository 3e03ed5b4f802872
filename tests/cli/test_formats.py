"""Times, durations and amounts read well at every size."""

from __future__ import annotations

import datetime as dt

import pytest

from earwitness.cli import formats


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.0"),
        (-0.04, "0:00.0"),
        (-1.5, "-0:01.5"),
        (4.26, "0:04.3"),
        (59.97, "1:00.0"),
        (3725.5, "1:02:05.5"),
    ],
)
def test_offsets(seconds: float, text: str) -> None:
    assert formats.offset(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (-1, "0ms"),
        (0.2504, "250ms"),
        (0.9996, "1.0s"),
        (59.96, "1m00s"),
        (65, "1m05s"),
        (3599.7, "1h00m"),
        (7380, "2h03m"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1, "1 byte"), (812, "812 bytes"), (14_210, "14.2 kB"), (3e6, "3.0 MB"), (2e9, "2.0 GB")],
)
def test_sizes(amount: int, text: str) -> None:
    assert formats.size(amount) == text


def test_times_are_those_of_this_machines_clock() -> None:
    moment = dt.datetime(2026, 5, 1, 19, 3, 7)  # naive: local
    microseconds = int(moment.timestamp() * 1e6)
    assert formats.local_time(microseconds) == "May 01 19:03"
    assert formats.local_time(microseconds, precise=True) == "2026-05-01 19:03:07"


@pytest.mark.parametrize("microseconds", [0, 10**19 - 1])
def test_a_time_that_no_clock_shows_is_unknown(microseconds: int) -> None:
    assert formats.local_time(microseconds) == "-"


def test_amounts_of_usage() -> None:
    usage = {"type": "tts_usage", "characters_count": 1200, "audio_duration": 61.3333}
    assert formats.amounts(usage) == "1,200 characters, 61.3 seconds of audio"
