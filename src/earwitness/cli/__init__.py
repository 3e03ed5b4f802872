"""The command line, ``earwitness``. Its reference is ``docs/reference/cli.md``."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import typer

from ..exceptions import EarwitnessError
from .access import access
from .compare import compare
from .demo import demo
from .erase import erase
from .export import export
from .hold import hold
from .keygen import keygen
from .keyring import keyring
from .listing import ls
from .options import VersionOption
from .prove import prove
from .prune import prune
from .recover import recover
from .serve import serve
from .sessions import report, show
from .tail import tail
from .timestamp import timestamp
from .usage import Command
from .verify import verify
from .witness import witness

__all__ = ["app", "main"]

app = typer.Typer(
    name="earwitness",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # or all of rich is imported to draw boxes around the help
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def earwitness(version: VersionOption = False) -> None:
    """The black box for voice agents: see what was recorded of a LiveKit session."""


_COMMANDS = (
    *(demo, ls, show, tail, compare, report, export, serve),
    *(verify, prove, recover, keygen, witness, timestamp),
    *(erase, hold, prune, access),
)

for command in _COMMANDS:
    app.command(cls=Command)(command)
app.add_typer(keyring, name="keyring")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit the process.

    Exits with 0, with 2 for what could not be done (said on stderr), with 130 when interrupted
    from the keyboard, and with 1 when whoever read the output has gone away.

    Args:
        arguments: what stands behind ``earwitness``; by default that of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal knows every letter
    try:
        app(arguments, prog_name="earwitness")
    except (EarwitnessError, OSError) as error:
        from .terminal import show_error

        show_error(error)
        sys.exit(2)
