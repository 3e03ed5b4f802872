from __future__ import annotations

from pathlib import Path

import pytest

from earwitness import JournalEventStore
from tests.cli.running import Run, ran


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in this process, on 80 columns, and never in colour."""
    monkeypatch.setenv("COLUMNS", "80")
    for variable in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return lambda *arguments: ran(arguments, capsys)


@pytest.fixture
def calls(default_store: Path) -> JournalEventStore:
    """The store that commands read where --store is not given."""
    return JournalEventStore(default_store)
