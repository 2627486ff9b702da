"""A server drops the line after the dot: whoever answers for a severe ticket is asked, and says what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.office import colleague, reply
from tests.support.axe import faults_of, in_both
from tests.support.post_office import PostOffice, letter
from tests.support.running import RunningDesk
from tests.support.smtp_server import SmtpServer, Taken
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> SmtpServer:
    return SmtpServer()


@pytest.fixture(scope="module")
def post(office: RunningDesk, server: SmtpServer) -> Iterator[PostOffice]:
    with PostOffice(office, server) as post:
        yield post


@pytest.fixture
def line(office: RunningDesk, here: ExitStack) -> Visitor:
    """Anna's second line, over which a test hears what she is told."""
    return colleague(office, here, "anna")


def in_doubt(anna: Page, line: Visitor, post: PostOffice, server: SmtpServer, subject: str) -> tuple[Locator, str]:
    """Her answer of a critical ticket, an hour after the server dropped the line; and the ticket."""
    server.faults["dot"] = "drop"
    post.takes(letter(subject, "Nothing works."))
    ticket: str = line.until(lambda frame: frame["type"] == "inbox" and frame["subject"] == subject)["ticket"]
    line.ask("set_severity", ticket=ticket, severity=1, mode="correction", reason="All hotels.")
    anna.locator(".tk", has_text=subject).first.click()
    expect(anna.locator(".c-head h2")).to_have_text(subject)
    reply(anna, f"It is back: {subject}.")
    mine = anna.locator(".m.us", has_text=f"It is back: {subject}.")
    expect(mine).to_contain_text("perhaps sent")
    demo = anna.context.new_page()
    demo.goto(f"{anna.url.partition('/')[0]}//{anna.url.split('/')[2]}/demo")
    demo.locator("button[value=hour]").first.click()
    demo.close()
    line.until(lambda frame: (frame["type"], frame.get("ticket"), frame.get("why")) == ("alarm", ticket, "in_doubt"))
    expect(mine.get_by_role("group", name="Did this mail arrive?")).to_be_visible()
    server.faults.clear()
    return mine, ticket


def about(server: SmtpServer, words: str) -> list[Taken]:
    return [each for each in server.taken if words.encode() in each.raw]


def test_she_has_it_sent_again_by_keyboard(anna: Page, line: Visitor, post: PostOffice, server: SmtpServer) -> None:
    mine, ticket = in_doubt(anna, line, post, server, "Rates")
    expect(anna.locator(f"a[href='#ticket/{ticket}']")).to_contain_text("arrived?")
    notice = anna.locator(".notice.bad", has_text="Nobody knows whether a mail arrived")
    expect(notice).to_have_count(1)
    for scheme in in_both(anna):
        assert faults_of(anna, iframes=False) == [], scheme
    anna.get_by_role("log").focus()
    while anna.evaluate("document.activeElement.textContent.trim() !== 'Send again'"):
        anna.keyboard.press("Tab")
    anna.keyboard.press("Enter")
    expect(mine.locator(".doubt")).to_have_count(0)
    expect(mine.locator(".state")).to_have_text("sent")
    expect(notice).to_have_count(0)
    expect(anna.locator(f"a[href='#ticket/{ticket}']")).not_to_contain_text("arrived?")
    expect(anna.get_by_role("log")).to_contain_text("Anna Kovács had the mail sent again that perhaps arrived")
    first, second = about(server, "It is back: Rates.")
    assert first.raw == second.raw


def test_she_says_that_it_arrived(anna: Page, line: Visitor, post: PostOffice, server: SmtpServer) -> None:
    mine, _ = in_doubt(anna, line, post, server, "Prices")
    mine.get_by_role("button", name="It arrived").click()
    expect(mine.locator(".state")).to_have_text("arrived, says Anna")
    expect(mine.locator(".doubt")).to_have_count(0)
    assert len(about(server, "It is back: Prices.")) == 1
