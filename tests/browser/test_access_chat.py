"""Every state a contact passes through: axe finds nothing, nothing runs off the page; both themes, 320 and 1280 px."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.people import Agent, Contact, move_clock
from tests.support.axe import faults_of, in_both
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
People = Callable[..., Any]
WIDTHS = (320, 1280)


class Looker:
    """Judges one state after the other; `VIPDESK_SHOTS` keeps a picture of each."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.found: list[str] = []

    def at(self, state: str, place: Page | Frame | None = None) -> None:
        """What is wrong here now."""
        where = place or self.page
        for scheme in in_both(self.page):
            faults = faults_of(where, iframes=False)
            if not where.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                faults.append("runs off the page")
            self.found += [f"{state}, {scheme}: {fault}" for fault in faults]
            if os.environ.get("VIPDESK_SHOTS"):
                self.page.screenshot(path=f"{os.environ['VIPDESK_SHOTS']}/{self.name}-{scheme}-{state}.png")


def visitor(people: People, width: int, who: str = "priya") -> tuple[Contact, Looker]:
    """A contact on a screen of this width."""
    person: Contact = people(Contact, who)
    person.page.set_viewport_size({"width": width, "height": 760})
    person.page.reload()
    expect(person.button).to_be_visible()
    return person, Looker(person.page, f"{width}")


def frame_of(person: Contact) -> Frame:
    [inner] = [each for each in person.page.frames if "/b/" in each.url]
    return inner


@pytest.mark.parametrize("width", WIDTHS)
def test_no_state_of_a_chat_has_an_accessibility_fault(people: People, width: int) -> None:
    anna = people(Agent)
    priya, look = visitor(people, width)
    look.at("button")
    priya.press()
    expect(priya.middle).to_contain_text("Ringing Anna")
    frame = frame_of(priya)
    look.at("ringing", frame)
    anna.picks_up()
    priya.says("The Lisbon feed stopped at 11:42.")
    expect(anna.log).to_contain_text("The Lisbon feed")
    anna.says("I look at it now. Which property did you see it on first?")
    expect(priya.thread).to_contain_text("Which property")
    look.at("live", frame)
    priya.chat.locator(".w-promise button").click()
    expect(priya.chat.get_by_role("dialog")).to_be_visible()
    look.at("severity", frame)
    priya.chooses("Not now")
    priya.chooses("I need a technical specialist")
    expect(priya.chat.get_by_role("dialog")).to_be_visible()
    look.at("specialist", frame)
    priya.chooses("Not now")
    priya.chat.locator("summary").click()
    expect(priya.chat.get_by_role("button", name="End the chat")).to_be_visible()
    look.at("menu", frame)
    priya.chooses("End the chat")
    expect(priya.middle).to_contain_text("How was this for you?")
    priya.chat.get_by_text("Good", exact=True).click()
    expect(priya.chat.get_by_role("button", name="Tell us")).to_be_visible()
    look.at("ended", frame)
    assert look.found == [], look.found


@pytest.mark.parametrize("width", WIDTHS)
def test_no_state_without_an_agent_has_an_accessibility_fault(people: People, desk: RunningDesk, width: int) -> None:
    stranger, look = visitor(people, width, "")
    stranger.press()
    expect(stranger.middle).to_contain_text("number 1 in line")
    frame = frame_of(stranger)
    look.at("waiting", frame)
    stranger.chooses("Confirm")
    expect(stranger.chat.get_by_role("dialog")).to_be_visible()
    look.at("known", frame)
    stranger.chooses("Not now")
    stranger.chooses("Leave it as a message")
    expect(stranger.middle).to_contain_text("becomes a ticket")
    look.at("message", frame)
    priya, look_closed = visitor(people, width)
    move_clock(priya, "To the evening")
    look_closed.at("evening")
    priya.press()
    expect(priya.middle).to_contain_text("office is closed")
    look_closed.at("choices", frame_of(priya))
    desk.kill()
    expect(priya.chat.locator(".strip")).to_contain_text("No connection since", timeout=30_000)
    look_closed.at("lost", frame_of(priya))
    assert look.found + look_closed.found == [], look.found + look_closed.found
