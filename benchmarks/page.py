"""The documentation's page: its figures and charts are those of the results, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from .charts import THEMES, cost_chart, growth_chart, stall_chart
from .results import figures
from .table import amount, number, spread

PAGE: Final = Path(__file__).parents[1] / "docs/explanation/cost.md"
CHARTS: Final = PAGE.with_name("cost")

_BLOCK: Final = re.compile(r"^(% figures: (\w+)\n).*?(?=^% end$)", re.MULTILINE | re.DOTALL)


def write_page(results: dict[str, Any]) -> None:
    """Write the results into the page, and draw its charts."""
    PAGE.write_text(filled_in(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    CHARTS.mkdir(exist_ok=True)
    for name, text in charts(results).items():
        (CHARTS / name).write_text(text, encoding="utf-8")


def filled_in(page: str, results: dict[str, Any]) -> str:
    """The page with these results between each `% figures` and its `% end`."""
    blocks = {"table": _table(results), "machine": _machine(results), "beside": _beside(results)}
    return _BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found[2]]}\n", page)


def charts(results: dict[str, Any]) -> dict[str, str]:
    """The charts by the names of their files: each for a light page and for a dark one."""
    drawn = {}
    for name, theme in THEMES.items():
        drawn[f"event-{name}.svg"] = cost_chart(results, theme)
        drawn[f"growth-{name}.svg"] = growth_chart(results, theme)
        drawn[f"stall-{name}.svg"] = stall_chart(results, theme)
    return drawn


def _table(results: dict[str, Any]) -> str:
    lines = ["| what | goal | measured | spread | met |", "|---|---|---:|---:|---|"]
    for row in _rows(results):
        met = "yes" if row["met"] else "**no**"
        found = amount(row).replace("|", "\\|")
        lines.append(f"| {row['what']} | {row['goal']} | {found} | {spread(row)} | {met} |")
    return "\n".join(lines)


def _machine(results: dict[str, Any]) -> str:
    told = results["machine"]
    return (
        f"{told['cpu']}, {told['cores']} cores, {told['system']}, Python {told['python']}, "
        f"livekit-agents {told['livekit_agents']}, {told['at']}, "
        f"at a load of {told['load']}."
    )


def _beside(results: dict[str, Any]) -> str:
    lines = ["| beside the table | |", "|---|---:|"]
    for name, value in figures(results).items():
        if isinstance(value, int | float):
            lines.append(f"| {name} | {number(value)} |")
    return "\n".join(lines)


def _rows(results: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in results["rows"].values() for row in rows]
