"""`earwitness recover`: close what a recorder that died left open."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import DEFAULT_STORE, JsonOption, StoreOption, open_existing
from .verify import SessionsArgument

AuditOption = Annotated[
    bool,
    typer.Option(
        "--audit", help="Write the audit trail to standard error, as JSON lines, for a pipeline."
    ),
]


def recover(
    sessions: SessionsArgument = None,
    audit: AuditOption = False,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Close the sessions whose recorder died, and say what was done.

    It may run at any time, beside recorders and beside itself.

    Exits with 1 if a session could not be closed or sealed.
    """
    from .recover_page import print_recoveries, recovered
    from .recover_run import exit_code, recover_sessions
    from .terminal import new_console, print_json

    outcomes = recover_sessions(open_existing(store), sessions or [], audit=audit)
    if json:
        print_json(recovered(outcomes))
    else:
        print_recoveries(new_console(), outcomes)
    raise typer.Exit(exit_code(outcomes))
