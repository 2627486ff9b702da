"""A ring behind other pages is told by the browser itself: what the page asks of it while it rings."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import SOUNDED, rings, signed_in
from tests.console.waiting import until
from tests.support.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.whole_browser]
# The browser itself is asked, and what it is asked is written down.
WRITTEN = (
    SOUNDED
    + """
window.noticed = [];
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options);
    noticed.push(this);
  }
  get told() { return `${this.title}: ${this.body}`; }
  close() {
    super.close();
    noticed.splice(noticed.indexOf(this), 1);
  }
};
"""
)


def at_work(office: RunningDesk, chromium: Browser, here: ExitStack, *permissions: str) -> Page:
    """Anna at a console whose browser allows that."""
    return signed_in(office, chromium, here, "anna", WRITTEN, permissions=list(permissions) or None)


def behind(page: Page) -> None:
    """Another page of the same browser comes to the front, as for a person: Playwright else feigns a focus for each."""
    page.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.context.new_page().bring_to_front()
    until(page, "!document.hasFocus()")


def test_a_ring_behind_another_page_is_told_by_the_browser_until_it_ends(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    page = at_work(office, chromium, here, "notifications")
    behind(page)
    rings(office, here, page, "Somebody there?")
    until(page, "noticed.length")
    assert page.evaluate("noticed.map(({told}) => told)") == ["Brightwater Hotels rings you: Somebody there?"]
    page.bring_to_front()
    page.keyboard.press("Enter")
    expect(page.locator(".c-sub")).to_contain_text("Live chat")
    until(page, "!noticed.length")


def test_a_page_in_front_needs_no_notification(office: RunningDesk, chromium: Browser, here: ExitStack) -> None:
    page = at_work(office, chromium, here, "notifications")
    rings(office, here, page, "Here I am")
    until(page, "sounded.length")
    assert page.evaluate("noticed.length") == 0


def test_who_did_not_allow_notifications_gets_none_and_can_still(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    page = at_work(office, chromium, here)
    page.locator(".rail .me").click()
    expect(page.get_by_role("button", name="Notify me of rings")).to_be_visible()
    page.keyboard.press("Escape")
    behind(page)
    rings(office, here, page, "Quiet, please")
    until(page, "sounded.length")
    assert page.evaluate("noticed.length") == 0
