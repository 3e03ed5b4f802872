"""Who may look, and what a browser is told about the answers."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from earwitness import JournalEventStore
from tests.viewer.conftest import asking

TOKEN = "correct-horse-battery-staple"
PATHS = ["/", "/api/v1/sessions", "/nothing", "/static/base.css", "/compare", "/api/v1/nothing"]


@pytest.fixture
def guarded(store: JournalEventStore, calls: list[str]) -> TestClient:
    return asking(store, token=TOKEN)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_what_no_page_needs(path: str, client: TestClient) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    expected = "no-cache" if path.startswith("/static/") else "no-store"
    assert headers["cache-control"] == expected


def test_an_answer_to_a_failure_is_as_safe(
    client: TestClient, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from earwitness.viewer.context import Viewer

    def fail(*_: object) -> None:
        raise RuntimeError("what was said")

    monkeypatch.setattr(Viewer, "page", fail)
    failed = client.get("/api/v1/sessions")
    assert (failed.status_code, failed.json()["type"]) == (500, "urn:earwitness:problem:failed")
    assert "what was said" not in failed.text
    assert "default-src 'none'" in failed.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/compare", "/sessions/call-000000", "/nothing", "/login"])
def test_no_page_holds_a_script_or_a_style_of_its_own(
    path: str, client: TestClient, calls: list[str]
) -> None:
    page = client.get(path, headers={"accept": "text/html"}).text
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8421", "[::1]:8421", "LOCALHOST:1"])
def test_without_a_token_it_answers_to_this_machine(host: str, client: TestClient) -> None:
    assert client.get("/api/v1/sessions", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8421", "localhost.evil.example", "", "127.0.0.1.nip.io"]
)
def test_without_a_token_it_answers_to_no_other_name(host: str, client: TestClient) -> None:
    """A name can be made to lead to this machine by whoever owns it."""
    for path in PATHS:
        refused = client.get(path, headers={"host": host})
        assert refused.status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/v1/sessions", "/api/v1/live", "/sessions/call-000000"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer"},
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": f"earwitness-viewer={TOKEN}"},
        {"cookie": "earwitness-viewer=\xff;;=,"},
    ],
)
def test_with_a_token_nobody_looks_without_it(
    path: str, headers: dict[str, str], guarded: TestClient
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    refused = guarded.get(path, headers=encoded)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert "call-" not in refused.text


def test_a_token_opens_the_api(guarded: TestClient) -> None:
    answer = guarded.get(
        "/api/v1/sessions",
        headers={"authorization": f"Bearer {TOKEN}", "host": "calls.example"},
    )
    assert answer.json()["total"] == 5


def test_a_browser_is_asked_for_the_token_once(guarded: TestClient) -> None:
    html = {"accept": "text/html,*/*"}
    asked = guarded.get("/", headers=html)
    assert asked.url.path == "/login"
    assert 'type="password"' in asked.text
    refused = guarded.post("/login", data={"token": "wrong"}, headers=html)
    assert refused.status_code == 401
    assert "not the token" in refused.text
    welcome = guarded.post("/login", data={"token": TOKEN}, headers=html, follow_redirects=False)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    cookie = welcome.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert guarded.get("/", headers=html).url.path == "/"
    assert guarded.get("/api/v1/sessions").json()["total"] == 5


def test_a_form_of_any_size_is_refused(guarded: TestClient) -> None:
    assert guarded.post("/login", content=b"token=" + b"x" * 100_000).status_code == 401
    assert guarded.post("/login", content=b"\xff\xfe%%%").status_code == 401


def test_a_viewer_can_stand_below_a_path(store: JournalEventStore, calls: list[str]) -> None:
    from earwitness.viewer import create_app

    app = create_app(store, token=TOKEN)
    client = TestClient(app, base_url="http://calls.example", root_path="/calls")
    asked = client.get("/calls/", headers={"accept": "text/html"}, follow_redirects=False)
    assert asked.headers["location"] == "/calls/login"
    client.post("/calls/login", data={"token": TOKEN})
    page = client.get("/calls/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert 'href="/calls/sessions/call-000004"' in page.text
    assert client.get("/calls/static/base.css").status_code == 200
