"""A session's page, and its parts: tables that have no rows where there is nothing to say."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..projections.turns import Turn
from ..projections.usage import Usage
from ..visible import visible
from .facts import SessionFacts
from .formats import (
    UNKNOWN,
    amounts,
    counted,
    duration,
    local_time,
    offset,
    sdk_named,
    size,
)
from .options import DEFAULT_STORE, STORE_VARIABLE
from .terminal import named, new_table, print_table, state_of, styled

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
    print_table(console, heading(facts), indent=0)
    print_table(console, transcript(facts), "Transcript")
    print_table(console, turns(facts), "Turns")
    print_table(console, tools(facts), "Tools")
    print_table(console, handoffs(facts), "Handoffs")
    print_table(console, errors(facts), "Errors")
    print_table(console, usage(facts.usage), "Usage")
    print_files(console, facts)


def print_files(console: Console, facts: SessionFacts) -> None:
    """Print where the session's files are."""
    folder = facts.info.folder
    if folder is not None:
        print_table(console, _files(folder), f"Files in {from_here(folder)}")


def print_next_commands(console: Console, store: Path, *commands: str) -> None:
    """Print what to try next on a store."""
    default = Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)
    where = "" if store == default else f" --store {shlex.quote(str(store))}"
    console.print("\nTry next", style="bold")
    for command in commands:
        # A command that the console had broken over two lines could not be copied.
        console.print(f"  earwitness {command}{where}", soft_wrap=True)


def heading(facts: SessionFacts) -> Table:
    """Which session it is and how it went."""
    opened, length = local_time(facts.opened_at, precise=True), duration(facts.seconds)
    table = new_table()
    table.add_row("session", named(facts.session_id))
    table.add_row("state", state_of(facts.state, facts.close_reason))
    table.add_row("opened", f"{opened}, {length} long")
    if facts.sdk:
        table.add_row("sdk", sdk_named(facts.sdk))
    for name, value in facts.job.items():
        table.add_row(name, str(value))
    if facts.lost:
        table.add_row("lost", styled(counted(facts.lost, "event"), "red"))
    for sentence in facts.unread.sentences():
        table.add_row("unread", styled(sentence, "yellow"))
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
        if each.said and (unheard := each.said.removeprefix(each.text).strip()):
            text.append(f" not heard: {visible(unheard)}", "dim")
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
        table.add_row(kind, name, amounts(model))
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
    return styled(offset(at - facts.opened_at / 1e6), "dim")


def _tools_of(turn: Turn) -> Text:
    names = [
        styled(f"{tool.name} failed", "red") if tool.failed else styled(tool.name)
        for tool in turn.tools
    ]
    return Text(", ").join(names)
