"""What was acknowledged is there once and in order, whatever breaks: the desk, the line, the page."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import Agent, Contact
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
People = Callable[..., Any]


def talk(people: People) -> tuple[Agent, Contact]:
    """A live chat."""
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    expect(priya.head).to_contain_text("Anna Kovács")
    return anna, priya


def settled(anna: Agent, priya: Contact, expected: int) -> list[str]:
    """What both show, once they show as much as was said."""
    expect(priya.thread.locator(".bub")).to_have_count(expected, timeout=60_000)
    expect(priya.thread.locator(".wait")).to_have_count(0)
    expect(anna.log.locator("article .body")).to_have_count(expected, timeout=60_000)
    assert priya.said() == anna.said()
    return priya.said()


def test_the_desk_is_killed_in_the_middle_of_a_burst(people: People, desk: RunningDesk) -> None:
    anna, priya = talk(people)
    anna.says("I listen.")
    for number in range(8):
        priya.says(f"p{number}")
        if number == 4:
            desk.kill()
    anna.composer.fill("One moment.")
    anna.composer.press("Control+Enter")
    desk.start()
    expect(anna.log).to_contain_text("p7", timeout=60_000)
    held = anna.page.get_by_role("button", name="Send anyway")  # others wrote meanwhile, so the desk asks
    held.or_(anna.log.locator("article.us", has_text="One moment.")).first.wait_for()
    if held.is_visible():
        held.click()
    said = settled(anna, priya, 10)
    assert [each for each in said if each.startswith("p")] == [f"p{number}" for number in range(8)]
    assert sorted(said)[:2] == ["I listen.", "One moment."]


def test_what_both_write_without_a_line_goes_out_in_order(people: People) -> None:
    anna, priya = talk(people)
    priya.says("before")
    expect(anna.log).to_contain_text("before")
    priya.context.set_offline(True)
    anna.says("Are you there?")
    priya.says("one")
    priya.says("two")
    expect(priya.thread.locator(".wait")).to_have_count(2)
    expect(priya.chat.locator(".strip")).to_contain_text("No connection since", timeout=30_000)
    expect(priya.chat.locator(".w-foot")).to_contain_text("2 messages wait on this device")
    priya.context.set_offline(False)
    assert settled(anna, priya, 4) == ["before", "Are you there?", "one", "two"]


def test_a_desk_that_stands_still_is_found_out_and_come_back_to(people: People, desk: RunningDesk) -> None:
    anna, priya = talk(people)
    assert desk.pid is not None
    os.kill(desk.pid, signal.SIGSTOP)
    priya.says("Can you read this?")
    expect(priya.chat.locator(".strip")).to_contain_text("No connection since", timeout=40_000)
    os.kill(desk.pid, signal.SIGCONT)
    assert settled(anna, priya, 1) == ["Can you read this?"]


def test_two_tabs_and_two_windows_show_the_same(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    window = anna.context.new_page()
    window.goto(anna.page.url)
    expect(window.locator(".rail")).to_contain_text("Live")
    priya.press()
    expect(window.get_by_role("alertdialog")).to_be_visible()
    anna.picks_up()
    expect(window.get_by_role("alertdialog")).to_have_count(0)
    tab = priya.context.new_page()
    tab.goto(priya.portal)
    tab.locator("vipdesk-button button").click()
    inner = tab.frame_locator("vipdesk-button iframe")
    expect(inner.locator(".w-head")).to_contain_text("Anna Kovács")
    expect(inner.get_by_role("button", name="Minimise")).to_be_visible()
    inner.locator(".compose textarea").fill("from the second tab")
    inner.locator(".compose textarea").press("Enter")
    expect(priya.thread).to_contain_text("from the second tab")
    priya.says("from the first")
    expect(inner.get_by_role("log")).to_contain_text("from the first")
    assert inner.locator(".bub").all_inner_texts() == settled(anna, priya, 2)


def test_a_closed_tab_comes_back_to_the_same_chat(people: People) -> None:
    anna, priya = talk(people)
    priya.says("I close this tab now.")
    expect(anna.log).to_contain_text("I close this tab now.")
    priya.page.close()
    anna.says("Take your time.")
    priya.page = priya.context.new_page()
    priya.page.goto(priya.portal)
    priya.press()
    assert settled(anna, priya, 2) == ["I close this tab now.", "Take your time."]


def test_a_demo_that_starts_over_takes_both_sides_along(people: People) -> None:
    anna, priya = talk(people)
    priya.says("This will be forgotten.")
    expect(anna.log).to_contain_text("forgotten")
    other = priya.context.new_page()
    other.goto(f"{priya.desk.origin}/demo")
    with other.expect_navigation():
        other.get_by_role("button", name="Start the demo over").click()
    expect(anna.page.locator(".rail")).to_contain_text("Live")
    expect(anna.page.locator(".tk", has_text="forgotten")).to_have_count(0)
    anna.page.get_by_role("dialog", name="Not here").get_by_role("button", name="Back to the list").click()
    expect(anna.log).to_have_count(0)
    priya.page.reload()
    priya.press()
    anna.picks_up()
    priya.says("A new day.")
    expect(anna.log).to_contain_text("A new day.")
