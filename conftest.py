"""Makes the examples of the README, the documentation and the docstrings tests.

Python blocks of a Markdown document share one namespace and run in one empty folder. A block
that must not run stands below `% skip: next "the reason"`, or in the README, which is plain
Markdown, below `<!-- skip: next "the reason" -->`.
"""

import os
from contextlib import ExitStack, chdir
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sybil import Document, Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

pytest.register_assert_rewrite("earwitness.testing")

# Tests and examples never write to the store of whoever runs them.
os.environ.pop("EARWITNESS_STORE", None)


class DocStrings(PythonDocStringDocument):
    """The docstrings of a module, run against the installed package instead of the source file."""

    def __init__(self, text: str, path: str) -> None:
        Document.__init__(self, text, path)


def enter_empty_folder(namespace: dict[str, Any]) -> None:
    with ExitStack() as stack:
        stack.enter_context(chdir(stack.enter_context(TemporaryDirectory())))
        namespace["leave_folder"] = stack.pop_all().close


def leave_folder(namespace: dict[str, Any]) -> None:
    namespace["leave_folder"]()


markdown = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    setup=enter_empty_folder,
    teardown=leave_folder,
)
docstrings = Sybil(
    parsers=[DocTestParser()],
    path="src",
    patterns=["*.py"],
    document_types={".py": DocStrings},
    setup=enter_empty_folder,
    teardown=leave_folder,
)
pytest_collect_file = (markdown + docstrings).pytest()
