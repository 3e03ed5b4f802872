"""A store with calls to look at, the viewer over it, and a real browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.browser.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

    from earwitness import JournalEventStore

CHROMIUM = which("chromium")
if CHROMIUM is None or find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]

NOON = 1_795_000_000.0

PATIENCE_MS = 30_000
"""How long a test waits for what must come. It is a ceiling: machines are slow at times."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> JournalEventStore:
    """Ten calls, the newest with its audio, one long and one hostile."""
    from earwitness import JournalEventStore
    from tests.browser import calls

    store = JournalEventStore(tmp_path_factory.mktemp("store"))
    job = {"job": "AJ_1", "room": "table-4", "agent": "trattoria"}
    calls.restaurant("restaurant", NOON, job=job).write(store, audio=True)
    calls.hostile("<script>alert(1)</script>", NOON - 1000).write(store)
    calls.long_call("long", NOON - 500_000, turns=400).write(store)
    for number in range(7):
        brief = calls.Call(f"brief-{number}", NOON - 10_000 * (number + 1), job={"room": "bar"})
        brief.user(f"A coffee for guest {number}.", 1.2)
        brief.says("With pleasure.", 0.9)
        brief.write(store)
    return store


@pytest.fixture(scope="session")
def site(store: JournalEventStore) -> Iterator[Site]:
    """The viewer of the store, served."""
    with serving(store) as site:
        yield site


@pytest.fixture
def empty_site(tmp_path: Path, page: Page) -> Iterator[Site]:
    """The viewer of a store of its own."""
    from earwitness import JournalEventStore

    with serving(JournalEventStore(tmp_path / "store")) as site:
        yield site
        page.goto("about:blank")  # it would ask a server that is gone


@pytest.fixture
def locked_site(store: JournalEventStore, page: Page) -> Iterator[Site]:
    """The viewer of the store, behind a token."""
    with serving(store, token="open sesame, please") as site:
        yield site
        page.goto("about:blank")


@contextmanager
def serving(store: JournalEventStore, *, token: str = "") -> Iterator[Site]:
    import uvicorn

    from earwitness.viewer import create_app

    stopping = threading.Event()
    app = create_app(store, token=token, stopping=stopping.is_set)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", store.root)
    finally:
        stopping.set()
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="package")  # no test of another folder could run a loop beside Playwright's
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own. What a browser complains of, it complains of for a reason."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True
    )
    page = context.new_page()
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
    yield page
    context.close()
    assert complaints == []
