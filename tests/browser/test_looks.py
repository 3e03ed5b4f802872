"""Every page in light, in dark and on a telephone, for everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, ready

PAGES = {
    "sessions": "/",
    "search": "/?search=barolo&errors=true",
    "nothing": "/?search=zebra",
    "session": "/sessions/restaurant#event=20",
    "compare": "/compare?a=restaurant&b=brief-0",
    "median": "/compare?a=restaurant",
    "missing": "/sessions/nobody",
}
SCREENS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 780}},
}


@pytest.fixture(params=SCREENS)
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce", **SCREENS[request.param])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_fault_and_fits_its_screen(screen: Page, site: Site, name: str):
    screen.goto(site.address + PAGES[name])
    if name == "session":
        ready(screen)
    found = Axe().run(screen).response["violations"]
    serious = [
        (fault["id"], [node["html"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_theme_that_was_chosen_is_kept(page: Page, site: Site):
    site.sessions(page)
    button = page.get_by_role("button", name="Colours")
    button.click()
    button.click()
    expect(button).to_have_accessible_name("Colours: dark")
    site.session(page, "brief-0")
    expect(page.locator("body")).to_have_css("color-scheme", "dark")
