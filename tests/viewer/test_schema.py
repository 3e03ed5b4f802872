"""The API answers as its OpenAPI document says, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from earwitness import JournalEventStore
from earwitness.viewer import create_app
from earwitness.viewer.openapi import document
from tests.cli.running import damage, record
from tests.replaying import replay

LOOPBACK = {"Host": "localhost"}

# What streams until the session is over has no end that a test could wait for.
ENDLESS = {"/live", "/sessions/live"}
SESSIONS = ["", "call-000000", "call-000002", "broken", "!"]
PATHS = sorted(document("")["paths"].keys() - ENDLESS)


@pytest.fixture(scope="module")
def app() -> Iterator[ASGIApp]:
    with TemporaryDirectory() as folder:
        store = JournalEventStore(Path(folder))
        replay(store.root, 3)
        record(store, "", "Hello?")
        record(store, "broken", "Hello?")
        damage(store, "broken")
        (store.folder("call-000000") / "audio.ogg").write_bytes(bytes(1000))
        yield create_app(store)


@pytest.fixture(scope="module")
def api(app: ASGIApp) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=LOOPBACK)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_what_the_document_says(
    path: str, mode: GenerationMode, api: schemathesis.BaseSchema
) -> None:
    """Of requests that make sense, and of those that make none."""
    operation = api[path]["GET"]

    @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.sampled_from(SESSIONS))
    def ask(case: schemathesis.Case, session: str) -> None:
        if session and mode is GenerationMode.POSITIVE:
            _ask_of(case, session)
        case.call_and_validate(headers=LOOPBACK)

    # Where any text at all is allowed, no request makes no sense.
    with suppress(Unsatisfiable):
        ask()


def _ask_of(case: schemathesis.Case, session: str) -> None:
    """Ask about a session that is there; by itself nothing would find its name."""
    if "session" in case.path_parameters:
        case.path_parameters["session"] = session
    if "position" in case.path_parameters:
        case.path_parameters["position"] %= 100
    if "a" in case.query:
        case.query["a"] = session


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("session", ["call-000000", "!", "broken"])
def test_every_session_answers_by_every_path(path: str, session: str, app: ASGIApp) -> None:
    """With the answer that the document promises, or with a problem."""
    client = TestClient(app, base_url="http://localhost")
    address = path.format(session=session, position=0)
    answer = client.get(f"/api/v1{address}", params={"a": session, "q": "hello"})
    assert answer.status_code in (200, 404, 422)
    if session == "call-000000":
        assert answer.status_code == 200
