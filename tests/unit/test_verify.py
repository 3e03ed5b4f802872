"""Verification names what is wrong with a session, where, and what would have been right."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from earwitness import Event, JournalEventStore
from earwitness.codec import encode_line, new_event, withheld_line
from earwitness.events import (
    AudioSealed,
    RecordingClosed,
    RecordingRecovered,
    SinkFailed,
    TornLine,
)
from earwitness.keys import generate
from earwitness.verify import Finding, Verification, verify_session
from earwitness.verify.findings import MAX_FINDINGS
from tests.seal.recordings import OTHER_SIGNER, SIGNER, Recording
from tests.unit.forging import AT, own, said, seal, sealed_call, write_log

AUDIO = b"OggS, as far as anybody cares"


@pytest.fixture
def sealed(tmp_path: Path) -> Recording:
    """A closed recording with a blob, audio and a report."""
    audio = tmp_path / "call.ogg"
    audio.write_bytes(AUDIO)
    return sealed_call(tmp_path / "sealed", audio=audio)


def broken(verification: Verification) -> list[str]:
    return [finding.rule for finding in verification.findings]


def only(verification: Verification) -> Finding:
    [finding] = verification.findings
    return finding


def resealed(recording: Recording, change: Callable[[list[Event]], list[Event]]) -> Verification:
    """What is found of a log that somebody rewrote who has the key."""
    events = change(recording.events)
    write_log(recording.store, recording.session_id, events)
    seal(recording.store, recording.session_id, events, SIGNER)
    return recording.verify()


def with_payload(position: int, change: Callable[[Any], Any]) -> Callable[[list[Event]], Any]:
    """Has one event say something else, rightly committed to."""

    def changed(events: list[Event]) -> list[Event]:
        event = events[position]
        payload = json.dumps(change(event.plain_payload)).encode()
        made = new_event(position, event.recorded_at, event.type, payload)
        return [*events[:position], made, *events[position + 1 :]]

    return changed


# What is sound


def test_a_closed_recording_is_sound_and_sealed_to_its_end(sealed: Recording) -> None:
    found = sealed.verify()
    assert (found.sound, found.findings, found.unread, found.unchecked) == (True, [], [], [])
    assert (found.state, found.events, found.sealed, found.after_checkpoint) == (
        "closed",
        21,
        21,
        0,
    )
    assert found.signed_by == [f"{SIGNER.name}+{SIGNER.verifier.id.hex()}"]


def test_every_event_may_be_withheld(sealed: Recording) -> None:
    """What is left is still sound, and it is told what it says nothing of any more."""
    withheld = [evolve(event, data=None, salt=None) for event in sealed.events]
    write_log(sealed.store, "call", withheld)
    found = sealed.verify()
    assert (found.sound, found.withheld) == (True, 21)
    assert found.unchecked == [
        "audio.ogg: event 19 is withheld",
        "report.json: payloads are withheld",
    ]


def test_a_session_may_have_any_id(tmp_path: Path) -> None:
    for session_id in ("", "../..", "ACME/42", "日本語", "\ud800", "a" * 400):
        assert sealed_call(tmp_path, session_id).verify().findings == []


# The lines of the log


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\x00" * 80,
        b'{"n":01,"t":1,"type":"a","c":"' + b"0" * 64 + b'"}',
        b'{"n":2,"t":1,"type":"a","c":"' + b"0" * 64 + b'"}\r',
        b'{"n":2, "t":1,"type":"a","c":"' + b"0" * 64 + b'"}',
    ],
)
def test_a_line_that_is_no_event_is_found(sealed: Recording, line: bytes) -> None:
    lines = sealed.lines
    lines[2] = line + b"\n"
    found = sealed.verify_with("log.jsonl", b"".join(lines))
    assert broken(found) == ["format"]
    assert only(found).where == "log.jsonl, line 3"
    assert only(found).got == f"{len(line)} other bytes"


def test_a_line_feed_may_not_be_lost(sealed: Recording) -> None:
    """Without the last one the log is one event short of what was sealed."""
    found = sealed.verify_with("log.jsonl", sealed.log[:-1])
    assert broken(found) == ["size"]
    assert (found.events, found.torn_bytes) == (20, len(sealed.lines[-1]) - 1)


def test_a_removed_line_is_found_once_and_the_tree_tells_too(sealed: Recording) -> None:
    lines = sealed.lines
    del lines[4]
    found = sealed.verify_with("log.jsonl", b"".join(lines))
    assert broken(found) == ["position", "size"]
    assert found.findings[0].event == 5
    assert (found.findings[0].expected, found.findings[0].got) == ("position 4", "position 5")
    assert (found.findings[1].expected, found.findings[1].got) == (
        "21 events, by the checkpoint",
        "20 events",
    )


def test_swapped_lines_are_found(sealed: Recording) -> None:
    lines = sealed.lines
    lines[3], lines[4] = lines[4], lines[3]
    found = sealed.verify_with("log.jsonl", b"".join(lines))
    assert broken(found) == ["position", "position", "position", "root"]


def test_an_inserted_line_is_found(sealed: Recording) -> None:
    lines = sealed.lines
    lines.insert(4, lines[3])
    found = sealed.verify_with("log.jsonl", b"".join(lines))
    assert broken(found)[:1] == ["position"]
    assert "root" in broken(found)


def test_another_payload_is_found_at_its_event(sealed: Recording) -> None:
    lines = sealed.lines
    lines[4] = lines[4].replace(b"four", b"five")
    found = sealed.verify_with("log.jsonl", b"".join(lines))
    assert broken(found) == ["commitment"]
    assert only(found).event == 4
    assert only(found).where == "log.jsonl, line 5, event 4 (conversation_item_added)"
    assert only(found).expected == sealed.events[4].commitment


def test_another_time_is_found_by_the_tree(sealed: Recording) -> None:
    event = sealed.events[4]
    changed = evolve(event, recorded_at=event.recorded_at + 1)
    log = sealed.log.replace(withheld_line(event)[:-1], withheld_line(changed)[:-1])
    found = sealed.verify_with("log.jsonl", log)
    assert (only(found).rule, only(found).where) == ("root", "log.jsonl, events 0 to 20")


def test_findings_beyond_a_limit_are_counted(sealed: Recording) -> None:
    found = sealed.verify_with("log.jsonl", sealed.log + b"nonsense\n" * 1000)
    assert (len(found.findings), found.more_findings) == (MAX_FINDINGS, 1000 - MAX_FINDINGS)


def test_a_line_without_an_end_is_not_read_whole(
    sealed: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earwitness.verify.log._LONGEST_LINE", 1 << 16)
    found = sealed.verify_with("log.jsonl", sealed.log + bytes(1 << 20))
    assert (broken(found), only(found).where) == (["format"], "log.jsonl, line 22")


# What the events say, where the key has signed all of it


@pytest.mark.parametrize("payload", [b"nonsense", b'{"a":\x00}', b"[" * 100_000, b"\xff", b"NaN"])
def test_a_payload_that_is_no_json_is_found(sealed: Recording, payload: bytes) -> None:
    def say(events: list[Event]) -> list[Event]:
        return [*events[:3], new_event(3, AT, "a", payload), *events[4:]]

    found = resealed(sealed, say)
    assert (broken(found), only(found).event) == (["payload"], 3)


@pytest.mark.parametrize("digits", [30, 5_000])
def test_a_blob_of_a_size_that_no_file_has_is_found(sealed: Recording, digits: int) -> None:
    reference = b'{"$blob":"%b","bytes":%b}' % (b"0" * 64, b"9" * digits)

    def say(events: list[Event]) -> list[Event]:
        return [*events[:3], new_event(3, AT, "a", reference), *events[4:]]

    found = resealed(sealed, say)
    assert (broken(found), only(found).event) in ((["blob"], 3), (["payload"], 3))


def test_members_that_stand_twice_are_no_fault_of_the_record(sealed: Recording) -> None:
    """What was committed to is bytes, whatever a parser makes of them."""

    def say(events: list[Event]) -> list[Event]:
        return [*events[:3], new_event(3, AT, "a", b'{"a":1,"a":2}'), *events[4:]]

    assert set(broken(resealed(sealed, say))) == {"report"}
    (sealed.folder / "report.json").write_bytes(sealed.store.report("call").to_json())
    assert sealed.verify().sound


def test_an_event_of_our_own_has_the_members_of_its_type(sealed: Recording) -> None:
    found = resealed(sealed, lambda events: [*events[:3], said(3, "events_lost", {}), *events[4:]])
    assert (broken(found), only(found).event) == (["payload"], 3)


def test_the_log_of_another_session_is_found(sealed: Recording) -> None:
    found = resealed(sealed, with_payload(0, lambda opened: opened | {"session_id": "other"}))
    assert broken(found)[0] == "session"
    assert (found.findings[0].expected, found.findings[0].got) == ("call", "other")


def test_a_newer_format_is_not_called_unsound_but_unread(sealed: Recording) -> None:
    found = resealed(sealed, with_payload(0, lambda opened: opened | {"format": 2}))
    assert (found.findings, found.unread) == ([], ["log.jsonl: format 2, a newer one"])
    assert not found.sound


def test_nothing_but_bookkeeping_follows_the_close(sealed: Recording) -> None:
    """Not even in a log that the key has signed as it stands."""
    more = said(21, "user_state_changed", {})
    found = resealed(sealed, lambda events: [*events, more])
    assert broken(found) == ["closed"]
    assert (only(found).event, only(found).got) == (21, "user_state_changed")


def test_what_may_follow_the_close_may(sealed: Recording) -> None:
    late = own(21, SinkFailed(sink="mail", error="OSError"))
    assert resealed(sealed, lambda events: [*events, late]).findings == []


def test_what_may_follow_the_close_may_be_unsealed(sealed: Recording) -> None:
    late = own(21, SinkFailed(sink="mail", error="OSError"))
    write_log(sealed.store, "call", [*sealed.events, late])
    found = sealed.verify()
    assert (found.findings, found.after_checkpoint) == ([], 1)


def test_a_recovery_may_follow_the_close(sealed: Recording) -> None:
    again = own(21, RecordingRecovered(earwitness="0", last_position=20, torn=[]))
    write_log(sealed.store, "call", [*sealed.events, again])
    found = sealed.verify()
    assert (found.findings, found.state, found.after_checkpoint) == ([], "interrupted", 1)


@pytest.mark.parametrize("tail", ["a recovery", "half a line"])
def test_who_opens_a_closed_recording_again_may_not_change_its_report(
    sealed: Recording, tail: str
) -> None:
    """Anybody can make it look as if its recorder, or a recovery of it, had died."""
    again = own(21, RecordingRecovered(earwitness="0", last_position=20, torn=[]))
    added = encode_line(again) if tail == "a recovery" else b'{"n":21,'
    (sealed.folder / "log.jsonl").write_bytes(sealed.log + added)
    assert (sealed.verify().findings, sealed.verify().unchecked) == ([], [])
    found = sealed.verify_with("report.json", b"{}")
    assert (broken(found), found.state) == (["report"], "interrupted")
    assert broken(sealed.verify_with("report.json", None)) == ["report"]


def test_a_recovery_that_has_yet_to_close_may_have_left_its_own_report(sealed: Recording) -> None:
    again = own(21, RecordingRecovered(earwitness="0", last_position=20, torn=[]))
    write_log(sealed.store, "call", [*sealed.events, again])
    report = sealed.store.report("call").to_json()
    assert report != (sealed.folder / "report.json").read_bytes()
    assert sealed.verify_with("report.json", report).findings == []


def test_an_open_recordings_report_is_not_compared(sealed: Recording) -> None:
    write_log(sealed.store, "call", sealed.events[:20])
    seal(sealed.store, "call", sealed.events[:20], SIGNER)
    assert sealed.verify().findings == []
    assert sealed.verify().unchecked == ["report.json: the recording is not closed"]


def test_a_chat_history_of_another_digest_is_found(sealed: Recording) -> None:
    found = resealed(sealed, with_payload(20, lambda closed: closed | {"history_sha256": "0" * 64}))
    assert (broken(found), only(found).event) == (["history"], 20)


# What stands behind the seal


@pytest.mark.parametrize("followers", [0, 1, 20])
def test_what_was_added_to_a_closed_recording_is_found(sealed: Recording, followers: int) -> None:
    """However much of what may follow a close follows it."""
    events = sealed.events
    again = own(21, RecordingRecovered(earwitness="0", last_position=20, torn=[]))
    words = said(22, "conversation_item_added", {"item": {"id": "x", "role": "user"}})
    closed = RecordingClosed(reason="x", history_sha256="")
    late = SinkFailed(sink="mail", error="OSError")
    tail = [own(24 + number, late) for number in range(followers)]
    write_log(sealed.store, "call", [*events, again, words, own(23, closed), *tail])
    finding = next(each for each in sealed.verify().findings if each.rule == "unsealed")
    assert (finding.where, finding.got) == ("log.jsonl, from event 21", "one over 21")
    assert finding.expected.startswith(f"a checkpoint over all {24 + followers} events")


def test_a_report_is_required_unless_a_sealed_event_says_that_it_failed(sealed: Recording) -> None:
    failed = SinkFailed(sink="report.json", error="OSError")
    events = sealed.events
    (sealed.folder / "report.json").unlink()
    write_log(sealed.store, "call", [*events, own(21, failed)])
    assert broken(sealed.verify()) == ["report"]
    assert resealed(sealed, lambda events: events).findings == []


# The checkpoint


def test_a_removed_checkpoint_is_found(sealed: Recording) -> None:
    found = sealed.verify_with("checkpoint", None)
    assert (only(found).rule, only(found).got) == ("checkpoint", "no such file")
    assert (found.sealed, found.signed_by) == (0, [])


def test_a_log_cut_below_its_checkpoint_is_found(sealed: Recording) -> None:
    found = sealed.verify_with("log.jsonl", b"".join(sealed.lines[:7]))
    assert (only(found).rule, only(found).where) == ("size", "log.jsonl, after event 6")
    assert (only(found).expected, only(found).got) == ("21 events, by the checkpoint", "7 events")


def test_an_empty_log_is_found(sealed: Recording) -> None:
    assert broken(sealed.verify_with("log.jsonl", b"")) == ["size"]


def test_a_foreign_key_is_found_and_named(sealed: Recording) -> None:
    mallory = generate("mallory")
    seal(sealed.store, "call", sealed.events, mallory)
    finding = only(sealed.verify())
    assert (finding.rule, finding.where) == ("signature", "checkpoint")
    assert finding.expected == f"{SIGNER.name}+{SIGNER.verifier.id.hex()}"
    assert finding.got == f"mallory+{mallory.verifier.id.hex()}"


def test_a_key_that_was_rotated_verifies_for_who_knows_both(sealed: Recording) -> None:
    old = sealed.verify()
    keys = [SIGNER.verifier, OTHER_SIGNER.verifier]
    assert verify_session(sealed.store, "call", keys).sound
    assert old.sound
    assert broken(verify_session(sealed.store, "call", keys[1:])) == ["signature"]


def test_a_foreign_key_of_the_same_name_is_told_by_its_id(sealed: Recording) -> None:
    seal(sealed.store, "call", sealed.events, OTHER_SIGNER)
    finding = only(sealed.verify())
    assert finding.got == f"{OTHER_SIGNER.name}+{OTHER_SIGNER.verifier.id.hex()}"


def test_no_key_verifies_nothing(sealed: Recording) -> None:
    assert broken(verify_session(sealed.store, "call", [])) == ["signature"]


def test_the_checkpoint_of_another_session_is_found(sealed: Recording, tmp_path: Path) -> None:
    other = sealed_call(sealed.store.root, "another")
    foreign = (other.folder / "checkpoint").read_bytes()
    finding = only(sealed.verify_with("checkpoint", foreign))
    assert (finding.rule, finding.where) == ("checkpoint", "checkpoint")
    assert finding.expected == f"origin {SIGNER.name}/call"
    assert finding.got == f"origin {SIGNER.name}/another"


def test_a_whole_folder_under_another_name_is_found(sealed: Recording) -> None:
    sealed.folder.rename(sealed.folder.with_name("renamed"))
    store = JournalEventStore(sealed.store.root)
    assert broken(verify_session(store, "renamed", sealed.keys))[:1] == ["checkpoint"]


def test_a_key_that_is_trusted_speaks_for_logs_of_its_own_name_only(sealed: Recording) -> None:
    other = generate("other.example")
    origin = f"{SIGNER.name}/call"
    seal(sealed.store, "call", sealed.events, other, origin=origin)
    found = verify_session(sealed.store, "call", [SIGNER.verifier, other.verifier])
    assert (broken(found), only(found).got) == (["checkpoint"], f"origin {origin}")


def test_a_checkpoint_of_no_events_seals_nothing_of_a_closed_recording(sealed: Recording) -> None:
    seal(sealed.store, "call", [], SIGNER)
    assert broken(sealed.verify()) == ["unsealed"]


@pytest.mark.parametrize(
    "note", [b"", b"\n\n", b"\xff", bytes(2_000_000), b"call\n1\nAAAA\n\n\xe2\x80\x94 a AAAAAAAA\n"]
)
def test_a_checkpoint_that_is_none_is_found(sealed: Recording, note: bytes) -> None:
    assert broken(sealed.verify_with("checkpoint", note))[0] in ("checkpoint", "signature")


# What stands beside the log


def test_another_report_is_found(sealed: Recording) -> None:
    report = (sealed.folder / "report.json").read_bytes()
    finding = only(sealed.verify_with("report.json", report.replace(b"four", b"five")))
    assert (finding.rule, finding.where) == ("report", "report.json")
    digest = hashlib.sha256(report).hexdigest()
    assert finding.expected == f"{len(report)} bytes, SHA-256 {digest}"
    assert only(sealed.verify_with("report.json", report + b"\n")).got == f"{len(report) + 1} bytes"
    assert only(sealed.verify_with("report.json", None)).got == "no such file"


def test_another_blob_is_found_at_its_event(sealed: Recording) -> None:
    blob = next((sealed.folder / "blobs").iterdir())
    name = f"blobs/{blob.name}"
    content = blob.read_bytes()
    for changed in (content.swapcase(), content[:-1], None):
        finding = only(sealed.verify_with(name, changed))
        assert finding.rule == "blob"
        assert finding.event is not None
        assert finding.where.endswith(f"event {finding.event} (conversation_item_added), {name}")
        assert finding.expected == f"{len(content)} bytes, SHA-256 {blob.name}"


def test_other_audio_is_found(sealed: Recording) -> None:
    for audio in (AUDIO.swapcase(), AUDIO + b"!", None):
        finding = only(sealed.verify_with("audio.ogg", audio))
        assert (finding.rule, finding.where) == ("audio", "audio.ogg")


def test_a_torn_line_that_was_kept_is_compared(sealed: Recording) -> None:
    torn = TornLine(file="torn-21-x.bin", bytes=3, sha256=hashlib.sha256(b"abc").hexdigest())
    again = own(21, RecordingRecovered(earwitness="0", last_position=20, torn=[torn]))
    write_log(sealed.store, "call", [*sealed.events, again])
    assert (only(sealed.verify()).rule, only(sealed.verify()).got) == ("torn", "no such file")
    (sealed.folder / torn.file).write_bytes(b"abc")
    assert sealed.verify().findings == []
    (sealed.folder / torn.file).write_bytes(b"abd")
    assert (only(sealed.verify()).rule, only(sealed.verify()).event) == ("torn", 21)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/b"])
def test_no_event_leads_out_of_the_folder(sealed: Recording, name: str) -> None:
    fact = AudioSealed(file=name, sha256="0" * 64, bytes=1, seconds=None)
    found = resealed(sealed, lambda events: [*events[:20], own(20, fact)])
    assert (only(found).rule, only(found).got, found.unread) == ("payload", name, [])


@pytest.mark.parametrize("name", ["\x00", "\ud800", "missing"])
def test_a_name_that_no_file_has_is_found(sealed: Recording, name: str) -> None:
    fact = AudioSealed(file=name, sha256="0" * 64, bytes=1, seconds=None)
    found = resealed(sealed, lambda events: [*events[:20], own(20, fact)])
    assert (only(found).rule, only(found).got) == ("audio", "no such file")


def test_files_that_nothing_refers_to_are_left_alone(sealed: Recording) -> None:
    (sealed.folder / "notes.txt").write_text("mine")
    (sealed.folder / "blobs" / ("0" * 64)).write_bytes(b"nobody's")
    assert sealed.verify().sound


# What cannot be read


@pytest.mark.parametrize("name", ["report.json", "checkpoint", "audio.ogg", "log.jsonl"])
@pytest.mark.parametrize("kind", ["a folder", "a pipe"])
def test_what_is_no_file_is_unread_and_keeps_nobody_waiting(
    sealed: Recording, name: str, kind: str
) -> None:
    path = sealed.folder / name
    path.unlink()
    if kind == "a folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    found = sealed.verify()
    assert not found.sound
    assert [told.partition(":")[0] for told in found.unread] == [name]
    assert found.findings == []


def test_a_log_that_is_gone_is_unread(sealed: Recording) -> None:
    sealed.store.folder("call")  # remembers where it was
    (sealed.folder / "log.jsonl").unlink()
    found = verify_session(sealed.store, "call", sealed.keys)
    assert (found.state, found.unread) == ("unknown", ["log.jsonl: No such file or directory"])


# How it goes on


def test_progress_counts_the_bytes_of_the_log(sealed: Recording) -> None:
    read: list[int] = []
    verify_session(sealed.store, "call", sealed.keys, progress=read.append)
    assert sum(read) == len(sealed.log)
