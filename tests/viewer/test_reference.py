"""The reference's page on the HTTP API keeps up with the API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from earwitness.viewer import api, problems, schemas
from earwitness.viewer.openapi import document

PAGE = (Path(__file__).parents[2] / "docs/reference/http-api.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
NAMED = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", PROSE))))

# Another name of /sessions/live, for pages; and this description.
UNNAMED = {"/live", "/openapi.json"}


def test_every_route_is_described() -> None:
    served = {route.path for route in api.ROUTES}
    assert served == document("")["paths"].keys()


@pytest.mark.parametrize("path", sorted(document("")["paths"].keys() - UNNAMED))
def test_every_path_is_on_the_page(path: str) -> None:
    shown = path.format(session="SESSION", position="N")
    alone = "/" + shown.rsplit("/", 1)[-1]
    assert re.search(rf"`(GET )?({re.escape(shown)}|{re.escape(alone)})[`?]", PAGE)


@pytest.mark.parametrize("schema", ["Page", "Session", "Facts", "Line", "Mark", "Event"])
def test_every_member_is_on_the_page(schema: str) -> None:
    assert schemas.SCHEMAS[schema]["properties"].keys() - {"lane", "position"} <= NAMED


def test_every_problem_is_on_the_page() -> None:
    told = set()
    for source in Path(problems.__file__).parent.glob("*.py"):
        text = source.read_text(encoding="utf-8")
        told |= set(re.findall(r"(?:Problem|_told)\(\d{3}, \"([\w-]+)\"", text))
    assert told
    assert told <= NAMED
