"""Recovers sessions, and finds out from their logs what was done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import structlog
from attrs import Factory, define

from ..background import scribe
from ..codec import load
from ..events import AudioMissing, AudioSealed, Event, RecordingRecovered, TornLine
from ..exceptions import EarwitnessError, IntegrityError
from ..integrity.checkpoint import Checkpoint
from ..integrity.note import parse_note
from ..recovery import Recovery
from ..recovery import recover as recover_each
from ..sealing import CHECKPOINT_NAME
from ..stores.journal import JournalEventStore


@define
class Outcome:
    """What became of one session.

    Attributes:
        recovery: what recovery itself tells.
        torn: the unfinished lines that were cut off the log, ever.
        audio: the audio file that was salvaged, or could not be.
        sealed: a checkpoint covers all of its events.
        seal_error: why not, as far as it can be found out.
    """

    recovery: Recovery
    torn: list[TornLine] = Factory(list)
    audio: AudioSealed | AudioMissing | None = None
    sealed: bool = False
    seal_error: str = ""

    @property
    def needs_attention(self) -> bool:
        """True if the session is not closed and sealed as it should be."""
        if self.recovery.outcome == "recovered":
            return not self.sealed
        return self.recovery.outcome in ("damaged", "failed")


def recover_sessions(
    store: JournalEventStore, names: Sequence[str], *, audit: bool
) -> list[Outcome]:
    """Recover sessions.

    Args:
        store: where they are.
        names: which ones; all if there are none.
        audit: write the audit trail to standard error.

    Raises:
        EarwitnessError: there is no such session.
    """
    sessions = list(dict.fromkeys(map(store.find, names))) if names else None
    try:
        recoveries = recover_each(store, sessions, audit=audit_logger() if audit else False)
        return [_outcome(store, recovery) for recovery in recoveries]
    finally:
        scribe.flush()


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0, or 1 if a session needs somebody's attention."""
    return int(any(outcome.needs_attention for outcome in outcomes))


def audit_logger() -> Any:
    """Writes the audit trail to standard error, as JSON lines."""
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


def _outcome(store: JournalEventStore, recovery: Recovery) -> Outcome:
    outcome = Outcome(recovery)
    if recovery.outcome != "recovered":
        return outcome
    for event in store.read(recovery.session_id):
        _look_at(event, outcome)
    outcome.sealed = _sealed_size(store, recovery.session_id) == recovery.events
    outcome.seal_error = "" if outcome.sealed else _why_unsealed(store)
    return outcome


def _look_at(event: Event, outcome: Outcome) -> None:
    if event.withheld:
        return
    if event.type == RecordingRecovered.TAG:
        outcome.torn += load(event, RecordingRecovered).torn
    elif event.type == AudioSealed.TAG:
        outcome.audio = load(event, AudioSealed)
    elif event.type == AudioMissing.TAG:
        outcome.audio = load(event, AudioMissing)


def _sealed_size(store: JournalEventStore, session_id: str) -> int:
    try:
        note = parse_note((store.folder(session_id) / CHECKPOINT_NAME).read_bytes())
        return Checkpoint.parse(note.text).size
    except (IntegrityError, OSError):
        return 0


def _why_unsealed(store: JournalEventStore) -> str:
    try:
        store.signer()
    except EarwitnessError as error:
        return error.what
    except OSError as error:
        return error.strerror or type(error).__name__
    return "The checkpoint could not be written."
