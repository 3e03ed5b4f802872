"""The reference's hand-written pages keep up with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from earwitness.events import ADDED_AFTER_CLOSE, OWN_EVENTS, RESERVED_TAGS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def members(text: str) -> list[str]:
    """The first column of a section's table."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize(("tag", "cls"), OWN_EVENTS.items(), ids=list(OWN_EVENTS))
def test_each_own_event_is_documented_with_exactly_its_members(tag: str, cls: type[Any]) -> None:
    documented = members(section(page("events.md"), f"`{tag}`"))
    assert documented == [member.name for member in attrs.fields(cls)]


def test_no_event_is_documented_that_does_not_exist() -> None:
    headings = re.findall(r"^### `(\w+)`$", page("events.md"), re.MULTILINE)
    assert sorted(headings) == sorted(OWN_EVENTS)


def test_every_event_of_livekit_is_documented() -> None:
    events = pytest.importorskip("livekit.agents.voice.events")
    documented = members(section(page("events.md"), "LiveKit's events"))
    assert sorted(documented) == sorted(events.EventTypes.__args__)


def test_the_log_format_names_every_reserved_tag_and_what_may_follow_a_close() -> None:
    named = set(re.findall(r"`(\w+)`", page("log-format.md")))
    assert (RESERVED_TAGS - OWN_EVENTS.keys()) | ADDED_AFTER_CLOSE <= named


def test_the_api_reference_lists_every_audit_line() -> None:
    told = set()
    for source in (ROOT / "src/earwitness").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        told |= set(re.findall(r"""\.tell\(\s*"(\w+)\"""", text))
        told |= set(re.findall(r"""\("(?:info|error|warning)", "(\w+)", facts\)""", text))
    assert told <= set(members(section(page("api.md"), "The audit trail")))
