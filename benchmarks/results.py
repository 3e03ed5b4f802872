"""The results as a file: what the documentation's page is made from."""

from __future__ import annotations

import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).with_name("results.json")

Rows = dict[str, list[dict[str, Any]]]
"""The rows of the table by the name of the module that measured them."""


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "livekit_agents": version("livekit-agents"),
        "load": round(os.getloadavg()[0], 1),
        "at": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def read_results() -> dict[str, Any]:
    """What was measured last; nothing if nothing was."""
    if not RESULTS.exists():
        return {"machine": {}, "rows": {}}
    results: dict[str, Any] = json.loads(RESULTS.read_bytes())
    return results


def write_results(rows: Rows) -> None:
    """Keep what was measured just now."""
    text = json.dumps({"machine": machine(), "rows": rows}, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """What was measured beside the rows' own figures, by name."""
    found: dict[str, Any] = {}
    for rows in results["rows"].values():
        for row in rows:
            found |= {name: value for name, value in row["figures"].items() if name not in found}
    return found


def _cpu() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2] for line in told.splitlines() if line.startswith("model name")]
    return names[0].strip() if names else platform.machine()
