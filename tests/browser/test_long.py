"""A long session: the page holds what is near the reader, and nothing else."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.site import Site, lines


def test_only_the_lines_near_the_reader_are_there(page: Page, site: Site):
    site.session(page, "long")
    expect(page.locator("#lines")).to_have_text("857 lines")
    expect(lines(page)).to_have_count(50)


def test_the_end_of_a_long_session_is_reached_at_once(page: Page, site: Site):
    site.session(page, "long")
    page.keyboard.press("End")
    expect(page.locator(".line.now")).to_contain_text("Answer number 399")
    page.wait_for_function("document.querySelectorAll('#story .line').length <= 150")


def test_a_deep_link_goes_into_the_middle(page: Page, site: Site):
    site.session(page, "long", "#t=1000")
    now = page.locator(".line.now")
    expect(now).to_be_in_viewport()
    assert page.evaluate("window.scrollY") == 0
