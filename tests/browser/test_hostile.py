"""Whatever anybody said is text on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, lines, ready, rows, tab


def harmless(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    text = page.locator("body").inner_text()
    assert not set(text) & {"\u202e", "\u202c", "\x00", "\x1b"}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_shows_it_as_text(page: Page, site: Site):
    site.sessions(page, "?search=hacked")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("<script>alert(1)</script>")
    expect(rows(page)).to_contain_text("\\u202egnp.tpircs\\u202c")
    harmless(page)


def test_the_session_shows_it_as_text(page: Page, site: Site):
    site.sessions(page, "?search=hacked")
    rows(page).get_by_role("link").click()
    ready(page)
    first = lines(page).first
    expect(first).to_contain_text("<script>window.hacked = true</script><img src=x onerror=")
    expect(first).to_contain_text("\\u202egnp.tpircs\\u202c \\x00 \\x1b[31m \\u2028 {{ 7 * 7 }}")
    harmless(page)
    first.click()
    expect(page.get_by_role("tabpanel", name="Event").locator("pre")).to_contain_text("<script>")
    expect(tab(page, "About")).to_contain_text("\\u202egnp.tpircs")
    harmless(page)


def test_a_line_of_a_hundred_thousand_characters_is_shown_bit_by_bit(page: Page, site: Site):
    site.sessions(page, "?search=hacked")
    rows(page).get_by_role("link").click()
    long = lines(page).filter(has_text="word word")
    more = long.get_by_role("button", name="more characters")
    expect(more).to_have_text("… 98,800 more characters")
    assert len(long.inner_text()) < 2000
    more.click()
    expect(more).to_have_count(0)
    assert len(long.inner_text()) > 99_000
    harmless(page)


@pytest.mark.parametrize("place", ["#t=%00", "#event=-1", "#event=1e99", "#t=NaN", "#event=<b>"])
def test_an_address_that_leads_nowhere_does_no_harm(page: Page, site: Site, place: str):
    site.session(page, "brief-0", place)
    expect(lines(page).first).to_be_visible()
