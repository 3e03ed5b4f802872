"""Under a policy the report keeps LiveKit's shape, and no change is seen where there is none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from earwitness import InMemoryEventStore, Policy, SessionReport, values
from earwitness.projections.report import fold_report
from tests.livekit.recording import Recorded, recorded
from tests.livekit.scenarios import SCENARIOS
from tests.livekit.test_report import comparable, what_livekit_says
from tests.privacy.test_pausing import shape

WITHHOLD_ALL = Policy(name="nothing", otherwise="withhold")
# What LiveKit or the application changed: found by comparing what was emitted with what is there.
CHANGES = {"event_amended", "history_item_added", "history_item_changed", "history_reordered"}


def changes(play: Recorded) -> Counter[str]:
    found: Counter[str] = Counter()
    for recorder in play.recorders:
        events = recorder.store.read(recorder.session_id)
        found.update(event.type for event in events if event.type in CHANGES)
    return found


@pytest.mark.parametrize("redact", ["pci", WITHHOLD_ALL], ids=["pci", "nothing"])
@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"bytes_in_extra"}))
async def test_the_report_keeps_livekits_shape(name: str, redact: Any, tmp_path: Path) -> None:
    """Member by member, in LiveKit's order; what is not content is what LiveKit says."""
    pytest.importorskip("stdnum")
    play = await recorded(name, InMemoryEventStore(), redact=redact)
    for recorder, theirs in zip(play.recorders, play.played.reports, strict=True):
        ours = (await recorder.finalize()).data
        expected = values.plain(what_livekit_says(theirs))
        assert list(ours) == list(expected)
        without = {"audio_recording_path"}  # a path, and LiveKit tells it as a Path or not at all
        ours, expected = comparable(ours, expected), comparable(expected, expected)
        for report in (ours, expected):
            report["events"] = [emptied(event) for event in report["events"]]
            report["chat_history"] = emptied(report["chat_history"])
        assert shape({n: v for n, v in ours.items() if n not in without}) == shape(
            {n: v for n, v in expected.items() if n not in without}
        )
        for told in ("usage", "user_turns", "errors", "close_reason", "options", "job_id"):
            assert ours.get(told) == expected.get(told)


def emptied(value: Any) -> Any:
    """Without what has no shape of LiveKit's: extras of items, and what a model's error holds."""
    if isinstance(value, dict):
        return {name: emptied(member) for name, member in value.items() if name != "extra"}
    if isinstance(value, list):
        return [emptied(item) for item in value]
    return value


@pytest.mark.parametrize("name", SCENARIOS)
async def test_no_change_is_seen_that_redaction_made(name: str, tmp_path: Path) -> None:
    """What LiveKit holds is compared with what LiveKit said, not with what was written."""
    plain = await recorded(name, InMemoryEventStore())
    under = await recorded(name, InMemoryEventStore(), redact=WITHHOLD_ALL)
    for recorder in (*plain.recorders, *under.recorders):
        await recorder.finalize()
    assert changes(under) == changes(plain)


async def test_a_report_says_nothing_of_what_was_redacted_and_the_events_do() -> None:
    play = await recorded("plain_text", InMemoryEventStore(), redact=WITHHOLD_ALL)
    report = await play.recorder.finalize()
    events = list(play.recorder.store.read(play.recorder.session_id))
    assert "$redacted" not in str(report.data)
    assert "$redacted" not in str(fold_report(events).to_dict())
    assert isinstance(report, SessionReport)
    said = [event.payload for event in events if event.type == "conversation_item_added"]
    assert {"withheld": {"policy": 1}} in [payload.get("$redacted") for payload in said]
