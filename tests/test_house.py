"""What the project promises about itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import earwitness
import earwitness.cli

ROOT = Path(__file__).parents[1]

# Imports every core module of the installed package in an interpreter that refuses the frameworks.
IMPORT_THE_CORE = """
import importlib, pathlib, sys

FRAMEWORKS = {"livekit", "rich", "starlette", "typer"}
FACES = {"livekit", "cli", "viewer"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FRAMEWORKS:
            raise ModuleNotFoundError(f"the core imported {name}", name=name)

sys.meta_path.insert(0, Refuse())
import earwitness

root = pathlib.Path(earwitness.__file__).parent
for file in sorted(root.rglob("*.py")):
    *folders, name = file.relative_to(root).with_suffix("").parts
    parts = folders if name == "__init__" else [*folders, name]
    if not FACES.intersection(parts[:1]):
        print(importlib.import_module(".".join(["earwitness", *parts])).__name__)
"""


def commands() -> list[str]:
    return sorted(typer.main.get_command(earwitness.cli.app).commands)


def test_all_is_sorted_and_everything_in_it_exists():
    assert earwitness.__all__ == sorted(earwitness.__all__)
    assert [name for name in earwitness.__all__ if not hasattr(earwitness, name)] == []


def test_the_api_reference_documents_exactly_what_is_public():
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\.\. auto(?!module)\w+:: earwitness\.(\w+)$", page, re.MULTILINE)
    assert sorted(documented) == earwitness.__all__


def test_the_core_imports_no_framework():
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_CORE], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert {"earwitness", "earwitness.recorder", "earwitness.codec"} <= set(run.stdout.split())


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_cli_reference(command: str):
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ .*`earwitness {re.escape(command)}\b", page, re.MULTILINE)


def test_ci_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    command = script.splitlines()[-1]
    assert command.endswith("nox")
    assert f"\n$ {command}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
