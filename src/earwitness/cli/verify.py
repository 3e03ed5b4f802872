"""`earwitness verify`: whether the record is what was sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..exceptions import EarwitnessError
from .options import DEFAULT_STORE, JsonOption, StoreOption

SessionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SESSION",
        help="Their ids, any unique beginnings of them, or `last`; by default all of the store's.",
        show_default=False,
    ),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="Trust this verifier key, or those in a file, and not the store's own. Repeatable.",
        show_default=False,
    ),
]
AuditLogOption = Annotated[
    list[str] | None,
    typer.Option(
        "--audit-log",
        metavar="FILE",
        help="Compare with the checkpoints that an audit log knows, JSON lines; - is standard "
        "input. Repeatable.",
        show_default=False,
    ),
]
WitnessOption = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="KEY",
        help="Trust the witness with this key, or those in a file. Repeatable.",
        show_default=False,
    ),
]
QuorumOption = Annotated[
    int | None,
    typer.Option(
        "--quorum",
        metavar="N",
        min=1,
        help="How many of them have to countersign each session; by default none.",
        show_default=False,
    ),
]
ProofOption = Annotated[
    Path | None,
    typer.Option(
        "--proof",
        metavar="FILE",
        help="Verify the evidence of one event instead, without its store.",
        show_default=False,
    ),
]


def verify(
    sessions: SessionsArgument = None,
    key: KeyOption = None,
    audit_log: AuditLogOption = None,
    witness: WitnessOption = None,
    quorum: QuorumOption = None,
    proof: ProofOption = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Verify that the record is what was sealed.

    Exits with 0 if it is, 1 if something is not, 2 if something could not be read.
    """
    if quorum is not None and not witness:
        raise typer.BadParameter("--quorum counts the witnesses of --witness.")
    if proof is not None:
        if sessions or audit_log or witness:
            raise typer.BadParameter("--proof goes with --key alone: it needs no store.")
        raise typer.Exit(_verify_proof(proof, key or [], store, json))

    from ..verify import Quorum
    from .terminal import new_console, print_json
    from .verify_documents import verified
    from .verify_page import print_verdict
    from .verify_store import verify_store
    from .witness_keys import witness_keys

    asked = Quorum(witness_keys(witness or []), quorum or 0)
    verdict = verify_store(store, sessions or [], key or [], audit_log or [], asked)
    if json:
        print_json(verified(verdict))
    else:
        print_verdict(new_console(), verdict, store)
    raise typer.Exit(verdict.exit_code)


def _verify_proof(proof: Path, keys: list[str], store: Path, json: bool) -> int:
    from .terminal import new_console, print_json
    from .verify_documents import flawed, proven
    from .verify_keys import trusted_keys
    from .verify_proof import examine, print_evidence, print_flaw

    found = examine(proof.read_bytes(), trusted_keys(keys, store))
    if isinstance(found, EarwitnessError):
        if json:
            print_json(flawed(found))
        else:
            print_flaw(new_console(), found)
        return 1
    if json:
        print_json(proven(found))
    else:
        print_evidence(new_console(), found)
    return 0
