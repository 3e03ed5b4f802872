"""`earwitness serve` serves until it is told to stop, and lets nobody in by mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import EARWITNESS, begin, process

TOKEN = "correct-horse-battery-staple"


@contextmanager
def serving(store: JournalEventStore, *options: str, **environment: str) -> Iterator[str]:
    """A viewer in a process of its own, stopped by a signal: its address."""
    store.signer()  # else it is a copy, in which nobody notes who looks
    server = subprocess.Popen(
        [*EARWITNESS, "serve", "--store", str(store.root), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert server.stdout is not None
    assert server.stderr is not None
    said = server.stdout.readline()
    try:
        assert said.startswith(f"{store.root} is at http://"), server.stderr.read()
        yield said.rstrip().rpartition(" ")[2]
    finally:
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=60)
    assert (out, err) == ("", "")


def test_it_serves_pages_and_the_api(store: JournalEventStore, calls: list[str]) -> None:
    with serving(store) as address:
        with urllib.request.urlopen(f"{address}api/v1/sessions") as answer:
            assert json.load(answer)["total"] == 5
            assert "server" not in answer.headers
        with urllib.request.urlopen(address) as page:
            assert calls[0] in page.read().decode()


def test_it_stops_while_somebody_listens(store: JournalEventStore) -> None:
    begin(store, "call")
    with serving(store) as address:
        stream = urllib.request.urlopen(f"{address}api/v1/sessions/call/live")
        assert stream.status == 200
        assert stream.readline() == b"event: session\n"
    stream.read()
    stream.close()


def test_other_addresses_than_this_machine_demand_a_token(store: JournalEventStore) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        refused = process("serve", "--host", host, "--store", str(store.root), cwd=Path("/"))
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert b"token" in refused.stderr


def test_a_token_that_can_be_guessed_is_refused(store: JournalEventStore) -> None:
    refused = process("serve", "--token", "secret", "--store", str(store.root), cwd=Path("/"))
    assert (refused.returncode, refused.stdout) == (2, b"")


def test_with_a_token_it_may_be_reached_from_elsewhere(
    store: JournalEventStore, calls: list[str]
) -> None:
    with serving(store, "--host", "0.0.0.0", EARWITNESS_VIEWER_TOKEN=TOKEN) as address:
        asked = urllib.request.Request(
            f"{address}api/v1/sessions".replace("0.0.0.0", "127.0.0.1"),
            headers={"Authorization": f"Bearer {TOKEN}", "Host": "calls.example"},
        )
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["total"] == 5
        asked.remove_header("Authorization")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        assert refused.value.code == 401
        refused.value.close()


def test_an_address_that_is_taken_is_an_error(store: JournalEventStore) -> None:
    with serving(store) as address:
        port = address.rstrip("/").rpartition(":")[2]
        refused = process("serve", "--port", port, "--store", str(store.root), cwd=Path("/"))
        assert refused.returncode == 2
        assert b"in use" in refused.stderr
        assert port.encode() in refused.stderr
