"""How long it takes until a process has imported earwitness, or has shown the command's help."""

from __future__ import annotations

from typing import Final

from ..commands import run_earwitness, run_python
from ..measuring import Row, in_turn, milliseconds, seconds

ROUNDS: Final = 21


async def measure(quick: bool) -> list[Row]:
    taken = await in_turn(
        1 if quick else ROUNDS,
        {
            "python": lambda: seconds(run_python, "pass"),
            "import": lambda: seconds(run_python, "import earwitness"),
            "help": lambda: seconds(run_earwitness, "--help"),
        },
    )
    figures = {"python -c pass, ms": milliseconds(taken["python"])}
    rows = [
        ("`import earwitness`, from the start of Python on", 120.0, taken["import"]),
        ("`earwitness --help`, from the start of Python on", 250.0, taken["help"]),
    ]
    return [
        Row.of(what, f"under {most:.0f} ms", took * 1e3, at_most=most, unit="ms", figures=figures)
        for what, most, took in rows
    ]
