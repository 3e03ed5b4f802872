"""Where the pages are, and what every test does with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@dataclass(frozen=True)
class Site:
    """A viewer that is served.

    Args:
        address: where.
        store: the folder of its store.
    """

    address: str
    store: Path

    def sessions(self, page: Page, query: str = "") -> None:
        """Open the list."""
        page.goto(f"{self.address}/{query}")

    def session(self, page: Page, name: str, place: str = "") -> None:
        """Open a session, and wait until there is something to do."""
        page.goto(f"{self.address}/sessions/{name}{place}")
        ready(page)


def ready(page: Page) -> None:
    """Wait until a session's page shows all of the session that is near its beginning."""
    page.locator("#session[data-ready]").wait_for(state="attached")


def rows(page: Page) -> Locator:
    """The sessions of the list."""
    return page.locator("[data-session]")


def lines(page: Page) -> Locator:
    """The lines of the transcript that are there."""
    return page.locator("#story .line")


def tab(page: Page, name: str) -> Locator:
    """What a tab shows, once it was chosen."""
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)
