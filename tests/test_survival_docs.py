"""The page "What survives what" promises nothing that no test proves."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from earwitness.backlog import MAX_BYTES, MAX_EVENTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/explanation/what-survives-what.md").read_text(encoding="utf-8")

PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[tuple[str, str]]:
    """The promises, each with the cell that should prove it."""
    found = []
    for table in re.findall(r"^\| what happens \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        for line in table.splitlines():
            what, afterwards, proof = line.strip("| ").split(" | ")
            found.append((f"{what}: {afterwards}", proof))
    return found


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {function.name for function in functions}


@pytest.mark.parametrize("proof", [proof for _, proof in rows()], ids=[what for what, _ in rows()])
def test_each_promise_is_proved_by_tests_that_exist(proof: str):
    named = [PROOF.fullmatch(name) for name in proof.split("<br>")]
    for match in named:
        assert match is not None
        assert match[2] in functions_of(match[1])


def test_the_page_and_the_code_agree_on_how_much_may_wait():
    assert f"{MAX_EVENTS:,} events or {MAX_BYTES >> 20} MiB" in PAGE
