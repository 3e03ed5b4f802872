"""An audit log gives back its checkpoints, whatever pipeline it has come through."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from earwitness.auditlog import AuditLog
from earwitness.integrity.checkpoint import Checkpoint

ROOT = bytes(range(32))
ENCODED = base64.b64encode(ROOT).decode()
CALL = Checkpoint("calls.example/kitchen/call", 81, ROOT)
ENTRY: dict[str, Any] = {
    "session": "call",
    "origin": CALL.origin,
    "size": 81,
    "root": ENCODED,
    "event": "checkpoint",
    "level": "info",
}
LINE = json.dumps(ENTRY)


def read(*lines: str | bytes) -> AuditLog:
    log = AuditLog()
    log.read([line if isinstance(line, bytes) else line.encode() for line in lines], "audit.log")
    return log


def told(log: AuditLog) -> list[Checkpoint]:
    return [each for known in log.checkpoints.values() for each in known]


def renamed(name: str) -> str:
    return json.dumps({name if key == "event" else key: each for key, each in ENTRY.items()})


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(LINE, id="structlog's JSONRenderer"),
        pytest.param(f"{LINE}\n", id="with its line feed"),
        pytest.param(f"{LINE}\r\n", id="with that of Windows"),
        pytest.param(renamed("msg"), id="slog, zap, bunyan"),
        pytest.param(renamed("message"), id="logging's JSON formatters"),
        pytest.param(f"Nov 23 02:16:01 host worker[7]: {LINE}", id="syslog"),
        pytest.param(f'<14>1 2026-11-23T02:16:01Z host w 7 - [a x="{{"] {LINE}', id="RFC 5424"),
        pytest.param(f"2026-11-23T02:16:01.1Z stdout F {LINE}", id="Kubernetes"),
        pytest.param(f"\x1b[36mworker-1  |\x1b[0m {LINE}", id="docker compose"),
        pytest.param(json.dumps({"log": f"{LINE}\n", "stream": "stdout"}), id="Docker"),
        pytest.param(json.dumps({"MESSAGE": LINE, "_PID": "7"}), id="journald"),
        pytest.param(json.dumps({"message": LINE, "@timestamp": "x"}), id="Elastic"),
        pytest.param(json.dumps({"jsonPayload": ENTRY, "severity": "INFO"}), id="Google"),
        pytest.param(json.dumps({"log": json.dumps({"message": LINE})}), id="one in the other"),
        pytest.param(json.dumps(ENTRY | {"size": "81"}), id="numbers as texts"),
        pytest.param(f"{LINE} trailing", id="something behind it"),
        pytest.param("\ufeff" + LINE, id="a byte order mark"),
    ],
)
def test_a_checkpoint_is_found_in_whatever_wraps_it(line: str) -> None:
    log = read(line)
    assert (told(log), log.malformed, log.lines) == ([CALL], [], 1)
    assert list(log.checkpoints) == ["call"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "checkpoint",
        "{",
        "{{{{{{{{{{{{{{{{{{{{checkpoint",
        b"\xff\xfe checkpoint {",
        '{"event": "turn_completed", "position": 3}',
        '{"event": "checkpoint"}',
        '{"event": "checkpoint", "size": 3, "duration": 4}',
        '{"event": "checkpoint complete", "size": 3, "root": "x", "origin": "y"}',
        '{"event": ["checkpoint"], "size": 3, "root": "x", "origin": "y"}',
        '["checkpoint", "origin", "root"]',
        '{"tool": ' + json.dumps(LINE) + ', "event": "tool_executed"}',
        '{"message": "checkpoint {not json"}',
        '{"a":' * 100_000 + '"checkpoint"',
        "2026-11-23 [info     ] checkpoint    origin=a/b root=AAAA size=3",
    ],
)
def test_other_lines_are_somebody_elses(line: str | bytes) -> None:
    log = read(line)
    assert (told(log), log.malformed) == ([], [])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"root": ENCODED[:-1]}, "not base64"),
        ({"root": "AAAA"}, "not 32 bytes"),
        ({"root": ENCODED.replace("=", "")}, "not base64"),
        ({"root": 7}, "must be base64"),
        ({"root": None}, "must be base64"),
        ({"size": -1}, "not a decimal"),
        ({"size": 1.5}, "must be a number"),
        ({"size": True}, "must be a number"),
        ({"size": 2**63}, "not a decimal"),
        ({"size": "081"}, "not a decimal"),
        ({"size": None}, "must be a number"),
        ({"origin": "no session"}, "must be a key's name"),
        ({"origin": ""}, "must be a key's name"),
        ({"origin": "a\n/b"}, "one line"),
        ({"origin": 7}, "must be a key's name"),
    ],
)
def test_a_malformed_checkpoint_is_told_with_its_line(changes: dict[str, Any], rule: str) -> None:
    log = read("nothing", json.dumps(ENTRY | changes), LINE)
    assert told(log) == [CALL]
    [malformed] = log.malformed
    assert malformed.where == "audit.log, line 2"
    assert rule in malformed.what


@pytest.mark.parametrize("missing", ["origin", "size", "root"])
def test_a_checkpoint_that_lacks_a_member_is_malformed(missing: str) -> None:
    log = read(json.dumps({key: each for key, each in ENTRY.items() if key != missing}))
    assert (told(log), len(log.malformed)) == ([], 1)


def test_what_was_told_twice_is_one_checkpoint() -> None:
    assert told(read(LINE, LINE, f"host: {LINE}")) == [CALL]


def test_one_size_may_have_been_told_with_two_roots() -> None:
    other = base64.b64encode(bytes(32)).decode()
    assert len(told(read(LINE, json.dumps(ENTRY | {"root": other})))) == 2


def test_every_key_name_is_one_more_witness_of_the_session() -> None:
    """A session that was recovered under another key is the same session."""
    log = read(LINE, json.dumps(ENTRY | {"origin": "other.example/call", "size": 90}))
    assert [each.size for each in log.checkpoints["call"]] == [81, 90]


def test_several_files_make_one_audit_log() -> None:
    log = AuditLog()
    log.read([LINE.encode()], "one")
    log.read([json.dumps(ENTRY | {"size": -1}).encode()], "two")
    assert (log.lines, told(log)) == (2, [CALL])
    assert log.malformed[0].where == "two, line 1"


def test_what_structlog_writes_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    logger = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[structlog.processors.JSONRenderer()]
    )
    logger.info("checkpoint", origin=CALL.origin, size=CALL.size, root=ENCODED)
    assert told(read(*capsys.readouterr().out.splitlines())) == [CALL]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_bring_it_down(before: bytes, after: bytes) -> None:
    read(before + b"checkpoint" + after, before + LINE.encode() + after)
