"""A ring is noticed: what the page asks of the browser's own sound, title and icon while it rings."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import SOUNDED, presses, rings, signed_in
from tests.console.waiting import let_pass, until
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
# To a browser every look of Playwright's is a touch; this tab is told that there was none.
UNTOUCHED = """
AudioContext.prototype.resume = () => new Promise(() => {});
Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
"""
MORE_THAN_BETWEEN_CHIMES_MS = 3000
ICON = "link[rel=icon]"


def at_work(office: RunningDesk, chromium: Browser, here: ExitStack) -> Page:
    """Anna at a console."""
    return signed_in(office, chromium, here, "anna", SOUNDED)


def test_a_ring_sounds_again_and_again_until_it_is_answered(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    page = at_work(office, chromium, here)
    assert page.evaluate("sounded") == []
    rings(office, here, page, "Is it heard?")
    until(page, "sounded.length >= 4")  # two notes at once, two more after a while
    assert set(page.evaluate("sounded")) == {"running"}
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    heard = page.evaluate("sounded.length")
    expect(page.locator(".c-sub")).to_contain_text("Live chat")
    let_pass(page, MORE_THAN_BETWEEN_CHIMES_MS)
    assert page.evaluate("sounded.length") == heard


def test_a_tab_that_nobody_has_touched_leaves_the_sound_to_one_that_may(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    first = at_work(office, chromium, here)
    untouched, touched = first.context.new_page(), first.context.new_page()
    untouched.add_init_script(UNTOUCHED)
    untouched.goto(f"{office.origin}/")
    expect(untouched.locator(".rail .live:not(.lost)")).to_be_attached()
    first.close()
    rings(office, here, untouched, "Which of you?")
    touched.goto(f"{office.origin}/")
    expect(touched.get_by_role("alertdialog")).to_be_visible()
    touched.mouse.click(5, 5)
    until(touched, "sounded.length")
    assert untouched.evaluate("sounded") == []


def test_what_is_written_while_it_rings_is_read_on_the_ring(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    page = at_work(office, chromium, here)
    visitor, ticket = presses(office, here, "Hello?")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Hello?")
    visitor.ask("say", ticket=ticket, body="The feed has stopped.")
    expect(dialog).to_contain_text("“The feed has stopped.”")


def test_a_ring_whose_sound_is_switched_off_is_silent(office: RunningDesk, chromium: Browser, here: ExitStack) -> None:
    page = at_work(office, chromium, here)
    page.locator(".rail .me").click()
    page.get_by_role("switch", name="Sound of the ring").click()
    page.keyboard.press("Escape")
    rings(office, here, page, "Nobody is startled")
    let_pass(page, MORE_THAN_BETWEEN_CHIMES_MS)
    assert page.evaluate("sounded") == []
    page.locator(".rail .me").click()
    page.get_by_role("switch", name="Sound of the ring").click()  # while it rings
    until(page, "sounded.length")


def test_title_and_icon_tell_of_a_ring_and_go_back(office: RunningDesk, chromium: Browser, here: ExitStack) -> None:
    page = at_work(office, chromium, here)
    title, icon = page.title(), page.get_attribute(ICON, "href")
    assert icon is not None and icon.endswith("/favicon.svg")
    rings(office, here, page, "Look up there")
    expect(page).to_have_title(re.compile("^Ring: Brightwater Hotels"))
    expect(page.locator(ICON)).to_have_attribute("href", re.compile("/favicon-ring.svg$"))
    page.keyboard.press("p")
    page.get_by_role("dialog").get_by_role("button", name="Pass on").click()
    expect(page).to_have_title(title)
    expect(page.locator(ICON)).to_have_attribute("href", icon)
