"""What `earwitness erase` would do, and what it did, for people and as JSON."""

from __future__ import annotations

from typing import Any, Final

from attrs import asdict
from rich.console import Console
from rich.table import Table

from ..custody.planning import Erasure
from .erase_run import Erasures
from .failures import error_document
from .formats import counted, size
from .terminal import named, new_table, print_table, styled

OUT_OF_REACH: Final = (
    "Backups, copies, and reports that were sent elsewhere are not reached from here."
)


def print_plans(console: Console, plans: Erasures) -> None:
    """Print all that would go, of each session, and what would stay."""
    for erasure in plans.erasures:
        title = named(erasure.session_id) + styled(f"  {_amount(erasure)}")
        console.print(title)
        print_table(console, _payloads(erasure))
        print_table(console, _files(erasure))
        if erasure.unfinished:
            console.print(styled("  An erasure was cut short before; it is finished.", "yellow"))
        for sentence in erasure.remains:
            console.print(styled(f"  {sentence}", "yellow"))
        console.print()
    _print_refused(console, plans)
    if not plans.erasures:
        console.print("Nothing to erase.")


def print_done(console: Console, done: Erasures, plans: Erasures) -> None:
    """Print what was erased, and what was refused only now."""
    refused = done.refused.items() - plans.refused.items()
    _print_refused(console, Erasures(refused=dict(refused)))
    for erasure in done.erasures:
        told = "finished what was begun"
        if erasure.position is not None:
            told = f"erased {_amount(erasure)}; event {erasure.position} of its log says so"
        console.print(named(erasure.session_id) + styled(f"  {told}"))
    if done.erasures:
        console.print(OUT_OF_REACH, style="dim")


def erasures(found: Erasures, *, done: bool) -> dict[str, Any]:
    """What `erase` says as JSON."""
    refused = {name: error_document(error) for name, error in found.refused.items()}
    return {
        "done": done,
        "sessions": [asdict(erasure) for erasure in found.erasures],
        "refused": [{"session_id": name, "error": error} for name, error in refused.items()],
    }


def _amount(erasure: Erasure) -> str:
    bytes_ = sum(payload.bytes for payload in erasure.payloads)
    payloads = f"{counted(len(erasure.payloads), 'payload')} of {size(bytes_)}"
    return f"{payloads}, {counted(len(erasure.files), 'file')}"


def _payloads(erasure: Erasure) -> Table:
    table = new_table()
    for payload in erasure.payloads:
        why = styled(payload.why, "dim")
        table.add_row(f"{payload.position:,}", styled(payload.type), size(payload.bytes), why)
    for column in table.columns[::2]:
        column.justify = "right"
    return table


def _files(erasure: Erasure) -> Table:
    table = new_table()
    for file in erasure.files:
        table.add_row(styled(file.file), size(file.bytes), styled(file.why, "dim"))
    return table


def _print_refused(console: Console, found: Erasures) -> None:
    for name, error in found.refused.items():
        console.print(named(name) + styled("  refused", "bold red"))
        table = new_table()
        for title, text in error_document(error).items():
            table.add_row(styled(title, "dim"), text)
        print_table(console, table)
        console.print()
