"""The page on policies says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from earwitness.privacy.forms import FIELDS, SAID
from earwitness.privacy.policy import Policy
from earwitness.privacy.presets import PRESETS

PAGE = (Path(__file__).parents[2] / "docs/reference/policies.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    section = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = re.findall(r"^\| (`\w+`.*) \|$", section[1], re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.split(" | ")] for line in lines]


def test_the_fields_are_those_that_a_policy_can_name_and_a_pause_keeps_out() -> None:
    listed = rows("Fields")
    assert [row[0] for row in listed] == list(FIELDS)
    assert {row[0] for row in listed if row[-1] == "yes"} == SAID


def test_the_actions_are_all_there_are() -> None:
    assert [row[0] for row in rows("Actions")] == ["keep", "detect", "withhold", "pseudonymise"]


@pytest.mark.parametrize("place", range(3))
def test_the_presets_do_what_their_table_says(place: int) -> None:
    pytest.importorskip("stdnum")
    name = list(PRESETS)[place]
    policy: Policy = PRESETS[name]()
    assert f"`{name}`" in PAGE
    said = {row[0]: row[place + 1] for row in rows("Presets")}
    assert said == {field: policy.action(field) for field in FIELDS}
