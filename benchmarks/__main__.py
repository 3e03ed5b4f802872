"""Measures all rows, or those that are named, prints the table and publishes the results."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from typing import Any, Final

from .measuring import Row, not_measured
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
MOST_SECONDS: Final = 600.0
"""A row that takes longer is given up, and says so."""


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
    rows = [row for each in measured.values() for row in each]
    print_table(rows, quick=asked.quick)
    if not asked.quick:
        publish(measured)
    if any("failed" in row for row in rows):
        sys.exit(1)


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
    _tell(f"{name} ...")
    began = time.monotonic()
    # Of a group of its own, so that no process that it starts outlives it.
    process = subprocess.Popen(
        [sys.executable, "-m", __package__, name, "--alone"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        written, said = process.communicate(timeout=MOST_SECONDS)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        _tell(" given up\n")
        return [not_measured(name, f"it took longer than {MOST_SECONDS:.0f} s")]
    _tell(f" {time.monotonic() - began:.0f} s\n")
    if process.returncode:
        sys.stderr.buffer.write(said)
        why = said.decode("utf-8", "replace").splitlines() or [f"exit code {process.returncode}"]
        return [not_measured(name, why[-1])]
    rows: list[dict[str, Any]] = json.loads(written.splitlines()[-1])
    return rows


def _tell(progress: str) -> None:
    print(progress, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
