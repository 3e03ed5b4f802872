"""In every scenario the recorder's report is LiveKit's own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from livekit.agents.llm import ChatContext

from earwitness import JournalEventStore, values
from tests.livekit.recording import recorded
from tests.livekit.scenarios import SCENARIOS

# A report's own time of making, and what is reckoned from it.
OF_ITS_OWN = {"timestamp", "duration_ms"}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_report_is_livekits_own(name: str, tmp_path: Path) -> None:
    """Events, chat history and all else, member by member and in LiveKit's order."""
    play = await recorded(name, JournalEventStore(tmp_path))
    for recorder, theirs in zip(play.recorders, play.played.reports, strict=True):
        ours = (await recorder.finalize()).data
        expected = what_livekit_says(theirs)
        assert list(ours) == list(expected)
        assert comparable(ours, expected) == comparable(values.plain(expected), expected)


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"bytes_in_extra"}))
async def test_to_dict_gives_python_values_as_livekit_does(name: str, tmp_path: Path) -> None:
    """Where LiveKit's report can be written as JSON, ours equals it as it stands."""
    play = await recorded(name, JournalEventStore(tmp_path))
    for recorder, theirs in zip(play.recorders, play.played.reports, strict=True):
        expected = theirs.to_dict()
        if values.plain(expected) == values.plain(expected, unknown=lambda _: None):
            ours = (await recorder.finalize()).to_dict()
            assert comparable(ours, expected) == comparable(expected, expected)


def comparable(report: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """A report without its own time, and without history items that LiveKit cannot write."""
    written = {item["id"] for item in expected["chat_history"]["items"]}
    items = [item for item in report["chat_history"]["items"] if item["id"] in written]
    kept = {name: report[name] for name in report if name not in OF_ITS_OWN}
    return kept | {"chat_history": {"items": items}}


def what_livekit_says(report: Any) -> dict[str, Any]:
    """LiveKit's own report; where it cannot write a history item, its report without that."""
    writable = [item for item in report.chat_history.items if is_writable(item)]
    return dataclasses.replace(report, chat_history=ChatContext(writable)).to_dict()


def is_writable(item: Any) -> bool:
    try:
        item.model_dump(mode="json")
    except Exception:
        return False
    return True
