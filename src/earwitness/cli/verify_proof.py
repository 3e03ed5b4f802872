"""The verification of one event's evidence, without its store."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console

from ..evidence import Evidence, verify_evidence
from ..exceptions import EarwitnessError, IntegrityError, LogError, UnsupportedFormatError
from ..integrity.vkey import VerifierKey
from .formats import local_time
from .terminal import new_table, print_table, styled
from .verify_documents import key_name


def examine(data: bytes, keys: Sequence[VerifierKey]) -> Evidence | EarwitnessError:
    """The evidence, verified, or what is wrong with it.

    Raises:
        UnsupportedFormatError: its event is of a format that this Earwitness does not know.
    """
    try:
        return verify_evidence(data, keys)
    except UnsupportedFormatError:
        raise
    except (IntegrityError, LogError) as error:
        return error


def print_evidence(console: Console, evidence: Evidence) -> None:
    """Print what the evidence proves."""
    event = evidence.event
    told = f"event {event.position} is in the log, as it stands here."
    console.print(styled("Sound: ", "bold green") + styled(told))
    table = new_table()
    table.add_row("log", evidence.origin)
    table.add_row("event", f"{event.position} ({event.type})")
    table.add_row("recorded", local_time(event.recorded_at, precise=True))
    table.add_row("sealed", f"among the log's first {evidence.size:,}")
    table.add_row("signed by", ", ".join(map(key_name, evidence.signers)))
    table.add_row("payload", _payload(evidence))
    table.columns[0].style = "dim"
    print_table(console, table)


def print_flaw(console: Console, error: EarwitnessError) -> None:
    """Print what is wrong with the evidence."""
    console.print(styled("Not sound: ", "bold red") + styled(error.what))
    table = new_table()
    for name in ("where", "expected", "got"):
        if text := getattr(error, name):
            table.add_row(styled(name, "dim"), text)
    print_table(console, table)


def _payload(evidence: Evidence) -> str:
    if evidence.event.withheld:
        return "(withheld)"
    return json.dumps(evidence.event.plain_payload, indent=2, ensure_ascii=False)
