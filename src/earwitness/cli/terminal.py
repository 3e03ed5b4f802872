"""What reaches the terminal, and what must not.

Names, ids and everything that was said come from callers, models and other people's code. To a
terminal they are plain text: no markup of ours, no escape sequence, nothing that turns the
direction of writing.
"""

from __future__ import annotations

import json
from typing import Any, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..exceptions import EarwitnessError
from ..visible import visible

_STATE_STYLES: Final = {
    "live": "green",
    "closed": "",
    "interrupted": "yellow",
    "damaged": "red",
}


def one_line(text: object) -> str:
    """A text as :func:`visible`, on one line."""
    return visible(" ".join(str(text).split()))


def named(session_id: str, style: str = "bold") -> Text:
    """A session's id, which is one line whatever stands in it: none may pass for a second one."""
    return styled(session_id.replace("\n", r"\n"), style)


def styled(text: object, style: str = "") -> Text:
    """A text as :func:`visible`, in a style."""
    return Text(visible(text), style)


def state_of(state: str, close_reason: str | None = None) -> Text:
    """The state of a session, with the reason why it was closed."""
    words = state if close_reason is None else f"{state}: {close_reason}"
    return styled(words, _STATE_STYLES.get(state, ""))


def new_console(*, stderr: bool = False) -> Console:
    """Standard output, in colour on a terminal only. Strings printed to it are plain text."""
    return _PlainConsole(stderr=stderr, markup=False, emoji=False, highlight=False)


def new_table(*titles: str) -> Table:
    """A table without lines; without titles, its columns come with its rows."""
    return Table(
        *titles,
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
        show_header=bool(titles),
    )


def print_table(console: Console, table: Table, title: str = "", *, indent: int = 2) -> None:
    """Print a table, below its title if it has one; nothing if it has no rows."""
    if not table.row_count:
        return
    for column in table.columns:
        column.overflow = "fold"  # nothing is left out for want of room
    if title:
        console.print(f"\n{title}", style="bold")
    console.print(Padding(table, (0, 0, 0, indent)))


def print_json(document: Any) -> None:
    """Print a JSON document to standard output."""
    # In ASCII, since a terminal obeys some characters that JSON may hold as they are.
    typer.echo(json.dumps(document, indent=2, ensure_ascii=True))


def show_error(error: Exception) -> None:
    """Say on stderr what went wrong."""
    console = new_console(stderr=True)
    console.print(styled("Error: ", "bold red") + styled(_what(error)))
    table = new_table()
    for name, text in _details(error).items():
        table.add_row(styled(name, "dim"), text)
    print_table(console, table)


class _PlainConsole(Console):
    """Makes every string visible that is handed to it, for a cell of a table or as it stands."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


def _what(error: Exception) -> str:
    if isinstance(error, EarwitnessError):
        return error.what
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _details(error: Exception) -> dict[str, str]:
    if isinstance(error, EarwitnessError):
        names = ("where", "expected", "got", "hint")
        details = {name: getattr(error, name) for name in names}
    else:
        details = {"where": str(getattr(error, "filename", None) or "")}
    return {name: text for name, text in details.items() if text}
