"""The list of sessions: newest first, filtered, searched, walked through with the keys."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.site import Site, ready, rows
from tests.replaying import replay


def test_the_newest_session_comes_first_with_its_numbers(page: Page, site: Site):
    site.sessions(page)
    expect(rows(page)).to_have_count(10)
    newest = rows(page).first
    expect(newest.get_by_role("link")).to_have_text("restaurant")
    expect(newest).to_contain_text("trattoria · table-4")
    cells = newest.get_by_role("cell")
    expect(cells.nth(2)).to_have_text("49.8 s")
    expect(cells.nth(3)).to_have_text("6")
    expect(cells.nth(4)).to_have_text("2.09 s")
    expect(cells.nth(5)).to_have_text("4.19 s")
    expect(cells.nth(6)).to_have_text("1")
    expect(cells.nth(7)).to_have_text("2")
    expect(cells.nth(8)).to_have_text(re.compile("sealed|sound"))


def test_a_search_shows_the_line_and_leads_to_it(page: Page, site: Site):
    site.sessions(page)
    page.get_by_role("searchbox").fill("bottle of the 2016 Bar")
    expect(rows(page)).to_have_count(1)
    match = rows(page).locator(".match")
    expect(match).to_contain_text("could you put a bottle of the 2016 Barolo aside")
    expect(match.locator("mark").last).to_have_text("Barolo")
    rows(page).get_by_role("link").click()
    expect(page.locator("#story .line.chosen")).to_contain_text("2016 Barolo")


def test_a_search_for_what_nobody_said_finds_nothing(page: Page, site: Site):
    site.sessions(page, "?search=zebra")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()


def test_filters_narrow_the_list_without_leaving_the_page(page: Page, site: Site):
    site.sessions(page)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Errors").select_option("some")
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Agent").fill("trattoria")
    page.get_by_label("Agent").press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("errors=true&agent=trattoria"))
    page.reload()
    expect(page.get_by_label("Agent")).to_have_value("trattoria")
    page.get_by_role("link", name="Clear").click()
    expect(rows(page)).to_have_count(10)


def test_a_filter_that_is_none_says_so(page: Page, site: Site):
    answer = page.request.get(f"{site.address}/?min_seconds=soon", headers={"accept": "text/html"})
    assert answer.status == 400
    assert "min_seconds" in answer.text()
    assert "Nothing was found" not in answer.text()


def test_the_keys_walk_through_the_list(page: Page, site: Site):
    site.sessions(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows(page).nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("guest 3")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("brief-3")


def test_two_marked_sessions_are_compared(page: Page, site: Site):
    site.sessions(page)
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(rows(page).first).to_have_class("marked")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page).to_have_url(f"{site.address}/compare?a=restaurant&b=brief-0")
    row = page.get_by_role("row", name="Worst")
    expect(row.get_by_role("cell").first).to_have_text("4.19 s")


def test_older_sessions_are_a_page_away(page: Page, empty_site: Site):
    replay(empty_site.store, 60)
    empty_site.sessions(page)
    expect(page.locator(".count")).to_have_text("60 sessions")
    expect(rows(page)).to_have_count(50)
    page.keyboard.press("n")
    expect(rows(page)).to_have_count(10)
    expect(rows(page).last.get_by_role("link")).to_have_text("call-000000")
    page.get_by_role("link", name="Newest").click()
    expect(rows(page).first.get_by_role("link")).to_have_text("call-000059")


def test_a_damaged_log_is_listed_and_says_what_is_wrong(page: Page, empty_site: Site):
    replay(empty_site.store, 2)
    [log] = empty_site.store.glob("*/call-000001/log.jsonl")
    log.write_bytes(log.read_bytes().replace(b'"type":"close"', b'"type":CLOSE', 1))
    empty_site.sessions(page)
    expect(rows(page).first).to_contain_text("damaged")
    rows(page).first.get_by_role("link").click()
    ready(page)
    told = page.get_by_role("alert")
    expect(told).to_contain_text("This log cannot be read")
    expect(told).to_contain_text(f"where: {log.relative_to(empty_site.store)}, line 78")
    expect(page.locator("#story")).to_be_hidden()
    page.get_by_role("tabpanel").get_by_role("button", name="Verify this log").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Not sound")
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_token_is_asked_for_once(page: Page, locked_site: Site):
    locked_site.sessions(page)
    expect(page.get_by_role("heading")).to_have_text("This store asks for a token")
    page.get_by_label("Token").fill("open sesame, please")
    page.get_by_role("button", name="Look").click()
    expect(rows(page)).to_have_count(10)
    page.reload()
    expect(rows(page)).to_have_count(10)


def test_the_keys_are_told_when_asked_for(page: Page, site: Site):
    site.sessions(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next and previous session")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def hide(page: Page, hidden: bool = True) -> None:
    """Turn to another tab, or back; a browser without a screen takes all of them for seen."""
    hidden_is = f"{{ value: {str(hidden).lower()}, configurable: true }}"
    page.evaluate(f"Object.defineProperty(document, 'hidden', {hidden_is})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_tab_that_nobody_looks_at_leaves_its_connection_to_others(page: Page, site: Site):
    """A browser has six to a server, and each list takes one for its news."""
    for _ in range(7):
        other = page.context.new_page()
        site.sessions(other)
        expect(rows(other)).to_have_count(10)
        hide(other)
    site.sessions(page)
    expect(rows(page)).to_have_count(10)


def test_a_tab_that_is_looked_at_again_shows_what_has_happened(page: Page, empty_site: Site):
    empty_site.sessions(page)
    hide(page)
    replay(empty_site.store, 2)
    hide(page, False)
    expect(rows(page)).to_have_count(2)
