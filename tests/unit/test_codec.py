"""Lines are bytes exact: what is written is read, and what is a byte off is refused."""

import hashlib
import json
import re
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from earwitness import (
    Event,
    InvalidEventError,
    LogFormatError,
    UnsupportedFormatError,
    codec,
    values,
)
from earwitness.events import RecordingOpened, SinkFailed
from earwitness.testing import an_event

TAGS = st.from_regex(r"[a-z0-9_.]+", fullmatch=True)
PAYLOADS = st.binary(min_size=1).filter(lambda data: b"\n" not in data)
PLACES = st.integers(0, 10**19 - 1)

EVENT = Event(7, 1_795_000_000_123_456, "said.so_1", "c" * 64, "5" * 32, b'{"a":[1,2]}')
LINE = codec.encode_line(EVENT)[:-1]
WITHHELD = codec.withheld_line(EVENT)

MALFORMED = {
    "nothing": b"",
    "an array": b"[7]",
    "an empty object": b"{}",
    "position behind time": LINE.replace(
        b'"n":7,"t":1795000000123456', b'"t":1795000000123456,"n":7'
    ),
    "payload before salt": LINE.replace(b'"s":', b'"d":1,"s":'),
    "no position": LINE.replace(b'"n":7,', b""),
    "no time": LINE.replace(b'"t":1795000000123456,', b""),
    "no type": LINE.replace(b'"type":"said.so_1",', b""),
    "no commitment": LINE.replace(b'"c":"' + b"c" * 64 + b'",', b""),
    "no salt": LINE.replace(b'"s":"' + b"5" * 32 + b'",', b""),
    "no payload": LINE.replace(b',"d":{"a":[1,2]}', b""),
    "an empty payload": LINE.replace(b'{"a":[1,2]}', b""),
    "one more member": LINE.replace(b'"c":', b'"x":1,"c":'),
    "one more member before the end": WITHHELD.replace(b"}", b',"x":1}'),
    "a member twice": LINE.replace(b'"n":7', b'"n":7,"n":7'),
    "a space after a colon": LINE.replace(b'"n":7', b'"n": 7'),
    "a space after a comma": LINE.replace(b',"t"', b', "t"'),
    "a space before": b" " + LINE,
    "a space behind": LINE + b" ",
    "a carriage return behind": LINE + b"\r",
    "a line feed behind": LINE + b"\n",
    "a line feed in the payload": LINE.replace(b"[1,2]", b"[1,\n2]"),
    "bytes behind a withheld line": WITHHELD + b"1",
    "a byte order mark": b"\xef\xbb\xbf" + LINE,
    "a leading zero in the position": LINE.replace(b'"n":7', b'"n":07'),
    "a leading zero in the time": LINE.replace(b'"t":1', b'"t":01'),
    "a negative position": LINE.replace(b'"n":7', b'"n":-7'),
    "a signed position": LINE.replace(b'"n":7', b'"n":+7'),
    "a position with a fraction": LINE.replace(b'"n":7', b'"n":7.0'),
    "a position with an exponent": LINE.replace(b'"n":7', b'"n":7e0'),
    "a position as text": LINE.replace(b'"n":7', b'"n":"7"'),
    "a position of twenty digits": LINE.replace(b'"n":7', b'"n":7' + b"0" * 19),
    "a negative time": LINE.replace(b'"t":1', b'"t":-1'),
    "Arabic digits": LINE.replace(b'"n":7', '"n":٧'.encode()),
    "an empty type": LINE.replace(b"said.so_1", b""),
    "capitals in the type": LINE.replace(b"said", b"Said"),
    "a dash in the type": LINE.replace(b"said.so", b"said-so"),
    "an escape in the type": LINE.replace(b"said", b"\\u0073aid"),
    "a null type": LINE.replace(b'"said.so_1"', b"null"),
    "a commitment in capitals": LINE.replace(b"c" * 64, b"C" * 64),
    "a short commitment": LINE.replace(b"c" * 64, b"c" * 63),
    "a long commitment": LINE.replace(b"c" * 64, b"c" * 65),
    "a commitment that is not hex": LINE.replace(b"c" * 64, b"g" * 64),
    "a salt in capitals": LINE.replace(b"5" * 32, b"A" * 32),
    "a short salt": LINE.replace(b"5" * 32, b"5" * 31),
    "a long salt": LINE.replace(b"5" * 32, b"5" * 33),
    "no brace at the end": LINE[:-1] + b" ",
    "a torn line": LINE[:100],
}


@given(PLACES, PLACES, TAGS, PAYLOADS)
def test_a_line_is_read_as_it_was_written(position: int, at: int, tag: str, data: bytes):
    event = codec.new_event(position, at, tag, data)
    line = codec.encode_line(event)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert codec.decode_line(line[:-1], where="here") == event


@given(st.text(st.characters(codec=None)))
def test_a_line_is_json_in_any_reader(said: str):
    event = an_event(3, payload=said)
    line = json.loads(codec.encode_line(event))
    assert list(line) == ["n", "t", "type", "c", "s", "d"]
    assert (line["n"], line["t"], line["type"]) == (3, event.recorded_at, event.type)


@given(TAGS, PAYLOADS)
def test_a_withheld_line_is_the_beginning_of_the_whole_one_and_a_brace(tag: str, data: bytes):
    event = codec.new_event(1, 2, tag, data)
    withheld = codec.withheld_line(event)
    assert codec.encode_line(event).startswith(withheld[:-1] + b",")
    assert withheld.endswith(b"}")


def test_withholding_a_payload_leaves_its_leaf_as_it_was():
    event = an_event(3)
    withheld = an_event(3, withheld=True)
    withheld = evolve(withheld, commitment=event.commitment)
    assert codec.encode_line(withheld) == codec.withheld_line(event) + b"\n"
    assert codec.decode_line(codec.withheld_line(event), where="here") == withheld


def test_a_commitment_can_be_checked_with_hashlib_alone():
    line = codec.encode_line(an_event(3, payload={"said": "}é\u2028}"}))
    head, _, payload = line.partition(b',"d":')
    salt, commitment = re.findall(rb'"(?:s|c)":"([0-9a-f]+)"', head)[::-1]
    assert hashlib.sha256(salt + payload[: -len(b"}\n")]).hexdigest() == commitment.decode()


def test_each_event_has_a_salt_of_its_own():
    first, second = an_event(0), an_event(0)
    assert first.data == second.data
    assert first.salt != second.salt
    assert first.commitment != second.commitment


def test_the_example_is_a_line():
    assert codec.decode_line(LINE, where="here") == EVENT


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_line_is_refused(name: str):
    assert MALFORMED[name] not in (LINE, WITHHELD)
    with pytest.raises(LogFormatError) as caught:
        codec.decode_line(MALFORMED[name], where="log.jsonl, line 4")
    assert caught.value.where == "log.jsonl, line 4"


def test_a_refusal_quotes_nothing_of_the_line():
    with pytest.raises(LogFormatError) as caught:
        codec.decode_line(b"Swordfish", where="here")
    assert "Sword" not in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff", b'"\xed\xa0\x80"', b"{", b"1}2", b" 1", b"NaN"])
def test_a_payload_is_looked_at_only_when_it_is_asked_for(data: bytes):
    event = codec.decode_line(codec.encode_line(evolve(EVENT, data=data))[:-1], where="here")
    assert event.data == data
    if data == b" 1":
        assert event.payload == 1
    else:
        for ask in (lambda: event.payload, lambda: event.plain_payload):
            with pytest.raises(LogFormatError) as caught:
                ask()
            assert caught.value.where == "event 7 (said.so_1)"
            assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Said"},
        {"type": "said\n"},
        {"type": ""},
        {"type": "ſaid"},
        {"position": -1},
        {"position": 10**19},
        {"recorded_at": -1},
        {"commitment": "C" * 64},
        {"commitment": ""},
        {"commitment": 'c","d":1}' + "c" * 55},
        {"commitment": "é" * 64},
        {"salt": "5" * 31},
        {"salt": "é" * 32},
        {"salt": None},
        {"data": None},
        {"data": b""},
        {"data": b"1\n"},
        {"blob": b"1"},
    ],
    ids=repr,
)
def test_an_event_that_could_not_be_read_back_is_not_written(wrong: dict[str, Any]):
    with pytest.raises(InvalidEventError):
        codec.encode_line(evolve(EVENT, **wrong))


# -- blobs -------------------------------------------------------------------------------------


def test_the_largest_payload_of_a_line_stands_in_it():
    event = codec.new_event(0, 0, "a", b"1" * codec.MAX_INLINE_BYTES)
    assert (event.blob, codec.blob_digest(event)) == (None, None)


def test_a_larger_payload_becomes_a_blob_that_the_line_commits_to():
    content = b'"%b"' % (b"1" * codec.MAX_INLINE_BYTES)
    event = codec.new_event(0, 0, "a", content)
    digest = hashlib.sha256(content).hexdigest()
    assert event.data == b'{"$blob":"%b","bytes":%d}' % (digest.encode(), len(content))
    assert event.commitment == codec.commit(event.salt or "", event.data)
    assert codec.blob_digest(event) == digest
    assert event.blob == content
    assert len(event.payload) == codec.MAX_INLINE_BYTES


def test_what_an_application_says_cannot_pass_for_a_blob():
    event = an_event(payload={"$blob": "0" * 64, "bytes": 5})
    assert codec.blob_digest(event) is None
    assert event.payload == {"$blob": "0" * 64, "bytes": 5}


def test_a_withheld_event_has_no_blob():
    assert codec.blob_digest(an_event(withheld=True)) is None


# -- Earwitness's own events -------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        [],
        {},
        {"sink": "a"},
        {"sink": 1, "error": "b"},
        {"sink": None, "error": "b"},
        {"sink": ["a"], "error": "b"},
    ],
    ids=repr,
)
def test_an_own_event_with_another_payload_is_refused(payload: Any):
    event = codec.new_event(4, 0, SinkFailed.TAG, values.encode(payload))
    with pytest.raises(LogFormatError) as caught:
        codec.load(event, SinkFailed)
    assert caught.value.where == "event 4 (sink_failed)"
    assert "SinkFailed" in caught.value.expected


def test_members_that_a_later_version_added_are_passed_over():
    event = an_event(0, SinkFailed.TAG, {"sink": "a", "error": "b", "later": 1})
    assert codec.load(event, SinkFailed) == SinkFailed(sink="a", error="b")


def test_an_event_of_another_type_is_refused():
    with pytest.raises(LogFormatError):
        codec.load(an_event(0), SinkFailed)


@pytest.mark.parametrize("version", [0, 2, "1", None, "swordfish" * 20])
def test_another_format_is_refused(version: Any):
    opened = an_event(0, RecordingOpened.TAG, {"format": version})
    with pytest.raises(UnsupportedFormatError) as caught:
        codec.check_format(opened, where="log.jsonl")
    assert caught.value.where == "log.jsonl"
    assert len(caught.value.got) <= 40


@pytest.mark.parametrize("payload", [5, [], {}])
def test_a_log_that_does_not_tell_its_format_is_refused(payload: Any):
    with pytest.raises(UnsupportedFormatError):
        codec.check_format(an_event(0, RecordingOpened.TAG, payload), where="log.jsonl")


def test_the_format_of_a_withheld_opening_is_not_asked_for():
    codec.check_format(an_event(0, RecordingOpened.TAG, withheld=True), where="log.jsonl")
