"""Both channels stand where they belong, sample by sample, whatever the clocks and sinks do."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest

from earwitness.livekit.recording.hearing import MAX_BEHIND
from earwitness.livekit.recording.sound import RATE, Samples
from earwitness.livekit.recording.timeline import LAG, LONG_PATIENCE, PATIENCE, Timeline
from tests.audio.tones import tone

FRAME = 0.02
TICK = 0.1
WITHIN = 0.05
"""Seconds that sound and clock may be apart, after an hour as after a second."""


class Clocked:
    """A timeline whose clock the test turns, and what it has given out."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.now = 0.0
        self._given: list[Samples] = []

    def until(self, now: float) -> None:
        """Let time pass, and the thread look in as often as it does."""
        while self.now + TICK <= now:
            self.now += TICK
            self._given.append(self.timeline.advance(self.now))

    def end(self, now: float) -> Samples:
        """The whole recording: channels by samples."""
        self.until(now)
        self._given.append(self.timeline.finish(now))
        return np.concatenate(self._given).T

    @property
    def settled(self) -> float:
        return self.timeline.cursor / RATE

    def hear(self, at: float, sound: Samples, rate: int = RATE) -> None:
        """The sound arrives in frames, each when its last sample was spoken."""
        size = round(FRAME * rate)
        for start in range(0, len(sound), size):
            frame = sound[start : start + size]
            arrival = at + (start + len(frame)) / rate
            self.until(arrival)
            self.timeline.user.hear(arrival, frame, rate)

    def say(self, at: float, sound: Samples, rate: int = RATE) -> None:
        """The sound is handed over at once, and played from then on."""
        self.until(at)
        for start in range(0, len(sound), 480):
            self.timeline.agent.capture(at, sound[start : start + 480], rate)
        self.timeline.agent.start(at)
        self.timeline.agent.flush(at)


@pytest.fixture
def call() -> Clocked:
    return Clocked()


def speech(seconds: float) -> Samples:
    """Sound that is nowhere silent and nowhere like itself."""
    noise = np.random.default_rng(8).integers(1, 9000, round(seconds * RATE))
    return noise.astype(np.int16)


def place_of(sound: Samples, channel: Samples) -> float:
    """Where a stretch of sound stands in a channel, in seconds."""
    [start, *_] = np.flatnonzero(channel == sound[0])[:1].tolist() or [-1]
    while start >= 0 and not np.array_equal(channel[start : start + len(sound)], sound):
        later = np.flatnonzero(channel[start + 1 :] == sound[0])
        start = start + 1 + int(later[0]) if len(later) else -1
    assert start >= 0, "it is not there"
    return start / RATE


def test_what_is_heard_stands_where_it_was_spoken_and_all_else_is_silent(call: Clocked):
    said = speech(1.0)
    call.hear(2.0, said)
    user, agent = call.end(4.0)
    assert place_of(said, user) == pytest.approx(2.0, abs=0.001)
    assert np.count_nonzero(user) == len(said)
    assert not agent.any()
    assert len(user) == 4.0 * RATE


def test_jitter_of_the_network_does_not_move_or_tear_what_was_said(call: Clocked):
    dice = random.Random(8)
    said = speech(5.0)
    frames = [said[start : start + 480] for start in range(0, len(said), 480)]
    arrived = 0.0
    for number, frame in enumerate(frames):
        arrived = max(arrived, 1.0 + (number + 1) * FRAME + dice.uniform(0.0, 0.04))
        call.until(arrived)
        call.timeline.user.hear(arrived, frame, RATE)
    user, _ = call.end(8.0)
    torn = said[round(0.5 * RATE) :]  # until the least delay is known
    assert place_of(torn, user) == pytest.approx(1.5, abs=WITHIN)


@pytest.mark.parametrize("level", [1, 8000])
@pytest.mark.parametrize("parts_per_million", [300, -300])
def test_an_hour_of_a_clock_that_is_off_stays_with_the_clock_of_the_log(
    parts_per_million: int, level: int, call: Clocked
):
    """A mark in every minute is found again where it was spoken."""
    dice = random.Random(parts_per_million)
    true_frame = FRAME * (1 + parts_per_million / 1e6)
    marks = []
    found: list[int] = []
    for number in range(round(3600 / true_frame)):
        spoken = number * true_frame
        frame = np.full(480, level, np.int16)
        if number % 3000 == 2999:
            frame[0] = 20_000
            marks.append(spoken)
        arrived = spoken + true_frame + dice.uniform(0.0, 0.02)
        if call.now + TICK <= arrived:
            call.now += TICK
            base = call.timeline.cursor
            block = call.timeline.advance(call.now)[:, 0]
            found += [base + place for place in np.flatnonzero(block == 20_000)]
        call.timeline.user.hear(arrived, frame, RATE)
    places = [place / RATE for place in found]
    assert len(places) == len(marks) >= 59
    assert max(abs(a - b) for a, b in zip(places, marks, strict=True)) < WITHIN


@pytest.mark.parametrize("parts_per_million", [300, -300])
def test_a_clock_that_is_off_is_followed_through_all_that_holds_up_its_stream(
    parts_per_million: int, call: Clocked
):
    """For a third of an hour, with frames that never come and frames that come all at once."""
    dice = random.Random(parts_per_million)
    true_frame = FRAME * (1 + parts_per_million / 1e6)
    marks: list[float] = []
    found: list[int] = []
    held_up = missing = troubled = 0.0
    call.say(0.0, speech(1.0))
    for number in range(round(1200 / true_frame)):
        spoken = number * true_frame
        if spoken > troubled + 40.0:
            troubled, ends = spoken, spoken + dice.uniform(0.3, 4.0)
            held_up, missing = dice.choice([(ends, missing), (held_up, ends)])
        frame = np.full(480, 8000 if spoken % 4.0 < 2.5 else 0, np.int16)
        if number % 500 == 499 and spoken > troubled + 15.0:
            frame[0] = 20_000
            marks.append(spoken)
        arrived = max(held_up, spoken + true_frame + dice.uniform(0.0, 0.02))
        while call.now + TICK <= arrived:
            call.now += TICK
            base = call.timeline.cursor
            block = call.timeline.advance(call.now)[:, 0]
            found += [base + place for place in np.flatnonzero(block == 20_000)]
        if spoken >= missing:
            call.timeline.user.hear(arrived, frame, RATE)
    places = [place / RATE for place in found]
    assert len(places) == len(marks) >= 50
    assert max(abs(a - b) for a, b in zip(places, marks, strict=True)) < WITHIN
    assert call.timeline.user.lost == 0.0


def test_a_pause_in_the_stream_is_silence_of_its_length(call: Clocked):
    before, after = speech(1.0), speech(2.0)[RATE:]
    call.hear(0.0, before)
    call.hear(1.7, after)
    user, _ = call.end(4.0)
    assert place_of(before, user) == 0.0
    assert place_of(after, user) == pytest.approx(1.7, abs=0.02)


def test_a_stream_that_stalls_for_long_and_comes_back_is_where_it_was_spoken(call: Clocked):
    before, after = speech(1.0), speech(2.0)[RATE:]
    call.hear(0.0, before)
    call.hear(31.0, after)
    user, _ = call.end(33.0)
    assert place_of(after, user) == pytest.approx(31.0, abs=0.02)
    assert call.timeline.user.lost == 0.0


def test_what_an_event_loop_that_was_held_up_delivers_late_is_where_it_was_spoken(call: Clocked):
    said = speech(4.0)
    call.hear(0.0, said[:RATE])
    call.until(3.0)  # nothing arrives for two seconds, and then all of it at once
    for start in range(RATE, 3 * RATE, 480):
        call.timeline.user.hear(3.0, said[start : start + 480], RATE)
    call.hear(3.0, said[3 * RATE :])
    user, _ = call.end(5.0)
    assert place_of(said, user) == 0.0
    assert call.timeline.user.lost == 0.0


def late(call: Clocked, at: float, sound: Samples) -> None:
    """An event loop that was held up delivers all of it at once."""
    call.until(at)
    for start in range(0, len(sound), 480):
        call.timeline.user.hear(at, sound[start : start + 480], RATE)


def test_what_comes_after_its_place_was_written_is_heard_late_until_there_is_a_silence(
    call: Clocked,
):
    """The loop is held up for two seconds while the agent is heard, which nobody may wait for."""
    said, after = speech(6.0), tone(440, 1.0)[1:]
    call.say(0.0, speech(8.0))
    call.hear(0.0, said[:RATE])
    late(call, 3.0, said[RATE : 3 * RATE])
    call.hear(3.0, said[3 * RATE :])
    call.hear(6.0, np.zeros(3 * RATE, np.int16))
    call.hear(9.0, after)
    user, _ = call.end(11.0)
    assert place_of(said[RATE:], user) == pytest.approx(3.0 - LAG, abs=2 * TICK)
    assert place_of(after, user) == pytest.approx(9.0, abs=0.001)
    assert call.timeline.user.lost == 0.0


def test_ten_minutes_that_come_at_once_take_no_more_room_than_may_be_kept_of_them(call: Clocked):
    """All but five seconds of it is lost and counted, and what follows is in its place."""
    after = tone(440, 1.0)[1:]
    call.hear(0.0, np.zeros(RATE, np.int16))
    late(call, 1.0, speech(600.0))
    call.until(2.0)
    call.hear(2.0, np.zeros(8 * RATE, np.int16))
    call.hear(10.0, after)
    user, _ = call.end(12.0)
    assert call.timeline.user.lost == pytest.approx(600.0 - MAX_BEHIND, abs=TICK)
    assert place_of(after, user) == pytest.approx(10.0, abs=0.001)
    assert len(user) == 12 * RATE


def test_what_comes_late_at_the_very_end_is_written_after_it(call: Clocked):
    said = speech(3.0)
    call.say(0.0, speech(8.0))
    call.hear(0.0, said[:RATE])
    late(call, 3.0, said[RATE:])
    user, agent = call.end(3.0)
    assert place_of(said[RATE:], user) == pytest.approx(3.0 - LAG, abs=2 * TICK)
    assert len(user) == len(agent)


def test_what_comes_more_than_five_seconds_late_is_lost_and_counted(call: Clocked):
    said, after = speech(10.0), tone(440, 1.0)[1:]
    call.hear(0.0, said[:RATE])
    late(call, 9.0, said[RATE : 9 * RATE])
    call.hear(9.0, said[9 * RATE :])
    call.hear(10.0, np.zeros(8 * RATE, np.int16))
    call.hear(18.0, after)
    user, _ = call.end(20.0)
    held_up = 8.0 - LAG
    assert call.timeline.user.lost == pytest.approx(held_up - MAX_BEHIND, abs=TICK)
    assert np.count_nonzero(user) / RATE == pytest.approx(
        (len(said) + len(after)) / RATE - call.timeline.user.lost, abs=0.01
    )
    assert place_of(after, user) == pytest.approx(18.0, abs=0.001)


def test_a_process_that_stands_still_as_a_whole_loses_nothing_and_moves_nothing(call: Clocked):
    """While the agent is heard; and the recorder's thread may be the first that goes on."""
    said = speech(8.0)
    call.say(0.0, speech(10.0))
    call.hear(0.0, said[: 2 * RATE])
    call.now = 5.0 - TICK
    call.until(5.0)
    late(call, 5.0, said[2 * RATE : 5 * RATE])
    call.hear(5.0, said[5 * RATE :])
    user, _ = call.end(10.0)
    assert place_of(said, user) == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_no_word_is_lost_or_torn_however_the_event_loop_is_held_up(seed: int, call: Clocked):
    """Again and again, for up to a second and a half, with words and silence in turn."""
    dice = random.Random(seed)
    word = speech(1.0)
    said = np.concatenate([word, np.zeros(RATE, np.int16)] * 15)
    call.say(0.0, tone(440, 40.0))
    free = 0.0
    for start in range(0, len(said), 480):
        spoken = (start + 480) / RATE
        if spoken > free and dice.random() < 0.03:
            free = spoken + dice.uniform(0.0, 1.5)
        call.until(max(spoken, free))
        call.timeline.user.hear(max(spoken, free), said[start : start + 480], RATE)
    user, _ = call.end(35.0)
    assert np.array_equal(user[np.flatnonzero(user)], np.concatenate([word] * 15))


def test_what_was_spoken_in_a_pause_is_silent_however_late_it_comes(call: Clocked):
    before, secret, after = speech(3.0), speech(1.0), speech(1.0)[::-1]
    call.say(0.0, speech(8.0))
    call.hear(0.0, before[:RATE])
    call.until(3.0)
    call.timeline.silence(3.0, True)
    call.until(4.0)
    call.timeline.silence(4.0, False)
    late(call, 5.0, np.concatenate([before[RATE:], secret, after]))
    user, _ = call.end(8.0)
    assert place_of(before[RATE:], user) > 1.0
    assert place_of(after, user) > 4.0
    assert np.count_nonzero(user) == len(before) + len(after)


@pytest.mark.parametrize(("rates"), [(8000, 16_000), (48_000, 24_000), (44_100, 22_050)])
def test_a_stream_that_changes_its_rate_goes_on_without_a_gap(
    rates: tuple[int, int], call: Clocked
):
    for place, rate in enumerate(rates):
        call.hear(float(place), tone(440, 1.0, rate=rate), rate)
    user, _ = call.end(3.0)
    expected = np.concatenate([tone(440, 1.0), tone(440, 1.0)]).astype(float)
    difference = np.abs(user[: 2 * RATE] - expected)
    for edge in (0, RATE, 2 * RATE):  # where a filter begins or ends
        difference[max(0, edge - 50) : edge + 50] = 0
    assert difference.max() < 400  # of 8192
    assert not user[2 * RATE + 50 :].any()


def test_what_is_said_stands_where_it_is_played_not_where_it_was_handed_over(call: Clocked):
    said = speech(3.0)
    call.until(1.0)
    for start in range(0, len(said), 480):
        call.timeline.agent.capture(1.0, said[start : start + 480], RATE)
    call.timeline.agent.flush(1.0)
    call.timeline.agent.start(1.2)
    call.until(4.2)
    call.timeline.agent.finish(4.2, 3.0, False)
    _, agent = call.end(6.0)
    assert place_of(said, agent) == pytest.approx(1.2, abs=0.001)
    assert np.count_nonzero(agent) == len(said)


def test_what_is_being_said_is_written_while_it_is_played(call: Clocked):
    said = speech(60.0)
    call.say(0.0, said)
    call.until(10.0)
    assert call.settled == pytest.approx(10.0 - LAG, abs=TICK)


@pytest.mark.parametrize("position", [0.98, 1.0, 1.1])
def test_an_interrupted_answer_ends_where_the_sink_says_that_it_ended(
    position: float, call: Clocked
):
    said = speech(5.0)
    call.say(1.0, said)
    call.until(2.0)
    call.timeline.agent.stop(2.0)
    call.timeline.agent.finish(2.1, position, True)
    _, agent = call.end(8.0)
    assert place_of(said[: round(position * RATE)], agent) == 1.0
    assert np.count_nonzero(agent) == round(position * RATE)


def test_a_sink_cannot_have_played_longer_than_it_had_time(call: Clocked):
    call.say(1.0, speech(5.0))
    call.until(2.0)
    call.timeline.agent.finish(2.0, 4.0, True)
    _, agent = call.end(4.0)
    assert np.count_nonzero(agent) == RATE


def test_a_paused_answer_stands_still_and_goes_on_where_it_stood(call: Clocked):
    said = speech(2.0)
    call.say(0.0, said)
    call.until(1.0)
    call.timeline.agent.pause(1.0)
    call.until(3.0)
    call.timeline.agent.resume(3.0)
    call.until(4.0)
    call.timeline.agent.finish(4.0, 2.0, False)
    _, agent = call.end(5.0)
    assert place_of(said[:RATE], agent) == 0.0
    assert place_of(said[RATE:], agent) == 3.0
    assert np.count_nonzero(agent) == len(said)


def test_an_answer_whose_next_frame_comes_late_has_a_gap_there(call: Clocked):
    said = speech(2.0)
    call.say(0.0, said[:0])
    agent = call.timeline.agent
    agent.capture(0.0, said[:RATE], RATE)
    agent.start(0.0)
    call.until(1.5)
    agent.capture(1.5, said[RATE:], RATE)
    agent.flush(1.5)
    call.until(2.5)
    agent.finish(2.5, 2.0, False)
    _, channel = call.end(3.0)
    assert place_of(said[:RATE], channel) == 0.0
    assert place_of(said[RATE:], channel) == 1.5


def test_a_sink_that_says_that_it_starts_while_it_takes_the_first_frame_is_understood(
    call: Clocked,
):
    said = speech(1.0)
    agent = call.timeline.agent
    for at in (1.0, 3.0):
        call.until(at)
        agent.start(at)
        agent.capture(at, said, RATE)
        agent.flush(at)
        call.until(at + 1.0)
        agent.finish(at + 1.0, 1.0, False)
    _, channel = call.end(5.0)
    assert place_of(said, channel) == 1.0
    assert place_of(said, channel[2 * RATE :]) == 1.0


def test_a_sink_that_never_says_that_it_starts_began_with_the_first_frame(call: Clocked):
    said = speech(1.0)
    call.until(1.0)
    call.timeline.agent.capture(1.0, said, RATE)
    call.timeline.agent.flush(1.0)
    call.until(2.0)
    call.timeline.agent.finish(2.0, 1.0, False)
    _, channel = call.end(3.0)
    assert place_of(said, channel) == 1.0


def test_what_is_handed_over_after_the_interruption_is_not_said_later(call: Clocked):
    agent = call.timeline.agent
    call.say(0.0, speech(0.0))
    agent.capture(0.0, speech(2.0), RATE)
    agent.start(0.0)
    call.until(1.0)
    agent.stop(1.0)
    agent.finish(1.0, 1.0, True)
    agent.capture(1.0, speech(2.0), RATE)
    agent.flush(1.0)
    answer = tone(440, 1.0)
    call.say(2.0, answer)
    call.until(3.0)
    agent.finish(3.0, 1.0, False)
    _, channel = call.end(4.0)
    assert np.count_nonzero(channel[RATE : 2 * RATE]) == 0
    assert place_of(answer[1:], channel) == pytest.approx(2.0, abs=0.001)


def test_silence_takes_the_place_of_both_channels_and_of_nothing_else(call: Clocked):
    said = speech(4.0)
    call.say(0.0, said)
    call.hear(0.0, said[:RATE])
    call.timeline.silence(1.0, True)
    call.hear(1.0, said[RATE : 2 * RATE])
    call.timeline.silence(2.0, False)
    call.hear(2.0, said[2 * RATE :])
    user, agent = call.end(5.0)
    for channel in (user, agent):
        assert np.array_equal(channel[:RATE], said[:RATE])
        assert not channel[RATE : 2 * RATE].any()
        assert np.array_equal(channel[2 * RATE : 4 * RATE], said[2 * RATE :])


def moments(end: float) -> Iterator[float]:
    return itertools.takewhile(lambda at: at < end, itertools.count(0.0, TICK))


def test_a_stalled_stream_holds_up_what_the_agent_says_for_less_than_a_second(call: Clocked):
    call.hear(0.0, speech(1.0))
    call.say(1.0, speech(10.0))
    for at in moments(8.0):
        call.until(at)
        assert call.now - call.settled < PATIENCE + LAG + TICK


def test_a_stalled_stream_holds_up_silence_no_longer_than_it_may(call: Clocked):
    call.hear(0.0, speech(1.0))
    for at in moments(20.0):
        call.until(at)
        assert call.now - call.settled < LONG_PATIENCE + LAG + TICK


def test_what_waits_to_be_played_is_bounded(call: Clocked):
    minute = tone(440, 60.0)
    for _ in range(10):
        call.timeline.agent.capture(0.0, minute, RATE)
    assert call.timeline.agent.lost == 4 * 60.0


def test_the_first_frames_of_an_event_loop_that_was_held_up_are_where_they_were_spoken(
    call: Clocked,
):
    """All at once, half a second late, from the recording's very first sample on."""
    said = speech(3.0)
    call.timeline.user.hear(0.5, said[:480], RATE)
    call.now = 0.3
    call.until(0.8)  # and it is held up once more
    for start in range(480, round(0.8 * RATE), 480):
        call.timeline.user.hear(0.8, said[start : start + 480], RATE)
    call.hear(0.8, said[round(0.8 * RATE) :])
    user, _ = call.end(4.0)
    assert place_of(said, user) == 0.0
    assert call.timeline.user.lost == 0.0
