from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from earwitness import JournalEventStore
from earwitness.viewer import create_app
from tests.replaying import replay


@pytest.fixture
def store(default_store: Path) -> JournalEventStore:
    """A store that is empty."""
    default_store.mkdir()
    return JournalEventStore(default_store)


@pytest.fixture
def calls(store: JournalEventStore) -> list[str]:
    """The ids of five calls in the store, oldest first."""
    return replay(store.root, 5)


@pytest.fixture
def client(store: JournalEventStore) -> Iterator[TestClient]:
    """Asks a viewer of the store."""
    with asking(store) as client:
        yield client


def asking(store: JournalEventStore, **options: object) -> TestClient:
    app = create_app(store, **options)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://localhost:8421", raise_server_exceptions=False)
