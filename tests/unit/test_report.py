"""The report is LiveKit's, in the shape of the version that was recorded."""

import hashlib
import json
from typing import Any

import pytest
from attrs import evolve

from earwitness import LogFormatError, SessionReport, values
from earwitness.codec import new_event
from earwitness.events import (
    AudioRecordingStarted,
    AudioSealed,
    EventAmended,
    OptionsChanged,
    RecordingClosed,
    RecordingRecovered,
    SessionEnded,
    SessionStarted,
    SinkFailed,
)
from earwitness.projections.report import ReportFold, fold_report
from earwitness.testing import RECORDED_AT
from tests.unit.facts import (
    CLOCK,
    added,
    closed,
    handoff,
    log,
    message,
    metrics,
    opened,
    started,
    tools,
    usage,
)

BEGAN = RECORDED_AT / 1e6
HELLO = message("a", "user", "hello", at=1.0)


def report(*facts: Any) -> dict[str, Any]:
    return fold_report(log(*facts)).to_dict()


def ended(**members: Any) -> SessionEnded:
    return SessionEnded(report=members, clock=CLOCK)


def test_a_report_has_the_members_of_its_skeleton_and_no_others():
    skeleton = opened(job_id="AJ_1", options={"a": 1}, timestamp=0.0, unheard_of=None)
    assert report(skeleton, added(HELLO)) == {
        "events": [added(HELLO)[1]],
        "chat_history": {"items": [HELLO]},
        "job_id": "AJ_1",
        "options": {"a": 1},
        "timestamp": BEGAN + 1,
        "unheard_of": None,
    }


def test_the_events_are_those_of_livekits_report():
    facts = [
        opened(),
        added(HELLO),
        metrics(type="llm_metrics"),
        ("debug_message", {"type": "debug_message"}),
        ("my.own", 5),
        SinkFailed(sink="a", error="b"),
        closed(),
    ]
    assert report(*facts)["events"] == [added(HELLO)[1], 5, closed()[1]]


def test_an_amended_event_is_told_as_it_stood_in_the_end():
    now = added(HELLO | {"content": ["goodbye"]})[1]
    told = report(opened(), closed(), added(HELLO), EventAmended(position=2, payload=now))
    assert told["events"] == [closed()[1], now]
    assert told["chat_history"]["items"] == [HELLO | {"content": ["goodbye"]}]


@pytest.mark.parametrize("position", [-1, 0, 2, 3, 99])
def test_an_amendment_of_what_is_no_event_of_the_report_changes_nothing(position: int):
    facts = [opened(), added(HELLO), metrics(), EventAmended(position=position, payload=None)]
    assert report(*facts)["events"] == [added(HELLO)[1]]


def test_a_start_begins_the_events_anew_as_livekit_does_and_keeps_the_history():
    before = added(handoff("h", None, "host"))
    told = report(
        opened(options={}),
        before,
        started(5.0, options={"b": 2}),
        EventAmended(position=1, payload=None),
        added(HELLO),
    )
    assert told["events"] == [added(HELLO)[1]]
    assert [item["id"] for item in told["chat_history"]["items"]] == ["h", "a"]
    assert told["options"] == {"b": 2}


def test_a_session_lasts_from_its_start_to_its_last_event():
    facts = [opened(duration_ms=None), started(BEGAN - 1.5), closed()]
    later = RecordingClosed(reason="", history_sha256="")
    assert report(*facts)["duration_ms"] == 3500
    assert report(*facts, later, SinkFailed(sink="a", error="b"))["duration_ms"] == 3500


def test_a_session_with_audio_lasts_from_the_audios_start():
    audio = AudioRecordingStarted(started_at=BEGAN + 1, path="/tmp/audio.ogg")
    told = report(opened(duration_ms=None), started(BEGAN), audio, closed())
    assert told["duration_ms"] == 2000
    assert told["audio_recording_started_at"] == BEGAN + 1
    assert told["audio_recording_path"] == "/tmp/audio.ogg"


def test_a_session_that_was_not_started_has_no_duration():
    assert report(opened(duration_ms=7), closed())["duration_ms"] is None
    assert report(opened(duration_ms=7), started(None), closed())["duration_ms"] is None


def test_options_are_those_of_the_last_change():
    changes = [OptionsChanged(options={"a": n}, requested={}) for n in (2, 3)]
    assert report(opened(options={"a": 1}), *changes)["options"] == {"a": 3}


def test_usage_is_livekits_last_count():
    first, last = usage({"type": "a", "n": 1}), usage({"type": "a", "n": 2})
    assert report(opened(usage=None), first, last)["usage"] == [{"type": "a", "n": 2}]
    assert report(opened(usage=[]), usage())["usage"] is None
    assert report(opened(usage=[]))["usage"] is None


def test_user_turns_and_errors_are_counted():
    facts = [
        opened(user_turns=0, errors={"llm": 0, "tts": 0}),
        added(HELLO),
        added(message("b", "assistant", "hi")),
        *[("error", {"type": "error", "error": {"type": kind}}) for kind in ("llm_error", "x")],
    ]
    told = report(*facts)
    assert (told["user_turns"], told["errors"]) == (1, {"llm": 1, "tts": 0})


@pytest.mark.parametrize(
    ("reason", "told"),
    [("user_initiated", "CR_USER_INITIATED"), ("task_completed", "CR_COMPLETED")],
)
def test_the_close_reason_has_livekits_name(reason: str, told: str):
    assert report(opened(close_reason=None), closed(reason))["close_reason"] == told


def test_an_open_session_has_no_close_reason_and_a_recovered_one_was_interrupted():
    recovered = RecordingRecovered(earwitness="0", last_position=0, torn=[])
    assert report(opened(close_reason=None))["close_reason"] is None
    assert report(opened(), recovered)["close_reason"] == "interrupted"
    assert report(opened(), closed(), recovered)["close_reason"] == "CR_USER_INITIATED"


def test_what_the_sdk_said_itself_at_the_end_counts():
    facts = [opened(user_turns=0, duration_ms=0), added(HELLO), ended(user_turns=9, other=1)]
    told = report(*facts)
    assert told["user_turns"] == 9
    assert "other" not in told
    assert told["events"] == [added(HELLO)[1]]


def test_what_was_withheld_is_passed_over_and_what_is_left_is_told():
    events = log(opened(job_id="AJ_1"), started(1.0, room="r"), added(HELLO), closed())
    for position in (0, 2):
        events[position] = evolve(events[position], salt=None, data=None)
    told = fold_report(events).to_dict()
    assert (told["room"], told["events"]) == ("r", [closed()[1]])
    assert told["chat_history"] == {"items": []}


@pytest.mark.parametrize(
    "tag", [cls.TAG for cls in (SessionStarted, OptionsChanged, EventAmended, SessionEnded)]
)
@pytest.mark.parametrize("payload", [None, 5, [], {}, {"report": 5, "position": "1"}])
def test_an_own_event_that_is_not_what_its_tag_says_is_passed_over(tag: str, payload: Any):
    assert report(opened(), added(HELLO), (tag, payload))["events"] == [added(HELLO)[1]]


def test_a_payload_that_is_not_json_is_refused():
    with pytest.raises(LogFormatError):
        ReportFold().apply(new_event(0, 0, "close", b"{"))


def test_what_json_lacks_comes_back_in_the_report_and_stands_written_in_its_json():
    odd = {"$bytes": "/w=="}
    told = fold_report(log(opened(x={"a": b"\xff"}), added(HELLO | {"extra": {"$$k": odd}})))
    assert told.to_dict()["x"] == {"a": b"\xff"}
    assert told.events[0]["item"]["extra"] == {"$k": b"\xff"}
    assert json.loads(told.to_json())["events"][0]["item"]["extra"] == {"$$k": odd}


@pytest.mark.parametrize("said", ["\ud83d", "\ude00x", "\u2028", "📞", "\x00"])
def test_a_report_holds_any_character(said: str):
    told = fold_report(log(opened(), added(message("a", "user", said))))
    assert told.chat_history["items"][0]["content"] == [said]
    assert values.decode(told.to_json()) == told.to_dict()


def test_parts_of_a_report_can_be_left_out():
    told = fold_report(log(opened(a=1), tools(({"created_at": 0}, None))))
    assert told.to_dict(include_events=False, include_chat_history=False) == {"a": 1}


def test_a_report_is_a_copy_that_may_be_changed():
    told = fold_report(log(opened(), added(HELLO)))
    told.to_dict()["events"].clear()
    told.events[0].clear()
    told.chat_history.clear()
    assert told.to_dict()["events"] == [added(HELLO)[1]]


def test_a_report_says_nothing_of_what_was_said_when_it_is_printed():
    assert repr(SessionReport("AJ_1", {"events": ["4111"]})) == "SessionReport(session_id='AJ_1')"


def test_the_digest_of_the_history_is_that_of_its_json():
    fold = ReportFold()
    for event in log(opened(), added(HELLO)):
        fold.apply(event)
    told = fold.result().to_dict()["chat_history"]["items"]
    assert fold.history_digest() == hashlib.sha256(values.encode(told)).hexdigest()


def test_the_events_of_the_recording_itself_are_no_events_of_the_report():
    sealed = AudioSealed(file="audio.ogg", sha256="", bytes=1, seconds=None)
    assert report(opened(), sealed)["events"] == []
