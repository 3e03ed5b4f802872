"""The table, for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(rows: list[dict[str, Any]], *, quick: bool) -> None:
    """Print it; a quick run only shows that everything can be measured."""
    title = "All of it runs; these figures mean nothing" if quick else "What recording costs"
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("what", ratio=1)
    for name in ("goal", "measured", "spread"):
        table.add_column(name, justify="right")
    table.add_column("met")
    for row in rows:
        met = Text("yes", "green") if row["met"] else Text("no", "red")
        table.add_row(row["what"], row["goal"], Text(amount(row)), spread(row), met)
    Console().print(table)


def amount(row: dict[str, Any]) -> str:
    """What was measured, with its unit; or why nothing was."""
    if "failed" in row:
        return f"not measured: {row['failed']}"
    return f"{number(row['measured'])} {row['unit']}".strip()


def spread(row: dict[str, Any]) -> str:
    """The middle half of the rounds."""
    if "failed" in row:
        return ""
    if row["low"] == row["high"]:
        return "one round"
    return f"{number(row['low'])} to {number(row['high'])}"


def number(value: float) -> str:
    """Three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
