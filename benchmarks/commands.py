"""The command line as a process of its own, from the start of Python on."""

from __future__ import annotations

import subprocess
import sys

_MAIN = "import sys; sys.argv[0] = 'earwitness'; from earwitness.cli import main; main()"


def run_python(code: str, *arguments: str) -> None:
    """Run some Python, and fail as it does."""
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def run_earwitness(*arguments: str) -> None:
    """Run the command ``earwitness``, and fail as it does."""
    run_python(_MAIN, *arguments)
