"""A session's page, and its parts: tables that have no rows where there is nothing to say."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..projections.turns import Turn
from ..projections.usage import Usage
from .facts import SessionFacts
from .formats import UNKNOWN, counted, duration, local_time, offset, size
from .terminal import new_table, print_section, state_of, styled

# What LiveKit measures, by its own names, under the shortest title that says it.
_LATENCIES: Final = {
    "transcription_delay": "stt",
    "end_of_turn_delay": "eou",
    "llm_node_ttft": "llm",
    "tts_node_ttfb": "tts",
    "e2e_latency": "e2e",
}
_OUTCOME_STYLES: Final = {"ok": "green", "failed": "red", "no output": "dim"}


def print_page(console: Console, facts: SessionFacts) -> None:
    """Print all there is to say of a session."""
    console.print(heading(facts))
    print_section(console, "Transcript", transcript(facts))
    print_section(console, "Turns", turns(facts))
    print_section(console, "Tools", tools(facts))
    print_section(console, "Handoffs", handoffs(facts))
    print_section(console, "Errors", errors(facts))
    print_section(console, "Usage", usage(facts.usage))
    print_files(console, facts)


def print_files(console: Console, facts: SessionFacts) -> None:
    """Print where the session's files are."""
    if facts.info.folder is not None:
        print_section(
            console, f"Files in {from_here(facts.info.folder)}", _files(facts.info.folder)
        )


def heading(facts: SessionFacts) -> Table:
    """Which session it is and how it went."""
    info = facts.info
    opened, length = local_time(info.opened_at, precise=True), duration(facts.seconds)
    table = new_table()
    table.add_row("session", styled(info.session_id, "bold"))
    table.add_row("state", state_of(info.state, facts.close_reason))
    table.add_row("opened", f"{opened}, {length} long")
    if facts.sdk:
        table.add_row("sdk", " ".join(str(part) for part in facts.sdk.values()))
    if facts.job:
        table.add_row("job", ", ".join(f"{name} {value}" for name, value in facts.job.items()))
    if facts.lost:
        table.add_row("lost", styled(counted(facts.lost, "event"), "red"))
    table.columns[0].style = "dim"
    return table


def transcript(facts: SessionFacts) -> Table:
    """Who said what, and when."""
    table = new_table()
    for each in facts.transcript:
        who = styled("user", "cyan") if each.speaker == "user" else styled(each.agent or "agent")
        text = styled(each.text or UNKNOWN)
        if each.interrupted:
            text.append(" (interrupted)", "yellow")
        table.add_row(_when(facts, each.at), who, text)
    return table


def turns(facts: SessionFacts) -> Table:
    """What each turn took, and the tools it used."""
    measured = [name for name in _LATENCIES if any(turn.latency.get(name) for turn in facts.turns)]
    table = new_table("turn", "at", *(_LATENCIES[name] for name in measured), "tools")
    for column in table.columns[:-1]:
        column.justify = "right"
    for turn in facts.turns:
        latencies = [duration(turn.latency.get(name)) for name in measured]
        number = styled(turn.number)
        table.add_row(number, _when(facts, turn.at), *latencies, _tools_of(turn))
    return table


def tools(facts: SessionFacts) -> Table:
    """The tools called, how long they took and how they ended."""
    table = new_table()
    for tool in facts.tools:
        outcome = styled(tool.outcome, _OUTCOME_STYLES[tool.outcome])
        table.add_row(_when(facts, tool.at), tool.name, duration(tool.seconds), outcome)
    return table


def handoffs(facts: SessionFacts) -> Table:
    """Which agent took over from which."""
    table = new_table()
    for each in facts.handoffs:
        table.add_row(_when(facts, each.at), f"{each.from_agent} → {each.to_agent}")
    return table


def errors(facts: SessionFacts) -> Table:
    """The models that failed."""
    table = new_table()
    for each in facts.failures:
        outcome = ("recoverable", "yellow") if each.recoverable else ("not recoverable", "red")
        table.add_row(_when(facts, each.at), each.kind, each.model, styled(*outcome))
    return table


def usage(models: list[Usage]) -> Table:
    """What each model was used for."""
    table = new_table()
    for model in models:
        kind = str(model.get("type") or "").removesuffix("_usage")
        name = "/".join(str(model[part]) for part in ("provider", "model") if model.get(part))
        amounts = [
            f"{amount:,} {unit.replace('_', ' ')}"
            for unit, amount in model.items()
            if isinstance(amount, int | float)
        ]
        table.add_row(kind, name, ", ".join(amounts))
    return table


def _files(folder: Path) -> Table:
    table = new_table()
    for file in sorted(folder.glob("[!.]*")):
        if file.is_file():
            table.add_row(file.name, size(file.stat().st_size))
    return table


def from_here(path: Path) -> Path:
    """A path as it is shortest to write: relative to the working folder if it is inside."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _when(facts: SessionFacts, at: float) -> Text:
    return styled(offset(at - facts.info.opened_at / 1e6), "dim")


def _tools_of(turn: Turn) -> Text:
    names = [
        styled(f"{tool.name} failed", "red") if tool.failed else styled(tool.name)
        for tool in turn.tools
    ]
    return Text(", ").join(names)
