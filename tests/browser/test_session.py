"""A session's page: one axis, the story, where the time went, one event."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from earwitness import JournalEventStore
from tests.browser.site import Site, lines, tab
from tests.cli.running import record


def click_at(page: Page, seconds: float, lane: str) -> None:
    """Click on the timeline, where a moment is on a lane."""
    box = page.locator("#seeker").bounding_box()
    name = page.locator(".lane-names span", has_text=lane).bounding_box()
    length = float(page.locator("#seeker").get_attribute("aria-valuemax"))
    assert box is not None
    assert name is not None
    page.mouse.click(box["x"] + box["width"] * seconds / length, name["y"] + name["height"] / 2)


def test_the_transcript_tells_what_was_said_and_what_happened_in_between(page: Page, site: Site):
    site.session(page, "restaurant")
    told = lines(page)
    expect(told).to_have_count(16)
    expect(told.nth(2)).to_contain_text("find_table")
    expect(told.nth(5)).to_contain_text("tool failed")
    expect(told.nth(8)).to_contain_text("error, retried")
    expect(told.nth(10)).to_contain_text("front_desk → kitchen")


def test_what_was_cut_short_is_told_from_what_was_heard(page: Page, site: Site):
    site.session(page, "restaurant")
    cut = page.locator(".line.interrupted")
    expect(cut).to_have_count(1)
    expect(cut).to_contain_text("let me tell you about our other")
    expect(cut).to_contain_text("cut short: this much was heard")


def test_a_line_is_where_the_audio_goes(page: Page, site: Site):
    site.session(page, "restaurant")
    lines(page).filter(has_text="Under which name?").click()
    expect(page.locator("#clock")).to_have_text("0:11.4")
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 11.4) < 0.1")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "0:11.4")


def test_a_bar_is_where_the_audio_goes_and_its_event_is_shown(page: Page, site: Site):
    site.session(page, "restaurant")
    click_at(page, 21, "Tools")
    expect(page.locator("#clock")).to_have_text("0:20.1")
    event = page.get_by_role("tabpanel", name="Event")
    expect(event).to_contain_text("function_tools_executed")
    expect(event).to_contain_text('"name": "reserve_wine"')


def test_anywhere_else_is_a_moment_too(page: Page, site: Site):
    site.session(page, "restaurant")
    click_at(page, 30, "Audio")
    expect(page.locator("#clock")).to_have_text(re.compile("^0:(29|30)"))
    expect(page.locator(".line.now")).to_contain_text("llm_error")


def test_the_transcript_follows_the_audio(page: Page, site: Site):
    site.session(page, "restaurant", "#t=20.5")
    now, play = page.locator(".line.now"), page.get_by_role("button", name="Play", exact=True)
    expect(now).to_contain_text("reserve_wine")
    play.click()
    expect(now.filter(has_not_text="reserve_wine")).to_be_in_viewport()
    page.get_by_role("button", name="Pause").click()
    expect(play).to_be_visible()


def test_both_sides_of_the_audio_are_drawn_on_the_axis(page: Page, site: Site):
    site.session(page, "restaurant")
    expect(page.locator("#audio-note")).to_have_text("stereo: user above, agent below")
    page.wait_for_function("() => wave.clientWidth > seeker.clientWidth * 0.95")
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator("#wave canvas").first).to_be_visible()


def test_zooming_shows_less_and_all_shows_everything(page: Page, site: Site):
    site.session(page, "restaurant")
    view = page.locator("#view")
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(view).to_have_attribute("style", "left: 0%; width: 25%;")
    page.get_by_role("button", name="All", exact=True).click()
    expect(view).to_have_attribute("style", "left: 0%; width: 100%;")


def test_the_slowest_turn_is_one_click_away(page: Page, site: Site):
    site.session(page, "restaurant")
    page.get_by_role("button", name="Slowest turn").click()
    turn = page.locator(".turn", has_text="slowest")
    expect(turn).to_contain_text("Turn 3")
    expect(turn.locator(".full")).to_contain_text("Tools")
    expect(turn.get_by_role("row", name="Together")).to_contain_text("4.19 s")
    expect(page.locator(".line.chosen")).to_contain_text("2016 Barolo")


def test_the_parts_of_a_turn_add_up_to_its_gap(page: Page, site: Site):
    site.session(page, "restaurant")
    turn = page.locator(".turn").first
    turn.get_by_role("button").click()
    titles = [
        "Transcription",
        "End of turn",
        "Not measured",
        "Your callback",
        "Model, first token",
        "Tools",
        "Model, first token",
        "First sentence",
        "Not measured",
        "Voice, first byte",
        "Playout",
        "Together",
    ]
    expect(turn.locator(".full th")).to_have_text(titles)
    widths = turn.locator(".segment").evaluate_all(
        "(bars) => bars.map((bar) => parseFloat(bar.style.width))"
    )
    assert abs(sum(widths) - 100) < 0.01


def test_an_address_leads_to_a_moment_or_to_an_event(page: Page, site: Site):
    site.session(page, "restaurant", "#t=33.7")
    expect(page.locator("#clock")).to_have_text("0:33.7")
    expect(page.locator(".line.now")).to_contain_text("Marta, from the kitchen")
    site.sessions(page)
    site.session(page, "restaurant", "#event=3")
    event = page.get_by_role("tabpanel", name="Event")
    expect(event.get_by_role("heading")).to_have_text("agent_state_changed")
    event.get_by_role("button", name="Next event").click()
    expect(page).to_have_url(f"{site.address}/sessions/restaurant#event=4")


def test_evidence_of_one_event_is_a_click_away(page: Page, site: Site):
    site.session(page, "restaurant", "#event=9")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download evidence").click()
    evidence = Path(download.value.path()).read_text()
    assert "user_input_transcribed" in evidence or "agent_state_changed" in evidence


def test_the_log_is_verified_while_one_looks(page: Page, site: Site):
    site.session(page, "restaurant")
    panel = tab(page, "Integrity")
    panel.get_by_role("button", name="Verify this log").click()
    expect(panel).to_contain_text("✓ Sound")


def test_report_log_and_audio_are_there_to_download(page: Page, site: Site):
    site.session(page, "restaurant")
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as report:
        page.get_by_role("link", name="Report").click()
    assert "events" in json.loads(Path(report.value.path()).read_text())
    with page.expect_download() as log:
        page.get_by_role("link", name="Log").click()
    assert Path(log.value.path()).read_bytes().startswith(b'{"n":0,')
    with page.expect_download() as audio:
        page.get_by_role("link", name="Audio").click()
    assert Path(audio.value.path()).read_bytes().startswith(b"OggS")


def test_the_keys_do_what_the_mouse_does(page: Page, site: Site):
    site.session(page, "restaurant")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".line.chosen")).to_contain_text("A table for four")
    expect(page.locator("#clock")).to_have_text("0:05.0")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#clock")).to_have_text("0:10.0")
    page.keyboard.press("s")
    expect(page.locator(".turn .full")).to_be_visible()
    page.keyboard.press(" ")
    page.keyboard.press("u")
    expect(page).to_have_url(f"{site.address}/")


def test_a_session_that_is_not_there_says_so(page: Page, site: Site):
    answer = page.request.get(f"{site.address}/sessions/nobody", headers={"accept": "text/html"})
    assert answer.status == 404
    assert "no such session" in answer.text()


def test_about_tells_what_only_the_whole_log_tells(page: Page, site: Site):
    site.session(page, "restaurant")
    about = tab(page, "About")
    expect(about).to_contain_text("livekit-agents")
    expect(about).to_contain_text("find_table")


def test_a_session_in_which_nobody_spoke_says_so(page: Page, empty_site: Site):
    record(JournalEventStore(empty_site.store), "silent")
    empty_site.session(page, "silent")
    expect(page.locator("#silence")).to_have_text("Nothing was said.")
    expect(page.locator("#lines")).to_have_text("0 lines")


def test_a_session_that_was_removed_while_one_looked_says_so(browser: Browser, empty_site: Site):
    record(JournalEventStore(empty_site.store), "call", "Hello?")
    page = browser.new_page()  # one that may complain
    empty_site.session(page, "call")
    expect(page.locator("#lines")).to_have_text("1 line")
    shutil.rmtree(JournalEventStore(empty_site.store).folder("call"))
    expect(tab(page, "About")).to_have_text("This cannot be told: 404")
    page.close()


def test_a_session_that_cannot_be_asked_for_says_so(browser: Browser, site: Site):
    page = browser.new_page()
    page.route("**/api/**/timeline*", lambda route: route.fulfill(status=500))
    site.session(page, "brief-0")
    expect(page.get_by_role("alert")).to_contain_text("The session cannot be shown: 500")
    page.close()
