"""The store's own log: who looked, held, erased and removed; sealed, and shared by many."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

import earwitness
from earwitness import JournalEventStore, LogError, SigningKeyError, StreamHeldError
from earwitness.custody.looking import account_of
from earwitness.custody.storelog import StoreLog
from earwitness.integrity.signer import Ed25519Signer
from earwitness.privacy.accounts import ACCOUNT_EVENTS, SessionAccessed
from earwitness.verify import Verification, verify_store_log
from tests.cli.running import Run
from tests.privacy.sessions import SIGNER, Call, a_call, contents, new_store

READ = [
    *(("show", "call"), ("show", "call", "--json"), ("report", "call"), ("prove", "call", "2")),
    *(("tail", "call"), ("tail", "call", "--json"), ("export", "call")),
]
ROOT = Path(__file__).parents[2]

LOOK = """
import sys, earwitness
store = earwitness.JournalEventStore(sys.argv[1])
for number in range(int(sys.argv[3])):
    earwitness.record_access(store, f"call-{number}", actor=sys.argv[2], what="show")
"""


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return a_call(JournalEventStore(tmp_path / "store", sync="never"))


def look(store: JournalEventStore, actor: str = "auditor", what: str = "show") -> int:
    return earwitness.record_access(store, "call", actor=actor, purpose="audit", what=what)


def verified(store: JournalEventStore) -> Verification:
    result = verify_store_log(store, [store.signer().verifier])
    assert result is not None
    return result


# Who looked


@pytest.mark.parametrize("command", READ)
def test_who_is_shown_a_session_is_told_to_the_log(
    call: Call, command: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_ACTOR", "ana")
    shown = run(*command, "--purpose", "complaint 7", "--store", str(call.store.root))
    assert (shown.code, shown.err) == (0, "")
    [told] = account_of(call.store)
    assert told.fact == SessionAccessed(
        session_id="call", what=command[0], actor="ana", purpose="complaint 7"
    )


def test_a_search_in_what_was_said_is_told_as_a_look_at_all_sessions(call: Call, run: Run) -> None:
    found = run("ls", "--search", "table", "--actor", "ana", "--store", str(call.store.root))
    assert found.code == 0
    [told] = account_of(call.store)
    assert told.fact == SessionAccessed(session_id="", what="search", actor="ana", purpose="")


@pytest.mark.parametrize("command", [("ls",), ("verify",), ("verify", "call")])
def test_what_shows_nothing_that_was_said_is_not_told(
    call: Call, command: tuple[str, ...], run: Run
) -> None:
    assert run(*command, "--store", str(call.store.root)).code == 0
    assert account_of(call.store) == []


def test_the_command_shows_what_was_done_and_by_whom(call: Call, run: Run) -> None:
    look(call.store)
    earwitness.place_hold(call.store, "call", reason="a dispute", actor="legal")
    earwitness.release_hold(call.store, "call", reason="settled", actor="legal")
    earwitness.erase(call.store, "call", audio=True, reason="request 12", actor="dpo")
    earwitness.prune(call.store, older_than=0, actor="timer", dry_run=False)
    shown = run("access", "call", "--store", str(call.store.root)).out
    for words in (
        "call  show by auditor", "audit", "hold by legal", "release of hold 1 by legal", "settled",
        "erase, event", "request 12", "prune by timer",
    ):  # fmt: skip
        assert words in shown
    entries = run("access", "--store", str(call.store.root), "--json").json["entries"]
    told = {entry["type"] for entry in entries}
    assert told == ACCOUNT_EVENTS.keys() - {"key_destroyed"}


def test_what_others_chose_is_plain_text_to_the_terminal(call: Call, run: Run) -> None:
    look(call.store, actor="\x1b[31mred\x1b[0m")
    assert "\x1b" not in run("access", "--store", str(call.store.root)).out


def test_a_copy_without_a_key_can_be_read_and_stays_as_it_is(
    call: Call, run: Run, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(call.store.root, copy)
    (copy / "keys" / "signing.key").unlink()
    before = contents(copy)
    shown = run("show", "call", "--store", str(copy))
    assert shown.code == 0
    assert shown.err == "Not told to the store's log: The store has no key to sign with.\n"
    assert contents(copy) == before
    with pytest.raises(SigningKeyError):
        look(JournalEventStore(copy))


def test_a_store_that_cannot_be_written_to_can_be_read(call: Call, run: Run) -> None:
    (call.store.root / "store.log").write_bytes(b"in the way")  # even root cannot get past it
    shown = run("show", "call", "--store", str(call.store.root))
    assert (shown.code, shown.out.startswith("session  call")) == (0, True)
    assert shown.err == "Not told to the store's log: Not a directory\n"


# The log itself


def test_the_log_is_no_session(call: Call, run: Run) -> None:
    look(call.store)
    assert list(call.store.streams()) == ["call"]
    assert [info.session_id for info in call.store.sessions()] == ["call"]


def test_a_session_may_have_the_name_of_the_log(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    a_call(store, "store.log")
    look(store)
    assert [info.session_id for info in store.sessions()] == ["store.log"]
    assert verified(store).sound


def test_every_entry_is_sealed_as_it_is_written(call: Call) -> None:
    for number in range(5):
        assert look(call.store) == number
        found = verified(call.store)
        assert (found.findings, found.events, found.sealed) == ([], number + 1, number + 1)


def test_an_entry_reads_no_others(call: Call) -> None:
    """What is remembered of the tree saves reading the log; without it the log is read."""
    for _ in range(3):
        look(call.store)
    tree = StoreLog(call.store).folder / "tree.json"
    for broken in (b"", b"[]", b'{"size":3,"bytes":1,"subtrees":[]}', None):
        if broken is None:
            tree.unlink()
        else:
            tree.write_bytes(broken)
        look(call.store)
        assert verified(call.store).findings == []


@pytest.mark.parametrize("remembered", [True, False])
def test_a_changed_log_is_found(call: Call, remembered: bool) -> None:
    for _ in range(3):
        look(call.store)
    log = StoreLog(call.store).path
    log.write_bytes(log.read_bytes().replace(b"auditor", b"nobody!", 1))
    assert [finding.rule for finding in verified(call.store).findings] == ["commitment"]


def test_a_log_that_was_cut_is_not_continued(call: Call) -> None:
    for _ in range(3):
        look(call.store)
    log = StoreLog(call.store).path
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    assert [finding.rule for finding in verified(call.store).findings] == ["size"]
    with pytest.raises(LogError, match="not what its checkpoint sealed"):
        look(call.store)


def test_an_entry_without_its_payload_is_found(call: Call) -> None:
    look(call.store)
    from earwitness.codec import withheld_line

    [event] = StoreLog(call.store).read()
    StoreLog(call.store).path.write_bytes(withheld_line(event) + b"\n")
    assert [finding.rule for finding in verified(call.store).findings] == ["payload"]


def test_what_a_writer_left_unfinished_is_cut_off(call: Call) -> None:
    look(call.store)
    with StoreLog(call.store).path.open("ab") as log:
        log.write(b'{"n":1,"t":12')
    assert verified(call.store).torn_bytes == 13
    assert look(call.store) == 1
    assert (verified(call.store).findings, verified(call.store).torn_bytes) == ([], 0)


def test_the_command_verifies_the_log_with_the_sessions(call: Call, run: Run) -> None:
    look(call.store)
    store = ("--store", str(call.store.root))
    assert any(
        line.split() == ["store.log", "1", "of", "1", "sound"]
        for line in run("verify", *store).lines
    )
    log = StoreLog(call.store).path
    log.write_bytes(log.read_bytes().replace(b"auditor", b"nobody!"))
    found = run("verify", "--json", *store)
    assert found.code == 1
    document = json.loads(found.out)
    assert not document["sound"]
    assert [finding["rule"] for finding in document["store_log"]["findings"]] == ["commitment"]


def test_a_log_that_was_written_anew_with_the_key_is_found_by_the_audit_log(
    call: Call, run: Run, tmp_path: Path
) -> None:
    import structlog

    lines = (tmp_path / "audit.log").open("w")
    logger = structlog.wrap_logger(
        structlog.PrintLogger(lines), processors=[structlog.processors.JSONRenderer()]
    )
    earwitness.record_access(call.store, "call", actor="ana", what="show", audit=logger)
    from earwitness.background import scribe

    assert scribe.flush()
    lines.close()
    command = ("verify", "--store", str(call.store.root), "--audit-log", lines.name)
    assert run(*command).code == 0
    shutil.rmtree(StoreLog(call.store).folder)
    look(call.store, actor="nobody")
    assert run(*command).code == 1
    shutil.rmtree(StoreLog(call.store).folder)
    assert run(*command).code == 1


@pytest.mark.parametrize(("tag", "cls"), ACCOUNT_EVENTS.items(), ids=list(ACCOUNT_EVENTS))
def test_each_event_is_documented_with_exactly_its_members(tag: str, cls: type[Any]) -> None:
    page = (ROOT / "docs/reference/store-log.md").read_text(encoding="utf-8")
    section = page.partition(f"### `{tag}`\n")[2].partition("\n#")[0]
    documented = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert documented == [member.name for member in attrs.fields(cls)]


# Many at once


def test_threads_and_processes_write_one_log(call: Call) -> None:
    """Every entry is there once, and each was sealed."""
    store, each = call.store, 15
    command = [sys.executable, "-c", LOOK, str(store.root)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    others = [
        subprocess.Popen([*command, f"process {number}", str(each)], env=environment)
        for number in range(2)
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: look(store, f"thread {number}"), range(4 * each)))
    assert [other.wait(60) for other in others] == [0, 0]
    told = account_of(store)
    assert [account.position for account in told] == list(range(6 * each))
    actors = [account.fact.actor for account in told]
    assert len(set(actors)) == 4 * each + 2
    found = verified(store)
    assert (found.findings, found.sealed) == ([], 6 * each)


def test_who_waits_too_long_is_told(call: Call) -> None:
    with (
        StoreLog(call.store).locked(),
        pytest.raises(StreamHeldError, match="Another process is writing"),
        StoreLog(call.store).locked(patience=0.05),
    ):
        raise AssertionError("two writers")


def test_a_signer_that_fails_leaves_an_entry_that_the_next_one_seals(tmp_path: Path) -> None:
    away = [True]

    class Service(Ed25519Signer):
        def sign(self, data: bytes) -> bytes:
            if away:
                raise RuntimeError("the service is away")
            return super().sign(data)

    signer = Service(SIGNER.name, SIGNER.private_key)
    store = JournalEventStore(tmp_path / "store", signer=signer)
    with pytest.raises(RuntimeError):
        look(store)
    found = verified(store)
    assert (found.findings, found.events, found.sealed) == ([], 1, 0)
    away.clear()
    assert look(store) == 1
    assert verified(store).sealed == 2
