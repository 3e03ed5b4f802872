"""Whatever was said reaches an API as the text it was, and a page as text that does nothing."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

from earwitness import JournalEventStore
from tests.cli.running import begin, record, say

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{7*7}}{% raw %}"
HOSTILE = {
    "script": SCRIPT,
    "bidi": "abc\u202edef\u2066ghi\u2069",
    "controls": "a\x00b\x1b[2J\x07\r\x7f\x9b",
    "surrogate": "half \ud800 a pair",
    "separators": "one\u2028two\u2029three\nfour",
    "long": "word " * 20_000,
    "unbroken": "x" * 100_000,
    "nothing": "",
}


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def text(request: pytest.FixtureRequest) -> str:
    said: str = request.param
    return said


@pytest.fixture
def address(text: str, store: JournalEventStore) -> str:
    """The address of a session in which everything is called that, and it is said by everybody."""
    recorder = begin(
        store,
        "call",
        job={"job": text, "room": text, "agent": text},
        sdk={"name": text, text: text},
        report={"tags": [text], "events": []},
    )
    for role in ("user", "assistant"):
        item = {"id": role, "type": "message", "role": role, "content": [text, "needle"]}
        say(recorder, "conversation_item_added", item=item)
    handoff = {"id": "h", "type": "agent_handoff", "old_agent_id": text, "new_agent_id": text}
    say(recorder, "conversation_item_added", item=handoff)
    call = {"name": text, "call_id": text, "arguments": text, "created_at": 1.0}
    say(recorder, "function_tools_executed", function_calls=[call], function_call_outputs=[])
    say(recorder, "error", error={"type": text, "label": text}, source={"model": text})
    say(recorder, "close", reason=text)
    recorder.close(text).result()
    return "/api/v1/sessions/call"


def test_the_api_gives_back_what_was_said(address: str, text: str, client: TestClient) -> None:
    spoken = [line for line in client.get(f"{address}/story").json()["lines"] if line["turn"]]
    assert [line["text"] for line in spoken if line["kind"] in ("user", "agent")] == [
        f"{text}\nneedle"
    ] * 2
    event = client.get(f"{address}/events/1").json()
    assert event["payload"]["item"]["content"] == [text, "needle"]
    facts = client.get(address).json()
    assert (facts["room"], facts["agent"], facts["tags"]) == (text, text, [text])


@pytest.mark.parametrize("part", ["/timeline", "/latency", "/events", "/report", "/verify", "/log"])
def test_every_part_of_it_can_be_asked_for(address: str, part: str, client: TestClient) -> None:
    answer = client.get(address + part)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_search_finds_it(address: str, text: str, client: TestClient) -> None:
    [found] = client.get("/api/v1/search", params={"q": "needle"}).json()["sessions"]
    shown = "".join(part["text"] for part in found["match"]["parts"])
    assert len(shown) <= 502


@pytest.mark.parametrize("path", ["/", "/?search=needle", "/sessions/call", "/sessions/call/about"])
def test_on_a_page_it_is_text(address: str, path: str, text: str, client: TestClient) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "alert(1)</script" not in page
    assert "<img src=x" not in page
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_a_page_is_no_larger_for_what_was_said(
    store: JournalEventStore, client: TestClient
) -> None:
    record(store, "call", *["x" * 100_000] * 10)
    for path in ("/", "/sessions/call", "/?search=xx"):
        assert len(client.get(path).content) < 50_000


def test_what_is_typed_is_text_too(client: TestClient) -> None:
    for name in ("search", "room", "since", "state", "after"):
        page = client.get("/", params={name: SCRIPT}, headers={"accept": "text/html"}).text
        assert "alert(1)</script" not in page
        refused = client.get("/api/v1/sessions", params={name: SCRIPT})
        assert "json" in refused.headers["content-type"]
        json.loads(refused.content)
