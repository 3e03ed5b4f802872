"""Records the demo's call by voice, in a process of its own that can be killed, and shows it."""

from __future__ import annotations

import importlib.util
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from attrs import frozen
from rich.console import Console

from ..audio import AUDIO_NAME
from ..exceptions import EarwitnessError, SessionNotFoundError
from ..opening import open_store
from ..projections.transcript import fold_transcript
from ..recovery import recover_session
from ..stores.following import Follower
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from .facts import gather_facts
from .following import print_events
from .formats import duration
from .page import from_here, print_files, print_next_commands, transcript, turns
from .terminal import print_table
from .waterfalls import print_waterfalls

NEEDED: Final = (
    *("espeakng_loader", "pocketsphinx", "livekit.plugins.silero"),
    *("phonenumbers", "stdnum"),
)
CALL: Final = "earwitness.livekit.demo.voice_call"

_LOOK_EVERY_SECONDS: Final = 0.1
_INTO_THE_ANSWER: Final = 1.5
"""Seconds."""
_HEARD_IN_IT: Final = (
    "The card number can be heard in it: this demo keeps the sound, which the policy pci does not."
)
_MEASUREMENTS: Final = {"metrics_collected", "session_usage_updated"}


def show_voice_call(console: Console, store: Path, *, kill: bool) -> None:
    """Record a call by voice and show all of it.

    Raises:
        EarwitnessError: a package is missing, or the call failed.
    """
    check_installed()
    opened = open_store(store)
    session_id = f"voice-{secrets.token_hex(4)}"
    _print_introduction(console, opened, session_id)
    with _process(store, session_id) as call:
        killed_at = _follow(console, opened, session_id, call, kill=kill)
    if killed_at is not None:
        _print_recovery(console, opened, session_id, killed_at)
    facts = gather_facts(opened, session_id)
    print_table(console, transcript(facts), "Transcript")
    print_table(console, turns(facts), "Turns")
    print_waterfalls(console, opened.read(session_id))
    print_files(console, facts)
    sound = from_here(opened.folder(session_id) / AUDIO_NAME)
    console.print(f"\nListen: {sound}, left the guest, right the agent.", soft_wrap=True)
    if killed_at is None:
        console.print(_HEARD_IN_IT)
    commands = ("show last", "verify last", "export last --format vtt", "serve")
    print_next_commands(console, store, *commands)


def check_installed() -> None:
    """Find out what the demo lacks before it begins.

    Raises:
        EarwitnessError: a package is missing.
    """
    for name in NEEDED:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise EarwitnessError(
                "The demo with voices needs packages that are not installed.",
                expected=name,
                got="nothing",
                hint='pip install "earwitness[demo-voice]"',
            )


@frozen
class _Call:
    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def check(self) -> None:
        if self.process.returncode:
            self.errors.seek(0)
            last = self.errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise EarwitnessError("The call failed.", where=CALL, got=last)


@contextmanager
def _process(store: Path, session_id: str) -> Iterator[_Call]:
    command = [sys.executable, "-m", CALL, str(store), session_id]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors)
        try:
            yield _Call(process, errors)
        finally:  # interrupted from the keyboard, nobody is left on the line
            process.kill()
            process.wait()


def _follow(
    console: Console, store: JournalEventStore, session_id: str, call: _Call, *, kill: bool
) -> float | None:
    """Show the events of the call as it goes on; when it was killed, if it was."""
    printed = _Printed(console, store, session_id)
    killing_at: float | None = None
    while call.process.poll() is None:
        time.sleep(_LOOK_EVERY_SECONDS)
        try:
            printed.go_on()
            if kill and killing_at is None and _speaks_again(store, session_id):
                killing_at = time.monotonic() + _INTO_THE_ANSWER
        except SessionNotFoundError:
            continue  # it has yet to begin
        if killing_at is not None and time.monotonic() > killing_at:
            call.process.send_signal(signal.SIGKILL)
            call.process.wait()
            printed.go_on()
            return time.time()
    call.check()
    printed.go_on()
    return None


class _Printed:
    """The lines of the log that were shown so far."""

    def __init__(self, console: Console, store: JournalEventStore, session_id: str) -> None:
        self._console = console
        self._store = store
        self._session_id = session_id
        self._log: Follower | None = None
        self._opened_at = 0

    def go_on(self) -> None:
        """Show those that have come since.

        Raises:
            SessionNotFoundError: the recording has yet to begin.
        """
        if self._log is None:
            path = self._store.folder(self._session_id) / LOG_NAME
            self._log = Follower(path, self._store.data_key(self._session_id))
        told = [each for each in self._log.read_on() if each.type not in _MEASUREMENTS]
        self._opened_at = print_events(self._console, told, self._opened_at)


def _speaks_again(store: JournalEventStore, session_id: str) -> bool:
    """True once the agent answers whoever has interrupted it."""
    events = list(store.read(session_id))
    cut = [each for each in fold_transcript(events) if each.interrupted]
    if not cut:
        return False
    return any(
        each.type == "agent_state_changed" and each.payload["new_state"] == "speaking"
        for each in events[cut[0].position :]
    )


def _print_introduction(console: Console, store: JournalEventStore, session_id: str) -> None:
    console.print(
        "A guest calls a restaurant, and interrupts it. Both voices are synthetic; the speech is "
        "recognised here."
    )
    console.print(
        f"Every line is an event, read from the log of {session_id} as it grows; those that only "
        "measure are left out:\n"
    )


def _print_recovery(
    console: Console, store: JournalEventStore, session_id: str, killed_at: float
) -> None:
    console.print("\nSIGKILL: the process is gone, in the middle of the call.", style="bold")
    done = recover_session(store, session_id)
    if done.error is not None:
        raise done.error
    [opened] = [each.payload for each in store.read(session_id) if each.type == "audio_opened"]
    [sealed] = [each.payload for each in store.read(session_id) if each.type == "audio_sealed"]
    lacking = killed_at - opened["started_at"] - sealed["seconds"]
    console.print(
        f"{done.outcome}: {done.events} events, and {duration(sealed['seconds'])} of sound. "
        f"Lost of it: the last {duration(lacking)}."
    )
