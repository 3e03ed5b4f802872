"""The command line as a process of its own, from the start of Python on."""

from __future__ import annotations

import os
import subprocess
import sys

_MAIN = "import sys; sys.argv[0] = 'earwitness'; from earwitness.cli import main; main()"


def run_python(code: str, *arguments: str) -> None:
    """Run some Python, and fail as it does."""
    command = [sys.executable, "-c", code, *arguments]
    # Compiled once and not at every start, whatever is usual where this runs.
    settings = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=settings)


def run_earwitness(*arguments: str) -> None:
    """Run the command ``earwitness``, and fail as it does."""
    run_python(_MAIN, *arguments)
