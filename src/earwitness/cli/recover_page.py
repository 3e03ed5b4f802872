"""What `earwitness recover` did, for people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import asdict
from rich.console import Console

from ..events import AudioMissing, AudioSealed
from .failures import error_document
from .formats import counted, duration, size
from .recover_run import Outcome
from .terminal import named, new_table, print_table, styled

_LEFT_ALONE = ("closed", "live")
_STYLES = {"recovered": "green", "damaged": "bold red", "failed": "bold red"}


def print_recoveries(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print what was done to each session that was not left alone, and count the others."""
    counts = Counter[str](outcome.recovery.outcome for outcome in outcomes)
    for outcome in outcomes:
        recovery = outcome.recovery
        if recovery.outcome in _LEFT_ALONE:
            continue
        verdict = styled(recovery.outcome, _STYLES[recovery.outcome])
        console.print(named(recovery.session_id) + styled("  ") + verdict)
        table = new_table()
        for name, text in _facts(outcome):
            table.add_row(styled(name, "dim"), text)
        print_table(console, table)
        console.print()
    done = ", ".join(f"{counts[name]:,} {name}" for name in _STYLES if counts[name])
    left = " and ".join(f"{counts[name]:,} {name}" for name in _LEFT_ALONE)
    console.print(f"{done or 'Nothing to recover'}. Left alone: {left}.")


def recovered(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What `recover` says as JSON."""
    counts = Counter[str](outcome.recovery.outcome for outcome in outcomes)
    return {
        "sessions": [
            _document(outcome)
            for outcome in outcomes
            if outcome.recovery.outcome not in _LEFT_ALONE
        ],
        **{name: counts[name] for name in _LEFT_ALONE},
    }


def _facts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    recovery = outcome.recovery
    if recovery.error is not None:
        yield from error_document(recovery.error).items()
        return
    yield "events", f"{recovery.events:,}"
    for torn in outcome.torn:
        yield "torn", f"{counted(torn.bytes, 'byte')} of an unfinished line, kept in {torn.file}"
    if isinstance(outcome.audio, AudioSealed):
        length = f", {duration(outcome.audio.seconds)}" if outcome.audio.seconds else ""
        yield "audio", f"{outcome.audio.file}, {size(outcome.audio.bytes)}{length}"
    elif isinstance(outcome.audio, AudioMissing):
        yield "audio", f"missing: {outcome.audio.error}, {outcome.audio.path}"
    yield "sealed", "yes" if outcome.sealed else f"no: {outcome.seal_error}"


def _document(outcome: Outcome) -> dict[str, Any]:
    recovery, audio = outcome.recovery, outcome.audio
    return {
        "session_id": recovery.session_id,
        "outcome": recovery.outcome,
        "events": recovery.events,
        "torn": [asdict(torn) for torn in outcome.torn],
        "audio": asdict(audio) if isinstance(audio, AudioSealed) else None,
        "audio_missing": asdict(audio) if isinstance(audio, AudioMissing) else None,
        "sealed": outcome.sealed,
        "seal_error": outcome.seal_error or None,
        "error": None if recovery.error is None else error_document(recovery.error),
    }
