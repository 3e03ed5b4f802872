"""What a policy names is not left, whatever the event, and no event is lost for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import InMemoryEventStore, Policy, PolicyError, SessionRecorder, values
from earwitness.events import Event
from earwitness.privacy.detectors import Context, Finding, PaymentCards
from earwitness.privacy.forms import FIELDS, SAID
from earwitness.privacy.paths import TABLE
from earwitness.privacy.presets import find_policy
from earwitness.privacy.redaction import Redactor
from tests.unit.facts import added, call, message, opened, output, tools

SECRET = "periwinkle"
ACTIONS = ("keep", "detect", "withhold", "pseudonymise")


@attrs.frozen
class Words:
    """Finds one word, and does what else it is told to."""

    word: str = SECRET
    name: str = "words"

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        start = text.find(self.word)
        while start >= 0:
            yield Finding(start, start + len(self.word), "word", value=self.word)
            start = text.find(self.word, start + 1)


class Raises(Words):
    def find(self, text: str, context: Context) -> Iterator[Finding]:
        raise RuntimeError(text)


def pseudonym(kind: str, value: str) -> str:
    return "7f3a"


def redact(policy: Policy, type: str, payload: Any, **settings: Any) -> Any:
    redacted = Redactor(policy, pseudonym=pseudonym, **settings).redact(
        type, json.dumps(payload).encode()
    )
    return json.loads(redacted.content)


# -- by example ------------------------------------------------------------------------------------


def heard(text: str, *, final: bool = True) -> tuple[str, dict[str, Any]]:
    type = "user_input_transcribed"
    return type, {"type": type, "transcript": text, "is_final": final, "speaker_id": "anna"}


def test_what_is_found_is_replaced_by_its_kind_and_counted() -> None:
    payload = redact(Policy(detectors=(Words(),)), *heard(f"a {SECRET} and a {SECRET}"))
    assert payload["transcript"] == "a [word] and a [word]"
    assert payload["$redacted"] == {"replaced": {"word": 2}}


def test_what_is_found_is_replaced_by_a_pseudonym_if_the_policy_says_so() -> None:
    payload = redact(Policy(detectors=(Words(),), pseudonyms=True), *heard(SECRET))
    assert payload["transcript"] == "[word:7f3a]"


def test_each_field_is_treated_as_its_policy_says() -> None:
    policy = Policy(
        fields={"transcripts": "withhold", "identities": "pseudonymise"}, otherwise="keep"
    )
    payload = redact(policy, *heard("Hello"))
    assert payload["transcript"] == "[withheld]"
    assert payload["speaker_id"] == "[identity:7f3a]"
    assert payload["$redacted"] == {"replaced": {"identity": 1}, "withheld": {"policy": 1}}


def test_what_should_get_a_pseudonym_is_withheld_where_there_is_no_key() -> None:
    redactor = Redactor(Policy(fields={"identities": "pseudonymise"}))
    redacted = redactor.redact("user_input_transcribed", json.dumps(heard("Hello")[1]).encode())
    assert b"anna" not in redacted.content


def test_an_event_in_which_nothing_is_found_is_written_byte_for_byte() -> None:
    content = b'{ "transcript" : "Hello",  "is_final": true, "more": 1.50 }'
    redacted = Redactor(Policy(detectors=(Words(),))).redact("user_input_transcribed", content)
    assert redacted.content is content
    assert (dict(redacted.replaced), dict(redacted.withheld)) == ({}, {})


@pytest.mark.parametrize("preset", ["pci", "gdpr-minimal"])
def test_what_is_harmless_stays_as_it_was(preset: str) -> None:
    """Numbers of guests, times, prices and words: a policy that takes them too is of no use."""
    pytest.importorskip("stdnum")
    fact = tools((call("c", "book"), output("c")))
    fact[1]["function_calls"][0]["arguments"] = '{"guests": 4, "time": "20:00", "name": "Ada"}'
    fact[1]["function_call_outputs"][0]["output"] = "{'table': 12, 'price': 49.5, 'free': True}"
    content = json.dumps(fact[1]).encode()
    policy = find_policy(preset)
    assert policy is not None
    assert Redactor(policy, pseudonym=pseudonym).redact(fact[0], content).content is content
    said = added(message("m", "user", "A table for two on Friday at half past seven, please"))
    content = json.dumps(said[1]).encode()
    assert Redactor(policy, pseudonym=pseudonym).redact(said[0], content).content is content


def test_a_text_whose_detector_raises_is_withheld() -> None:
    payload = redact(Policy(detectors=(Raises(),)), *heard(SECRET))
    assert payload["transcript"] == "[withheld]"
    assert payload["$redacted"]["withheld"]["failed"] >= 1


def test_what_slow_detectors_do_not_come_to_is_withheld() -> None:
    """The first text took too long, and no other is looked at."""
    ticks = iter(range(1000))
    fact = tools((call("c", "look"), output("c")))
    fact[1]["function_calls"][0]["arguments"] = '{"a": "b", "c": "d"}'
    payload = redact(
        Policy(detectors=(Words(),), budget_ms=1500), *fact, clock=lambda: float(next(ticks))
    )
    assert payload["$redacted"]["withheld"]["slow"] >= 2
    assert payload["function_call_outputs"][0]["output"] == "[withheld]"


def test_a_text_that_is_too_long_for_detectors_is_withheld() -> None:
    payload = redact(Policy(detectors=(Words(),), longest=10), *heard("a" * 11))
    assert payload["$redacted"] == {"withheld": {"long": 1}}


def test_a_payload_that_is_no_json_is_withheld() -> None:
    redacted = Redactor(Policy(detectors=(Words(),))).redact("close", b"{periwinkle")
    assert values.decode_plain(redacted.content) == {
        "$redacted": {"withheld": {"failed": 1}},
        "$payload": "[withheld]",
    }


@pytest.mark.parametrize("payload", [[SECRET], SECRET, {"$repr": SECRET, "$type": "x"}, 3, None])
def test_a_payload_that_is_no_object_is_written_in_one(payload: Any) -> None:
    written = redact(Policy(otherwise="withhold"), "custom", payload)
    assert SECRET not in str(written)
    assert values.unmarked(written) == (payload if payload is None else values.unmarked(written))


def test_members_and_types_that_the_table_does_not_know_are_content() -> None:
    policy = Policy(detectors=(Words(),))
    type, payload = heard("Hello")
    assert SECRET not in str(redact(policy, type, payload | {"later": {SECRET: [SECRET]}}))
    assert SECRET not in str(redact(policy, "of_2030", {"type": SECRET, SECRET: {"a": SECRET}}))


def test_two_names_that_become_one_both_stay() -> None:
    policy = Policy(detectors=(Words("red"), Words("blue")))
    payload = redact(policy, "colours", {"red": 1, "blue": 2})
    assert [value for name, value in payload.items() if name != "$redacted"] == [1, 2]


def test_the_words_of_a_message_are_found_again_where_its_breaths_had_them() -> None:
    """What was said in a breath is not told by the message that the breaths became."""

    class After(Words):
        def find(self, text: str, context: Context) -> Iterator[Finding]:
            if context.tail.endswith("card"):
                yield Finding(0, len(text), "digits")

    redactor = Redactor(Policy(detectors=(After(),)))

    def written(fact: Any) -> Any:
        return json.loads(redactor.redact(fact[0], json.dumps(fact[1]).encode()).content)

    written(heard("my card"))
    assert written(heard("four"))["transcript"] == "[digits]"
    told = written(added(message("m", "user", "my card four")))
    assert told["item"]["content"] == ["my card [digits]"]


def test_a_policy_names_only_what_exists() -> None:
    with pytest.raises(PolicyError):
        Policy(fields={"transcript": "keep"})
    with pytest.raises(PolicyError):
        Policy(otherwise="forget")  # type: ignore[arg-type]
    with pytest.raises(PolicyError):
        find_policy("pcidss")


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_withdrawal": "forget"},
        {"content_after": "now"},
        {"detectors": ("cards",)},
        {"detectors": (PaymentCards,)},
    ],
    ids=str,
)
def test_a_policy_that_would_silently_keep_what_it_should_not_is_none(wrong: Any) -> None:
    with pytest.raises(PolicyError):
        Policy(**wrong)


def test_without_a_policy_nothing_is_added_to_a_recording() -> None:
    """The payloads are the bytes that came, and no event says anything of a policy."""
    recorder = SessionRecorder(InMemoryEventStore(), opened(), audit=False)
    contents = [b'{ "a":1}', b'{"$redacted":1}', b"[1.50]"]
    for content in contents:
        recorder.record("custom", content)
    recorder.close("over").result()
    events = list(recorder.store.read(recorder.session_id))
    assert [event.data for event in events[1:4]] == contents
    assert [event.type for event in events] == ["recording_opened"] + ["custom"] * 3 + [
        "recording_closed"
    ]


def test_what_a_policy_is_stands_in_the_log_whatever_it_withholds() -> None:
    policy = Policy(name="keep nothing", otherwise="withhold", detectors=(Words(name="two words"),))
    redactor = Redactor(policy)
    recorder = SessionRecorder(InMemoryEventStore(), opened(), audit=False, redactor=redactor)
    recorder.close("over").result()
    adopted = list(recorder.store.read(recorder.session_id))[1]
    assert adopted.type == "policy_adopted"
    assert adopted.payload["name"] == "keep nothing"
    assert adopted.payload["detectors"] == ["two words"]
    assert adopted.payload["fields"] == dict.fromkeys(FIELDS, "withhold")


def test_an_event_stays_when_a_signal_handler_interrupts_its_redaction() -> None:
    """What it said does not."""

    class Interrupted(Words):
        def find(self, text: str, context: Context) -> Iterator[Finding]:
            raise KeyboardInterrupt

    redactor = Redactor(Policy(detectors=(Interrupted(),)))
    recorder = SessionRecorder(InMemoryEventStore(), opened(), audit=False, redactor=redactor)
    with pytest.raises(KeyboardInterrupt):
        recorder.record(heard("x")[0], json.dumps(heard(SECRET)[1]).encode())
    [event] = [e for e in recorder.store.read(recorder.session_id) if e.type == heard("")[0]]
    assert SECRET not in str(event.payload)
    recorder._redactor = None
    recorder.close("over").result()


# -- by chance -------------------------------------------------------------------------------------

texts = st.one_of(
    st.just(SECRET),
    st.text(max_size=20),
    st.text(max_size=5).map(lambda text: f"{text} {SECRET}{text}"),
    st.just(json.dumps({"deep": [SECRET, {SECRET: 1}]})),
    st.just(str({"deep": (SECRET,)})),
)
scalars = st.one_of(
    texts, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)
MEMBERS = sorted(
    {
        *("type", "item", "id", "role", "content", "transcript", "is_final", "arguments", "name"),
        *("function_calls", "function_call_outputs", "output", "call_id", "update", "message"),
        *("payload", "report", "error", "source", "metrics", "extra", "speaker_id", "room", "path"),
    }
)
shaped = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(MEMBERS), texts), inner, max_size=6),
    ),
    max_leaves=30,
)
tags = st.one_of(st.sampled_from(sorted(TABLE)), st.from_regex(r"[a-z0-9_.]{1,20}", fullmatch=True))
policies = st.builds(
    Policy,
    fields=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ACTIONS)),
    otherwise=st.sampled_from(ACTIONS),
    detectors=st.sampled_from([(), (Words(),), (Raises(),), (Words(), Raises())]),
    pseudonyms=st.booleans(),
    keypad=st.booleans(),
)


@given(policies, st.lists(st.tuples(tags, st.one_of(trees, shaped)), max_size=8), st.data())
def test_no_policy_loses_an_event_or_raises(policy: Policy, facts: Any, data: Any) -> None:
    """Whatever is emitted, paused or not, in its place stands an event that can be read."""
    redactor = Redactor(policy, pseudonym=pseudonym)
    recorder = SessionRecorder(InMemoryEventStore(), opened(), audit=False, redactor=redactor)
    before = len(list(recorder.store.read(recorder.session_id)))
    recorded = 0
    for type, payload in facts:
        if data.draw(st.booleans()):
            (recorder.pause if data.draw(st.booleans()) else recorder.resume)()
        recorder.record(type, values.encode_plain(payload))
        recorded += 1
    recorder.close("over").result()
    events = list(recorder.store.read(recorder.session_id))
    own = {"recording_paused", "recording_resumed"}
    ours = [
        event for event in events[before:-1] if event.type not in own or is_emitted(event, facts)
    ]
    assert len(events) >= before + recorded + 1
    assert len(ours) >= recorded
    assert all(event.payload is not ... for event in events)


def is_emitted(event: Event, facts: Any) -> bool:
    return event.type in {type for type, _ in facts}


@given(
    st.fixed_dictionaries({name: st.sampled_from(["detect", "withhold"]) for name in FIELDS}),
    tags,
    st.one_of(trees, shaped),
)
def test_a_word_that_is_looked_for_is_left_in_no_field(fields: Any, tag: str, tree: Any) -> None:
    """In no member, no name of a member, no JSON inside of a text, of a type known or not."""
    policy = Policy(fields=fields, detectors=(Words(),))
    content = values.encode_plain({"known": SECRET, "tree": tree} if tag == "x" else tree)
    redacted = Redactor(policy, pseudonym=pseudonym).redact(tag, content)
    for text in structure_free(values.decode_plain(redacted.content)):
        assert SECRET not in text


def structure_free(value: Any) -> Iterator[str]:
    """The texts of a payload that are longer than a name: a word alone may be one."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name if name != SECRET else ""
            yield from structure_free(member)
    elif isinstance(value, list):
        for item in value:
            yield from structure_free(item)
    elif isinstance(value, str) and value != SECRET:
        yield value


@given(tags, st.one_of(trees, shaped))
def test_in_a_pause_no_field_that_may_hold_words_is_left(tag: str, tree: Any) -> None:
    redactor = Redactor()
    redactor.stillness.hold("paused")
    redacted = redactor.redact(tag, values.encode_plain(tree))
    for text in structure_free(values.decode_plain(redacted.content)):
        assert f" {SECRET}" not in text


def test_the_fields_that_a_pause_leaves_say_nothing_of_the_conversation() -> None:
    assert set(FIELDS) - SAID == {"identities", "rooms", "paths", "notes"}
