"""Captions are what was said, timed to the audio."""

from __future__ import annotations

from typing import Any

import pytest

from earwitness.events import AudioOpened, AudioRecordingStarted
from earwitness.projections.captions import READING, Caption, fold_captions
from tests.unit.facts import added, handoff, log, message

OPENED = AudioOpened(
    file="audio.ogg",
    started_at=100.0,
    clock={},
    channels=["user", "agent"],
    sample_rate=24_000,
)


def captions(*facts: Any) -> list[Caption]:
    return fold_captions(log(*facts))


def spoken(id: str, role: str, text: str, begin: float, end: float | None, **more: Any) -> Any:
    metrics = {"started_speaking_at": begin, "stopped_speaking_at": end}
    return added(message(id, role, text, at=begin + 50, metrics=metrics, **more))


def test_what_was_measured_is_where_it_is_in_the_audio():
    assert captions(
        OPENED,
        added(handoff("h", None, "host")),
        spoken("a", "user", "A table.", 101.0, 102.5),
        spoken("b", "assistant", "At what", 103.0, 104.0, interrupted=True),
    ) == [
        Caption(1.0, 2.5, "user", "host", "A table.", False),
        Caption(3.0, 4.0, "agent", "host", "At what", True),
    ]


def test_what_was_not_measured_takes_as_long_as_it_is():
    text = "A table for the two of us."
    [caption] = captions(OPENED, added(message("a", "user", text, at=101.0)))
    assert caption.end - caption.begin == pytest.approx(READING * len(text))


def test_the_one_voice_never_says_two_things_at_once():
    first, second, other = captions(
        OPENED,
        spoken("a", "assistant", "One", 101.0, 105.0),
        spoken("b", "assistant", "Two", 102.0, 103.0),
        spoken("c", "user", "Stop", 102.5, 104.0),
    )
    assert first.end == second.begin
    assert second.end > other.begin


def test_they_stand_in_the_order_in_which_they_begin():
    said = captions(
        OPENED,
        spoken("a", "assistant", "Later", 105.0, 106.0),
        spoken("b", "user", "Before", 101.0, 102.0),
    )
    assert [caption.text for caption in said] == ["Before", "Later"]


def test_what_was_said_before_the_audio_begins_with_it():
    [caption] = captions(OPENED, spoken("a", "user", "Hello?", 90.0, 101.0))
    assert (caption.begin, caption.end) == (0.0, 1.0)


def test_livekits_recording_counts_from_its_own_start():
    started = AudioRecordingStarted(started_at=100.0, path=None)
    [caption] = captions(started, spoken("a", "user", "Hello?", 101.0, 102.0))
    assert caption.begin == 1.0


def test_nothing_that_was_not_said_has_a_caption():
    assert (
        captions(OPENED, added(message("a", "user", " \n")), added(message("b", "tool", "x"))) == []
    )
