"""The benchmarks run, and the documentation's page shows what they found."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.__main__ import ROWS
from benchmarks.page import CHARTS, PAGE, charts, filled_in
from benchmarks.results import read_results

ROOT = Path(__file__).parents[1]
PEERS = all(find_spec(peer) for peer in ("auditchain", "eventsourcing"))


@pytest.mark.skipif(find_spec("livekit") is None, reason="the events are LiveKit's own")
def test_every_row_can_be_measured() -> None:
    """That of the peers where they are installed: they are in the group `bench` alone."""
    rows = [row for row in ROWS if PEERS or row != "peers"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *rows],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "these figures mean nothing" in run.stdout


@pytest.mark.skipif(find_spec("livekit") is None, reason="the frames are LiveKit's own")
@pytest.mark.parametrize("recorder", ["none", "RecorderIO", "earwitness"])
async def test_the_sound_can_be_measured(
    recorder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from benchmarks import audio

    monkeypatch.setattr(audio, "SECONDS", 0.5)
    looped, _ = await audio.play(recorder)
    assert looped > 0
    assert caplog.records == []


def test_the_page_shows_the_results_and_no_others() -> None:
    results = read_results()
    assert list(results["rows"]) == [row for row in ROWS if row in results["rows"]]
    page = PAGE.read_text(encoding="utf-8")
    assert filled_in(page, results) == page


def test_the_charts_are_those_of_the_results() -> None:
    drawn = {path.name: path.read_text(encoding="utf-8") for path in CHARTS.iterdir()}
    assert drawn == charts(read_results())


def test_the_page_says_of_every_row_how_it_is_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in ROWS if f"(cost-{row})=" not in page] == []
