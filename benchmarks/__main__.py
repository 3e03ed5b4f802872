"""Measures all rows, or those that are named, prints the table and publishes the results."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from importlib import import_module
from typing import Any, Final

from .measuring import Row
from .page import write_page
from .results import Rows, read_results, write_results
from .table import print_table

# In the order of the table.
ROWS: Final = (
    "recording",
    "peers",
    "stall",
    "memory",
    "finalize",
    "fold",
    "verifying",
    "sessions",
    "growth",
    "importing",
    "listing",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="see that all of it runs; no figures")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if asked.alone:
        print(json.dumps(_measure(asked.rows[0], quick=False)))
        return
    measure = _quickly if asked.quick else _in_its_own_process
    measured = {name: measure(name) for name in asked.rows or ROWS}
    print_table([row for rows in measured.values() for row in rows], quick=asked.quick)
    if not asked.quick:
        publish(measured)


def publish(measured: Rows) -> None:
    """Keep what was measured, beside what was measured before, and show it in the documentation."""
    known = read_results()["rows"] | measured
    write_results({name: known[name] for name in ROWS if name in known})
    write_page(read_results())


def _measure(name: str, *, quick: bool) -> list[dict[str, Any]]:
    rows: list[Row] = asyncio.run(import_module(f"{__package__}.rows.{name}").measure(quick))
    return [row.to_dict() for row in rows]


def _quickly(name: str) -> list[dict[str, Any]]:
    return _measure(name, quick=True)


def _in_its_own_process(name: str) -> list[dict[str, Any]]:
    print(f"measuring: {name}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", __package__, name, "--alone"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


if __name__ == "__main__":
    main()
