"""`earwitness timestamp`: a checkpoint is stamped, and what was stamped is verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, record
from tests.witness.authority import Authority, new_authority, openssl_can_stamp
from tests.witness.logs import STRANGER
from tests.witness.recordings import forge, grow

pytest.importorskip("rfc3161_client", reason='needs the extra "timestamps"')
pytestmark = pytest.mark.skipif(not openssl_can_stamp(), reason="openssl has no `ts` here")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("tsa") / "authority")


@pytest.fixture
def tsa(authority: Authority) -> Iterator[str]:
    with authority.served() as url:
        yield url


def test_a_session_is_stamped_and_the_stamp_verified(
    run: Run, calls: JournalEventStore, tsa: str, authority: Authority
) -> None:
    record(calls, "call", "Hello?")
    root = str(authority.root_file)
    (told,) = run("timestamp", "call", "--tsa", tsa, "--tsa-root", root).lines
    assert told.startswith("call  3 events stamped: ")
    assert told.endswith("timestamps/3.tsr")
    (told,) = run("timestamp", "last", "--verify", "--tsa-root", root).lines
    assert told.startswith("3 events were there at 20")
    assert told.endswith(", by CN=Authority")


def test_without_roots_it_says_that_it_trusted_anybody(
    run: Run, calls: JournalEventStore, tsa: str
) -> None:
    record(calls, "call", "Hello?")
    assert "not verified" in run("timestamp", "call", "--tsa", tsa).lines[1]
    (again,) = run("timestamp", "call", "--tsa", tsa).lines
    assert again.startswith("call  3 events already stamped: ")


def test_all_of_it_as_json(
    run: Run, calls: JournalEventStore, tsa: str, authority: Authority
) -> None:
    record(calls, "call", "Hello?")
    stamped = run("timestamp", "call", "--tsa", tsa, "--json").json
    assert (stamped["session_id"], stamped["size"], stamped["new"]) == ("call", 3, True)
    verified = run(
        *("timestamp", "call", "--verify", "--tsa-root", str(authority.root_file), "--json")
    ).json
    (timestamp,) = verified["timestamps"]
    assert timestamp["file"] == stamped["file"]
    assert (timestamp["size"], timestamp["authority"]) == (3, "CN=Authority")
    assert timestamp["error"] is None


def test_a_log_that_was_rewritten_since_is_not_sound(
    run: Run, calls: JournalEventStore, tsa: str, authority: Authority
) -> None:
    for size in (10, 20):
        grow(calls, "call", size)
        assert run("timestamp", "call", "--tsa", tsa).code == 0
    forge(calls, "call", 15)
    verify = ("timestamp", "call", "--verify", "--tsa-root", str(authority.root_file))
    found = run(*verify)
    assert found.code == 1
    assert found.out.startswith("10 events were there at ")
    assert found.out.endswith("20.tsr  not sound\n")
    assert found.err.startswith("Error: The log is not what was sealed.")
    first, second = json.loads(run(*verify, "--json").out)["timestamps"]
    assert first["error"] is None
    assert second["error"]["what"] == "The log is not what was sealed."


def test_the_logs_key_may_be_the_auditors_own(
    run: Run, calls: JournalEventStore, tsa: str, authority: Authority
) -> None:
    record(calls, "call", "Hello?")
    assert run("timestamp", "call", "--tsa", tsa).code == 0
    verify = ("timestamp", "call", "--verify", "--tsa-root", str(authority.root_file))
    key_file = calls.root / "keys" / "verifier.key"
    assert run(*verify, "--key", str(key_file)).code == 0
    assert run(*verify, "--key", str(STRANGER.verifier)).code == 1


def test_what_is_not_there_is_an_error(
    run: Run, calls: JournalEventStore, authority: Authority
) -> None:
    record(calls, "call", "Hello?")
    root = str(authority.root_file)
    refused = run("timestamp", "call", "--verify", "--tsa-root", root)
    assert (refused.code, refused.out) == (2, "")
    assert "The session has no timestamps." in refused.err
    refused = run("timestamp", "call", "--tsa", "http://127.0.0.1:1")
    assert (refused.code, refused.out) == (2, "")
    assert "No answer: Connection refused" in refused.err
    (calls.folder("call") / "checkpoint").unlink()
    refused = run("timestamp", "call", "--tsa", "http://127.0.0.1:1")
    assert "The session has no checkpoint." in refused.err


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--verify",),
        ("--tsa", "http://127.0.0.1:1", "--verify", "--tsa-root", "root.pem"),
        ("--tsa", "http://127.0.0.1:1", "--key", "k"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    run: Run, options: tuple[str, ...], tmp_path: Path
) -> None:
    refused = run("timestamp", "call", *options)
    assert (refused.code, refused.out) == (2, "")
