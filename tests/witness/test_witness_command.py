"""`earwitness witness`: a witness, a witness that is served, and who asks it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earwitness import JournalEventStore, WrongOriginError
from earwitness.integrity.cosignature import CosignerKey
from earwitness.witnessing import cosigners
from earwitness.witnessing.http import HttpWitness
from earwitness.witnessing.identity import witness_signer
from earwitness.witnessing.sessions import COSIGNED_NAME
from earwitness.witnessing.witness import LatestSize, Witness
from tests.cli.running import EARWITNESS, Run, record
from tests.witness.logs import LOG, OTHER_WITNESS, STRANGER, WITNESS, WITNESS_KEY, Log, new_witness
from tests.witness.recordings import cut, forge, grow
from tests.witness.serving import served


def names(store: JournalEventStore, session_id: str, *keys: CosignerKey) -> list[str]:
    data = (store.folder(session_id) / COSIGNED_NAME).read_bytes()
    return [each.name for each in cosigners(data, keys)]


def key_file(store: JournalEventStore) -> str:
    return str(store.root / "keys" / "verifier.key")


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "witness")


def test_a_witness_countersigns_every_session_of_a_store(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    for session_id in ("call-1", "call-2"):
        record(calls, session_id, "Hello?")
    done = run("witness", "--witness-state", state, "--name", "auditor.example/w1")
    assert len(done.lines) == 2
    for line, session_id in zip(done.lines, ("call-1", "call-2"), strict=True):
        assert line.startswith(f"{session_id}  ")
        assert " countersigned by auditor.example/w1, 20" in line
        key = CosignerKey.of(witness_signer(Path(state)))
        assert names(calls, session_id, key) == ["auditor.example/w1"]


def test_its_key_is_made_once_and_told_in_its_folder(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    record(calls, "call", "Hello?")
    keys = [run("witness", "--witness-state", state, "--json").json["witnesses"] for _ in range(2)]
    told = (Path(state) / "cosigner.key").read_text().strip()
    assert keys == [[told], [told]]


def test_the_sessions_that_are_named_are_countersigned_and_no_others(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    for session_id in ("call-1", "call-2"):
        record(calls, session_id, "Hello?")
    assert run("witness", "last", "--witness-state", state).code == 0
    assert not (calls.folder("call-1") / COSIGNED_NAME).exists()
    assert (calls.folder("call-2") / COSIGNED_NAME).exists()


def test_as_json_it_tells_what_was_countersigned(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    record(calls, "call", "Hello?")
    (told,) = run("witness", "--witness-state", state, "--json").json["sessions"]
    origin, size, root = (calls.folder("call") / "checkpoint").read_text().splitlines()[:3]
    assert (told["session_id"], told["origin"], told["root"]) == ("call", origin, root)
    assert (told["size"], told["errors"]) == (int(size), [])
    (cosigner,) = told["cosigners"]
    assert cosigner["name"].startswith("witness-")
    assert isinstance(cosigner["time"], int)


def test_a_log_that_was_changed_is_refused_and_the_others_countersigned(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    for session_id in ("call-1", "call-2", "call-3"):
        grow(calls, session_id, 10)
    assert run("witness", "--witness-state", state).code == 0
    forge(calls, "call-2", 4)
    for session_id in ("call-1", "call-3"):
        grow(calls, session_id, 12)
    refused = run("witness", "--witness-state", state)
    assert refused.code == 1
    assert refused.out.splitlines()[1] == "call-2  not countersigned"
    assert [line[:17] for line in refused.out.splitlines()[::2]] == [
        "call-1  12 events",
        "call-3  12 events",
    ]
    assert refused.err.startswith("Error: The log is not what was sealed.")
    assert "checkpoint.cosigned, of 10 events" in refused.err.replace("\n", "").replace("  ", "")


def test_a_log_that_was_cut_is_refused_as_json_too(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    grow(calls, "call", 10)
    assert run("witness", "--witness-state", state).code == 0
    cut(calls, "call", 9)
    refused = run("witness", "--witness-state", state, "--json")
    assert (refused.code, refused.err) == (1, "")
    (told,) = json.loads(refused.out)["sessions"]
    assert (told["size"], told["cosigners"]) == (None, [])
    assert (told["errors"][0]["expected"], told["errors"][0]["got"]) == ("10 events", "9 events")


def test_a_damaged_log_is_refused_and_does_not_end_the_run(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    for session_id in ("call-1", "call-2"):
        grow(calls, session_id, 10)
    (calls.folder("call-1") / "log.jsonl").write_bytes(b"not an event\n" * 10)
    refused = run("witness", "--witness-state", state)
    assert refused.code == 1
    assert refused.out.splitlines()[0] == "call-1  not countersigned"
    assert "call-2  10 events countersigned" in refused.out


def test_a_session_that_is_not_sealed_yet_is_no_failure(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    grow(calls, "call", 3)
    (calls.folder("call") / "checkpoint").unlink()
    assert run("witness", "--witness-state", state).lines == ["call  not sealed yet"]


def test_a_closed_session_without_a_checkpoint_is_one(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    record(calls, "call", "Hello?")
    (calls.folder("call") / "checkpoint").unlink()
    refused = run("witness", "--witness-state", state)
    assert (refused.code, refused.out) == (1, "call  not countersigned\n")
    assert "A closed recording has no checkpoint." in refused.err


def test_a_log_of_a_key_that_is_not_trusted_is_refused(
    run: Run, calls: JournalEventStore, state: str
) -> None:
    record(calls, "call", "Hello?")
    refused = run("witness", "--witness-state", state, "--key", str(LOG.verifier))
    assert refused.code == 1
    assert "The witness knows no key that speaks for this log." in refused.err


def test_the_witnesss_key_may_be_kept_elsewhere(
    run: Run, calls: JournalEventStore, state: str, tmp_path: Path
) -> None:
    record(calls, "call", "Hello?")
    signer = witness_signer(tmp_path / "elsewhere")
    key = str(tmp_path / "elsewhere" / "signing.key")
    assert run("witness", "--witness-state", state, "--signing-key", key).code == 0
    assert names(calls, "call", CosignerKey.of(signer)) == [signer.name]
    assert not (Path(state) / "signing.key").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--submit", "http://127.0.0.1:1"),
        ("--witness-state", "w", "--submit", "http://127.0.0.1:1", "--witness", "k"),
        ("--submit", "http://127.0.0.1:1", "--witness", "k", "--key", "k"),
        ("--submit", "http://127.0.0.1:1", "--witness", "k", "--witness", "k"),
        ("--witness-state", "w", "--serve", "0"),
        ("--witness-state", "w", "--serve", "0", "--key", "k", "call"),
        ("--serve", "0", "--key", "k"),
    ],
)
def test_options_that_do_not_go_together_are_refused(run: Run, arguments: tuple[str, ...]) -> None:
    refused = run("witness", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert not Path("w").exists()


def test_a_key_that_is_no_witnesss_is_refused(
    run: Run, calls: JournalEventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record(calls, "call", "Hello?")
    Path("empty.key").write_text("\n")
    url = "http://127.0.0.1:1"
    assert run("witness", "--submit", url, "--witness", "empty.key").code == 2
    for key in (str(LOG.verifier), key_file(calls), "a+b+c"):
        refused = run("witness", "--submit", url, "--witness", key)
        assert (refused.code, refused.out) == (2, "")
        assert "cosigner.key" in refused.err
    assert run("witness", "--submit", url, "--witness", "no-such-file").code == 2


def test_two_witnesses_are_asked_over_http(
    run: Run, calls: JournalEventStore, tmp_path: Path
) -> None:
    calls = JournalEventStore(calls.root, signer=LOG)
    grow(calls, "call", 10)
    other_key = CosignerKey.of(OTHER_WITNESS)
    keys = tmp_path / "other.key"
    keys.write_text(f"{other_key}\n")
    other = Witness(tmp_path / "w2", OTHER_WITNESS, [LOG.verifier])
    with served(new_witness(tmp_path / "w1")) as first, served(other) as second:
        submitted = run(
            *("witness", "call"),
            *("--submit", first.url, "--witness", str(WITNESS_KEY)),
            *("--submit", second.url, "--witness", str(keys)),
        )
    assert submitted.code == 0, submitted.err
    assert sorted(names(calls, "call", WITNESS_KEY, other_key)) == [
        WITNESS.name,
        OTHER_WITNESS.name,
    ]


def test_one_witness_that_is_away_does_not_cost_the_other_its_countersignature(
    run: Run, calls: JournalEventStore, tmp_path: Path
) -> None:
    calls = JournalEventStore(calls.root, signer=LOG)
    grow(calls, "call", 10)
    with served(new_witness(tmp_path / "w1")) as service:
        submitted = run(
            *("witness", "call"),
            *("--submit", "http://127.0.0.1:1", "--witness", str(WITNESS_KEY)),
            *("--submit", service.url, "--witness", str(WITNESS_KEY)),
        )
    assert submitted.code == 2
    assert submitted.out.startswith("call  10 events countersigned by witness.example/w1")
    assert "No answer: Connection refused" in submitted.err


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A witness served by a process of its own, and its URL."""
    process = subprocess.Popen(
        [*EARWITNESS, "witness", "--serve", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[-1].strip('"}')
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_served_witness_tells_of_each_request_and_ends_when_told(
    run: Run, calls: JournalEventStore, state: str, end: signal.Signals
) -> None:
    record(calls, "call", "Hello?")
    cosigner = Path(state) / "cosigner.key"
    with serving("--witness-state", state, "--key", key_file(calls)) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        submitted = run("witness", "--submit", url, "--witness", str(cosigner))
        assert (submitted.code, submitted.err) == (0, "")
        process.send_signal(end)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    (line,) = out.splitlines()
    assert "  200  127.0.0.1  earwitness-" in line
    assert "/call  " in line


def test_a_served_witness_tells_as_json_lines(state: str) -> None:
    log, strange = Log(), Log(origin="stranger.example/call", signer=STRANGER)
    with serving("--witness-state", state, "--key", str(LOG.verifier), "--json") as (process, url):
        remote = HttpWitness(url)
        remote.add_checkpoint(log.request(0, 10))
        assert remote.add_checkpoint(log.request(0, 20)) == LatestSize(10)
        with pytest.raises(WrongOriginError):
            remote.add_checkpoint(strange.request(0, 10))
        process.terminate()
        out, err = process.communicate(timeout=60)
    lines = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [(line["status"], line["origin"], line["size"]) for line in lines] == [
        (200, "log.example/call", 10),
        (409, "log.example/call", 20),
        (404, "stranger.example/call", 10),
    ]
    assert [line["why"] for line in lines[:2]] == [None, "the witness knows 10 events"]
    assert "knows no key" in lines[2]["why"]


def test_a_served_witness_is_not_made_of_a_broken_key(run: Run, state: str) -> None:
    Path(state).mkdir()
    (Path(state) / "signing.key").write_text("hunter2")
    key = str(LOG.verifier)
    refused = run("witness", "--serve", "0", "--witness-state", state, "--key", key)
    assert (refused.code, refused.out) == (2, "")
    assert "This is not a signing key." in refused.err
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("address", ["", "x", "1:2:3", "::1:2", "[::1]:x", "h:99999", ":1", "a/b"])
def test_an_address_that_is_none_is_refused(run: Run, state: str, address: str) -> None:
    key = str(LOG.verifier)
    refused = run("witness", "--serve", address, "--witness-state", state, "--key", key)
    assert (refused.code, refused.out) == (2, "")
    assert "no address to serve at" in refused.err
