"""What is erased is gone from every file, and all that is left is proven as before."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import earwitness
from earwitness import (
    Erasure,
    JournalEventStore,
    LogError,
    SessionNotClosedError,
    SessionNotFoundError,
    SigningKeyError,
    StoreError,
)
from earwitness.codec import dump as dumped
from earwitness.codec import encode_line, new_event, withheld_line
from earwitness.custody.searching import sessions_naming
from earwitness.events import PayloadErased
from earwitness.evidence import prove, verify_evidence
from earwitness.keys import generate
from earwitness.privacy.pseudonyms import find_pseudonyms
from earwitness.projections.history import fold_history
from earwitness.projections.transcript import fold_transcript
from earwitness.recovery import recover_session
from earwitness.sealing import CHECKPOINT_NAME
from earwitness.verify import Quorum, TreeHead
from earwitness.witnessing.sessions import countersign
from earwitness.witnessing.witness import Witness
from tests.faults.disks import FailingDisk
from tests.livekit.recording import recorded
from tests.privacy.sessions import (
    AUDIO,
    CARD,
    GREETING,
    IDENTITY,
    REPLY,
    SIGNER,
    STORY,
    WISH,
    Call,
    a_call,
    begin,
    contents,
    new_store,
    places_of,
    say,
    say_it,
    secrets_of,
    small_lines,
)

ASKED = {"reason": "request 12", "actor": "dpo"}


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return a_call(new_store(tmp_path / "store"))


def erase(call: Call, **what: Any) -> Erasure:
    return earwitness.erase(call.store, call.session_id, **ASKED | what)


def said(call: Call, text: str) -> int:
    """The position of the message with a text."""
    for event in call.events:
        if event.type == "conversation_item_added" and text in json.dumps(
            event.payload, ensure_ascii=False
        ):
            return event.position
    raise AssertionError(text)


def check_sound(call: Call, erased: int) -> None:
    found = call.verify()
    assert (found.findings, found.unread, found.unchecked, found.left) == ([], [], [], [])
    assert (found.erased, found.withheld, found.after_checkpoint) == (erased, erased, 0)


# What goes


def test_no_byte_of_a_payload_or_its_salt_is_left_in_any_file(call: Call) -> None:
    before = call.events
    erasure = erase(call, events=[said(call, CARD)])
    gone = {payload.position for payload in erasure.payloads}
    for secret in secrets_of([event for event in before if event.position in gone]):
        assert places_of(call.store.root, secret) == []
    assert places_of(call.store.root, CARD) == []
    assert places_of(call.store.root, "4111 1111") == []
    check_sound(call, len(gone))


def test_an_utterance_goes_with_every_copy_of_it(call: Call) -> None:
    """Its transcripts, what amended it, what was changed in the history, what repeats it."""
    erasure = erase(call, events=[said(call, CARD)], dry_run=True)
    assert {payload.type: payload.why for payload in erasure.payloads} == {
        "user_input_transcribed": f"holds what event {said(call, CARD)} holds",
        "conversation_item_added": "asked for",
        "history_item_changed": f"holds what event {said(call, CARD)} holds",
        "crm.noted": f"repeats words of event {said(call, CARD) - 1}",
        "error": f"repeats words of event {said(call, CARD) - 1}",
        "recording_closed": "a digest of the chat history",
    }


@pytest.mark.parametrize("copy", [0, 1])
def test_whichever_copy_is_named_all_of_them_go(call: Call, copy: int) -> None:
    erase(call, events=[call.positions("user_input_transcribed")[copy]])
    assert places_of(call.store.root, "Schöneberg") == []
    assert places_of(call.store.root, CARD) != []


def test_a_tool_goes_with_all_that_is_told_of_its_call(call: Call) -> None:
    erasure = erase(call, events=call.positions("event_amended"))
    assert [payload.type for payload in erasure.payloads] == [
        "tool_execution_updated",
        "function_tools_executed",
        "event_amended",
        "recording_closed",
    ]


def test_what_a_party_said_goes_with_the_audio_and_the_other_party_stays(call: Call) -> None:
    erasure = erase(call, party="user")
    for words in (WISH, CARD, STORY.strip(), AUDIO[:40]):
        assert places_of(call.store.root, words) == []
    assert [file.file for file in erasure.files if "/" not in file.file] == ["audio.ogg"]
    assert [each.text for each in fold_transcript(call.events)] == [GREETING, REPLY]
    check_sound(call, len(erasure.payloads))


def test_what_the_agent_said_goes_alone(call: Call) -> None:
    erase(call, party="agent")
    assert places_of(call.store.root, REPLY) == []
    assert [each.text for each in fold_transcript(call.events)] == [WISH, CARD, STORY]


def test_the_audio_goes_alone(call: Call) -> None:
    erasure = erase(call, audio=True)
    assert [(file.file, file.bytes) for file in erasure.files] == [("audio.ogg", len(AUDIO))]
    assert erasure.payloads == ()
    assert places_of(call.store.root, AUDIO[:40]) == []
    check_sound(call, 0)


def test_a_person_goes_with_every_event_that_names_them(call: Call) -> None:
    erase(call, subject=IDENTITY)
    for words in (IDENTITY, WISH, CARD, AUDIO[:40]):
        assert places_of(call.store.root, words) == []
    assert [each.text for each in fold_transcript(call.events)] == [GREETING, REPLY]
    assert call.verify().findings == []


def test_a_session_that_does_not_name_the_person_is_left_alone(call: Call) -> None:
    before = contents(call.folder)
    assert erase(call, subject=f"{IDENTITY}7").empty
    assert contents(call.folder) == before


def test_the_sessions_of_a_person_are_found(tmp_path: Path) -> None:
    """By their words as a whole, and with those that nobody can read."""
    store = new_store(tmp_path / "store")
    for session_id, room in (("theirs", f"room {IDENTITY}"), ("other", f"room {IDENTITY}99")):
        a_call(store, session_id, room=room)
    damaged = a_call(store, "damaged", room="nobody's")
    (damaged.folder / "log.jsonl").write_bytes(b"nonsense\n")
    found = dict(sessions_naming(store, IDENTITY))
    assert set(found) == {"theirs", "damaged"}
    assert found["theirs"] is None
    assert isinstance(found["damaged"], LogError)


def test_a_person_is_found_by_their_pseudonym(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    name = find_pseudonyms(store.root / "keys").of("identity", IDENTITY)
    a_call(store, "theirs", room=f"[identity:{name}]")
    a_call(store, "other", room="[identity:00000000]")
    assert dict(sessions_naming(store, IDENTITY)) == {"theirs": None}
    erase(Call(store, "theirs"), subject=IDENTITY)
    assert places_of(store.folder("theirs"), name) == []
    assert places_of(store.folder("theirs"), CARD) == []


def test_what_still_names_the_person_is_said(tmp_path: Path) -> None:
    call = a_call(new_store(tmp_path / "store"), f"call with {IDENTITY}")
    [sentence] = erase(call, subject=IDENTITY, dry_run=True).remains
    assert sentence.startswith("The session's id names the person.")


def test_the_reason_may_not_name_the_person(call: Call) -> None:
    with pytest.raises(StoreError, match="The reason names the person"):
        erase(call, subject=IDENTITY, reason=f"a letter of {IDENTITY}")


def test_a_blob_stays_as_long_as_an_event_refers_to_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    recorder = begin(store, "call")
    with small_lines():
        for _ in range(2):  # the same bytes, of an event that is nobody's copy
            say(recorder, "overlapping_speech", note=STORY)
    recorder.close("done").result()
    call = Call(store, "call")
    first, second = call.positions("overlapping_speech")
    erase(call, events=[first])
    assert len(list((call.folder / "blobs").iterdir())) == 1
    check_sound(call, 1)
    erase(call, events=[second])
    assert list((call.folder / "blobs").iterdir()) == []
    check_sound(call, 2)


def test_unfinished_lines_go_with_any_payload(tmp_path: Path) -> None:
    """Nobody can tell what they were about to say."""
    call = a_recovered_call(tmp_path)
    [torn] = call.folder.glob("torn-*")
    assert CARD.encode() in torn.read_bytes()
    erasure = erase(call, events=[said(call, WISH)])
    assert torn.name in {file.file for file in erasure.files}
    assert places_of(call.store.root, CARD) == []
    assert call.verify().findings == []


def test_files_that_a_recorder_left_half_written_go(call: Call) -> None:
    names = (".log.jsonl.0a1b2c3d.new", ".report.json.0a1b2c3d.tmp", ".audio.ogg.0a1b2c3d.tmp")
    for name in names:
        (call.folder / name).write_text(CARD)
    (call.folder / ".checkpoint.cosigned.lock").write_bytes(b"")
    erase(call, events=[said(call, CARD)])
    assert places_of(call.store.root, CARD) == []
    assert (call.folder / ".checkpoint.cosigned.lock").exists()


def test_what_was_derived_from_the_logs_goes(call: Call) -> None:
    index = call.store.root / ".index"
    index.mkdir()
    for name in ("catalogue.sqlite", "catalogue.sqlite-wal"):
        (index / name).write_text(CARD)
    erase(call, audio=True, events=[said(call, CARD)])
    assert places_of(call.store.root, CARD) == []


def test_a_session_that_another_key_sealed_is_sealed_with_that(call: Call) -> None:
    plain = Call(JournalEventStore(call.store.root), "call")
    erase(plain, party="user", signer=SIGNER)
    assert call.verify().findings == []
    assert not (call.store.root / "keys").exists()


def test_a_copy_that_cannot_be_sealed_is_left_alone(call: Call) -> None:
    before = contents(call.store.root)
    with pytest.raises(SigningKeyError, match="no key to sign with"):
        erase(Call(JournalEventStore(call.store.root), "call"), party="user")
    assert contents(call.store.root) == before


def test_the_digest_of_the_history_goes_with_the_history(call: Call) -> None:
    """It has no salt: who knows the rest of a conversation could try a word."""
    digest = call.events[-1].payload["history_sha256"]
    erase(call, events=[said(call, GREETING)])
    assert places_of(call.store.root, digest) == []


async def test_a_real_session_forgets_its_user(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    play = await recorded("failing_tool", store)
    await play.recorder.finalize()
    call = Call(store, play.recorder.session_id)
    spoken = [each.text for each in fold_transcript(call.events) if each.speaker == "user"]
    assert spoken
    erase(call, party="user")
    assert [places_of(store.root, words) for words in spoken] == [[]] * len(spoken)
    assert call.verify().findings == []


# What stays


def test_the_log_tells_what_was_erased_and_never_what_it_said(call: Call) -> None:
    wished = said(call, WISH)
    erasure = erase(call, events=[wished], audio=True)
    told = call.events[-1]
    assert (told.type, told.position) == ("payload_erased", erasure.position)
    payload = told.payload
    assert payload["positions"] == [each.position for each in erasure.payloads]
    assert sum(payload["kinds"].values()) == len(payload["positions"])
    [file] = payload["files"]
    assert (file["file"], file["bytes"]) == ("audio.ogg", len(AUDIO))
    assert (payload["reason"], payload["actor"]) == ("request 12", "dpo")


def test_every_leaf_and_every_other_line_stays_as_it_was(call: Call) -> None:
    before, lines = call.events, call.lines
    erasure = erase(call, party="user")
    gone = {payload.position for payload in erasure.payloads}
    expected = [
        withheld_line(event) if event.position in gone else line
        for event, line in zip(before, lines, strict=True)
    ]
    assert call.lines[:-1] == expected


def test_earlier_evidence_and_checkpoints_still_hold(call: Call) -> None:
    position = said(call, REPLY)
    evidence = [prove(call.store, "call", n) for n in (position, said(call, CARD))]
    head = call.verify()
    published = TreeHead(head.sealed, root_of(call))
    erase(call, events=[said(call, CARD)])
    for each in evidence:
        assert verify_evidence(each, [SIGNER.verifier]).size == head.sealed
    assert call.verify(published=[published]).findings == []
    assert not verify_evidence(
        prove(call.store, "call", position), [SIGNER.verifier]
    ).event.withheld


def test_an_erased_event_can_still_be_proven_to_have_been_there(call: Call) -> None:
    position = said(call, CARD)
    erase(call, events=[position])
    evidence = verify_evidence(prove(call.store, "call", position), [SIGNER.verifier])
    assert evidence.event.withheld
    assert CARD.encode() not in prove(call.store, "call", position)


def test_the_report_is_folded_from_what_remains(call: Call) -> None:
    erase(call, party="user")
    report = (call.folder / "report.json").read_bytes()
    assert report == call.store.report("call").to_json()
    assert json.loads(report)["chat_history"] == fold_history(call.events)
    assert REPLY.encode() in report


def test_erasing_again_adds_to_what_was_erased(call: Call) -> None:
    first = erase(call, events=[said(call, CARD)])
    second = erase(call, events=[said(call, WISH)])
    assert second.position == (first.position or 0) + 1
    check_sound(call, len(first.payloads) + len(second.payloads))
    before = contents(call.store.root)
    assert erase(call, events=[payload.position for payload in second.payloads]).empty
    assert contents(call.store.root) == before


def test_a_dry_run_changes_nothing_and_lists_what_goes(call: Call) -> None:
    before = contents(call.store.root)
    plan = erase(call, party="user", dry_run=True)
    assert contents(call.store.root) == before
    done = erase(call, party="user")
    assert (done.payloads, done.files) == (plan.payloads, plan.files)
    assert (plan.position, done.position) == (None, len(call.events) - 1)


def test_audio_that_stays_is_said(call: Call) -> None:
    [sentence] = erase(call, events=[said(call, CARD)], dry_run=True).remains
    assert sentence == "audio.ogg stays: the voices are still in it."


@settings(max_examples=25)
@given(data=st.data())
def test_whatever_is_erased_the_rest_is_sound(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        call = a_call(new_store(Path(folder) / "store"))
        before = call.events
        some = st.sets(st.integers(0, len(before) - 1), min_size=1)
        gone: set[int] = set()
        for positions in data.draw(st.lists(some, min_size=1, max_size=3)):
            erasure = erase(call, events=positions, audio=data.draw(st.booleans()))
            gone |= {payload.position for payload in erasure.payloads}
            assert positions <= gone
        found = call.verify()
        assert (found.findings, found.erased) == ([], len(gone))
        for event in call.events[: len(before)]:
            assert event.withheld == (event.position in gone)
        kept = b"".join(encode_line(e) for e in before if e.position not in gone)
        for secret in secrets_of([event for event in before if event.position in gone]):
            if secret not in kept:
                assert places_of(call.store.root, secret) == []


# What is refused


def test_a_live_session_is_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    recorder = begin(store, "call")
    say_it(recorder, "item_1", "user", CARD)
    with pytest.raises(SessionNotClosedError) as refused:
        erase(Call(store, "call"), party="user")
    assert refused.value.got == "live"
    recorder.close("done").result()
    assert not erase(Call(store, "call"), party="user").empty


def test_an_interrupted_session_is_recovered_first(tmp_path: Path) -> None:
    call = a_recovered_call(tmp_path, recover=False)
    before = contents(call.folder)
    with pytest.raises(SessionNotClosedError, match="interrupted"):
        erase(call, party="user")
    assert contents(call.folder) == before


def test_a_session_that_is_held_by_somebody_is_refused(call: Call) -> None:
    other = new_store(call.store.root)
    other.take_over("call")
    with pytest.raises(SessionNotClosedError, match="live"):
        erase(call, party="user")
    other.release("call")
    assert not erase(call, party="user").empty


def test_a_log_that_was_changed_is_left_as_it_is(call: Call) -> None:
    log = call.folder / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"4111", b"4112"))
    before = contents(call.folder)
    with pytest.raises(LogError, match="not what its event committed to"):
        erase(call, party="user")
    assert contents(call.folder) == before


def test_what_tells_of_an_erasure_cannot_be_erased(call: Call) -> None:
    position = erase(call, audio=True).position
    assert position is not None
    with pytest.raises(StoreError, match="cannot be erased"):
        erase(call, events=[position])


def test_events_that_do_not_exist_are_refused(call: Call) -> None:
    with pytest.raises(StoreError, match="no such event"):
        erase(call, events=[len(call.events)])
    with pytest.raises(SessionNotFoundError):
        erase(Call(call.store, "nobody"), audio=True)


@pytest.mark.parametrize(
    "what", [{}, {"party": "cook"}, {"subject": " "}, {"audio": True, "reason": " "}]
)
def test_what_makes_no_sense_is_refused(call: Call, what: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|say what"):
        erase(call, **what)


# What verification says


def test_a_file_that_was_erased_is_not_missed_and_one_that_is_back_is_told(call: Call) -> None:
    erase(call, audio=True)
    assert call.verify().left == []
    (call.folder / "audio.ogg").write_bytes(b"another")
    found = call.verify()
    assert (found.findings, found.left) == ([], ["audio.ogg"])


def test_only_a_sealed_erasure_excuses_what_is_missing(call: Call) -> None:
    """Anybody who can write to the files could add a line at their end."""
    event = call.events[4]
    fact = PayloadErased(
        positions=[event.position], kinds={}, files=[], reason="because", actor="somebody"
    )
    told = new_event(len(call.lines), 1, *dumped(fact))
    lines = [*call.lines, encode_line(told).rstrip(b"\n")]
    lines[event.position] = withheld_line(event)
    (call.folder / "log.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    (call.folder / "audio.ogg").unlink()
    found = call.verify()
    assert [finding.rule for finding in found.findings] == ["audio"]
    assert (found.erased, found.withheld, found.after_checkpoint) == (0, 1, 1)
    assert found.unchecked == ["report.json: an erasure is not finished"]


def test_a_payload_that_is_put_back_is_found(call: Call) -> None:
    position = said(call, GREETING)
    line = call.lines[position]
    erase(call, events=[position])
    lines = call.lines
    lines[position] = line
    (call.folder / "log.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    rules = {finding.rule: finding.event for finding in call.verify().findings}
    assert rules["erased"] == position


def test_a_report_that_tells_more_than_the_log_is_found(call: Call) -> None:
    report = call.folder / "report.json"
    before = report.read_bytes()
    erase(call, party="user")
    report.write_bytes(before)
    assert [finding.rule for finding in call.verify().findings] == ["report"]


def test_a_payload_that_is_missing_without_a_word_is_withheld_and_not_erased(call: Call) -> None:
    erase(call, events=[said(call, CARD)])
    lines, event = call.lines, call.events[1]
    lines[1] = withheld_line(event)
    (call.folder / "log.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    found = call.verify()
    assert found.withheld == found.erased + 1
    assert found.unchecked == ["report.json: payloads are withheld"]


# A disk that fails, and others at the same time


@pytest.mark.parametrize("call_that_fails", ["write", "rename", "fsync", "unlink"])
def test_a_disk_that_fails_leaves_the_old_state_or_the_new(
    call: Call, call_that_fails: str
) -> None:
    disk = FailingDisk(errno.EIO, call_that_fails)
    broken = Call(new_store(call.store.root, disk=disk), "call")
    disk.broken = True
    with pytest.raises(OSError, match="Input/output error"):
        erase(broken, party="user")
    disk.broken = False
    found = call.verify()
    assert (found.findings, found.unread) == ([], [])
    erase(broken, party="user")
    for words in (CARD, AUDIO[:40]):
        assert places_of(call.store.root, words) == []
    assert call.verify().findings == []


def test_of_many_who_erase_at_once_one_does_and_the_others_find_nothing(call: Call) -> None:
    def one(_: int) -> bool:
        return erase(Call(new_store(call.store.root), "call"), party="user").empty

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(one, range(5))) == [False, True, True, True, True]
    assert len(call.positions("payload_erased")) == 1
    assert call.verify().findings == []


def test_who_reads_meanwhile_reads_the_old_log_to_its_end(call: Call) -> None:
    """Only what was in blobs is gone from it."""
    before = call.events
    reading = call.store.read("call")
    seen = [next(reading)]
    erase(call, party="user")
    for event, was in zip([*seen, *reading], before, strict=True):
        assert event == was or (event.withheld and was.blob is not None)
    assert len(call.events) == len(before) + 1


def test_countersignatures_and_a_quorum_survive(call: Call, tmp_path: Path) -> None:
    """Also over the close, whose payload goes with the history."""
    signer = generate("witness.example")
    witness = Witness(tmp_path / "witness", signer, [SIGNER.verifier])
    countersign(call.store, "call", witness, [witness.key])
    erase(call, party="user")
    found = call.verify(quorum=Quorum([witness.key], 1))
    assert (found.findings, found.cosigned_by) == ([], ["witness.example"])
    assert found.cosigned == found.events - 1


# Recovery


def test_recovery_does_not_bring_audio_back(call: Call) -> None:
    """An erasure whose process died before it was sealed is finished, and nothing is salvaged."""
    checkpoint = (call.folder / CHECKPOINT_NAME).read_bytes()
    erase(call, audio=True)
    before = call.lines
    (call.folder / CHECKPOINT_NAME).write_bytes(checkpoint)
    (call.folder / "audio.ogg").write_bytes(AUDIO)
    assert recover_session(call.store, "call").outcome == "recovered"
    assert not (call.folder / "audio.ogg").exists()
    assert call.lines == before
    check_sound(call, 0)
    assert recover_session(call.store, "call").outcome == "closed"


def a_recovered_call(folder: Path, *, recover: bool = True) -> Call:
    """A call whose recorder died while it wrote down the card."""
    whole = a_call(new_store(folder / "whole"))
    store = new_store(folder / "store")
    target = store.root / whole.folder.parent.name / "call"
    target.mkdir(parents=True)
    cut = said(whole, CARD) - 1
    torn = b"\n".join(whole.lines[:cut]) + b"\n" + whole.lines[cut][:-20]
    (target / "log.jsonl").write_bytes(torn)
    shutil.rmtree(whole.store.root)
    if recover:
        assert recover_session(store, "call").outcome == "recovered"
    return Call(store, "call")


def root_of(call: Call) -> bytes:
    from earwitness.sealed import read_sealed

    sealed = read_sealed(call.store, call.session_id)
    assert sealed is not None
    return sealed.tree.root
