"""The pictures of the documentation, taken anew.

python -m tests.browser.screenshots docs/images
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from earwitness import JournalEventStore
from tests.browser.calls import Call, restaurant
from tests.browser.conftest import CHROMIUM, serving
from tests.browser.site import Site, ready

MONDAY = 1_795_421_400.0


def fill(store: JournalEventStore) -> None:
    """An evening at the trattoria."""
    trattoria = {"agent": "trattoria"}
    job = trattoria | {"job": "AJ_h7Kq", "room": "table-12"}
    restaurant("ak0b52ezgyz6", MONDAY, job=job).write(store, audio=True)
    for number, (name, wish, tools, slow) in enumerate(EVENING):
        call = Call(name, MONDAY - 700 * (number + 1), job=trattoria | {"room": f"table-{number}"})
        call.pause(0.5)
        call.says("Good evening, Trattoria Marconi.", 1.8)
        call.user(wish, 2.4)
        for tool in tools:
            call.tool(tool, slow)
        call.says("Certainly. Anything else?", 1.7, ttft=0.2 + slow / 4)
        call.user("No, thank you. Good night!", 1.3)
        if number % 4 == 2:
            call.fails()
        call.says("Good night!", 0.8, ttft=0.3 + slow / 3)
        call.write(store)


EVENING = [
    ("pmz8v4tqkd2c", "Do you still have the Barolo by the glass?", ["ask_the_cellar"], 0.7),
    ("b2x9hhfw6ryj", "A table for two in the garden, please.", ["find_table"], 0.9),
    ("kq7dm3v0sxna", "I would like to move my booking to nine.", ["find_table", "move"], 1.4),
    ("t5c1r8zewg9u", "Is there anything without gluten?", [], 0.4),
    ("y4n6j0pqhlsd", "How late is the kitchen open?", [], 0.3),
    ("w8e3fbk2vtmx", "Could somebody bring the Barolo to table nine?", ["send_waiter"], 2.2),
    ("c9g5u7xo1zra", "We are running late, half an hour perhaps.", ["move"], 1.1),
    ("m0s4dyq8jntb", "A cake with eight candles, if you can.", ["ask_the_kitchen"], 0.8),
]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root, sync_playwright() as playwright:
        store = JournalEventStore(Path(root))
        fill(store)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving(store) as site:
            take(browser, site, folder)
            browser.close()


def take(browser: Browser, site: Site, folder: Path) -> None:
    session = "/sessions/ak0b52ezgyz6"

    def shot(
        name: str,
        path: str,
        act: Callable[[Page], object] = lambda page: None,
        *,
        dark: bool = False,
        screen: tuple[int, int] = (1280, 860),
    ) -> None:
        width, height = screen
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            timezone_id="Europe/Rome",
        )
        page.goto(site.address + path)
        if path.startswith("/sessions/"):
            ready(page)
            page.get_by_text("stereo").wait_for()
        act(page)
        page.evaluate("new Promise((done) => setTimeout(done, 400))")
        page.screenshot(path=str(folder / f"{name}.png"))
        page.close()

    shot("sessions", "/", screen=(1280, 560))
    shot("search", "/?search=barolo", dark=True, screen=(1280, 420))
    shot("session", f"{session}#t=21")
    shot("session-dark", f"{session}#event=33", dark=True)
    shot("slowest-turn", session, lambda page: page.keyboard.press("s"))
    shot("compare", "/compare?a=ak0b52ezgyz6&b=pmz8v4tqkd2c", screen=(1280, 760))
    shot("phone", session, screen=(360, 780))
    shot("phone-dark", "/", dark=True, screen=(360, 780))

    def verify(page: Page) -> None:
        page.get_by_role("tab", name="Integrity").click()
        page.get_by_role("button", name="Verify this log").click()
        page.locator(".verdict").wait_for()

    shot("integrity", session, verify)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
