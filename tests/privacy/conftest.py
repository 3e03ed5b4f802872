from __future__ import annotations

import pytest

from tests.cli.running import Run, ran


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in this process, on 80 columns, and never in colour."""
    monkeypatch.setenv("COLUMNS", "80")
    for variable in ("FORCE_COLOR", "NO_COLOR", "EARWITNESS_ACTOR", "EARWITNESS_PURPOSE"):
        monkeypatch.delenv(variable, raising=False)
    return lambda *arguments: ran(arguments, capsys)
