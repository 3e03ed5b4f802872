"""A session that runs in another process appears, grows, and lets the reader be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser.site import Site, lines, rows


class Caller:
    """Somebody on the telephone, in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.session_id = self._heard()

    def says(self, *words: str) -> None:
        """Say something, and wait until it was answered."""
        assert self._process.stdin is not None
        for line in words:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            assert self._heard() == "answered"

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def calling(site: Site) -> Iterator[Caller]:
    command = [sys.executable, "-m", "tests.browser.caller", str(site.store)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield Caller(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_call_appears_while_it_runs_and_is_sealed_at_its_end(page: Page, empty_site: Site):
    empty_site.sessions(page)
    expect(page.get_by_text("There are no sessions in this store yet.")).to_be_visible()
    with calling(empty_site) as caller:
        caller.says("Hello?")
        expect(rows(page)).to_have_count(1)
        expect(rows(page).locator(".chip.live").first).to_be_visible()
        caller.says("A table for two.")
        expect(rows(page).get_by_role("cell").nth(3)).to_have_text("2")
    expect(rows(page)).to_contain_text("sealed")


def test_a_call_grows_while_one_looks_and_holds_its_place(page: Page, empty_site: Site):
    page.set_viewport_size({"width": 1280, "height": 700})
    with calling(empty_site) as caller:
        caller.says(*(f"Question {number}?" for number in range(12)))
        empty_site.session(page, caller.session_id)
        expect(lines(page)).to_have_count(24)
        page.locator("#story").evaluate("(story) => (story.scrollTop = story.scrollHeight)")
        caller.says("And one more?")
        expect(lines(page).last).to_contain_text("Answer 12.")
        expect(lines(page).last).to_be_in_viewport()

        page.locator("#story").evaluate("(story) => (story.scrollTop = 0)")
        expect(lines(page).first).to_be_in_viewport()
        caller.says("Are you still there?")
        newer = page.get_by_role("button", name="2 new lines")
        expect(newer).to_be_visible()
        expect(lines(page).first).to_be_in_viewport()
        newer.click()
        expect(lines(page).last).to_be_in_viewport()
        expect(lines(page).last).to_contain_text("Answer 13.")
    expect(page.locator("#state")).to_have_text("sealed")
