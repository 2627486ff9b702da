"""Every page an agent meets, as the running desk serves it: no accessibility fault, nothing blocked, nothing foreign,
nothing off the edge; in both themes, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import faults_of, in_both
from tests.support.running import RunningDesk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser
WATCH = """window.blocked = []; document.addEventListener("securitypolicyviolation",
  (event) => blocked.push(`${event.violatedDirective} ${event.blockedURI}`));"""
SIZES = [(1280, 800), (320, 700)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    folder = tmp_path_factory.mktemp("pages") / "desk"
    with RunningDesk(folder, {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z", "VIPDESK_LOG_LEVEL": "warning"}) as desk:
        yield desk


@pytest.fixture(params=SIZES, ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, office: RunningDesk, chromium: Browser) -> Iterator[Page]:
    """A page that asks nobody but the desk for anything."""
    width, height = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce", has_touch=width < 720
    )
    context.add_init_script(WATCH)
    asked: set[str] = set()
    page = context.new_page()
    page.on("request", lambda sent: asked.add(urlsplit(sent.url).netloc))
    yield page
    context.close()
    assert asked <= {urlsplit(office.origin).netloc, ""}


def expect_sound(page: Page) -> None:
    """In both themes."""
    for theme in in_both(page):
        assert faults_of(page) == [], f"{theme} {page.url}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} runs off the page"
    assert page.evaluate("blocked") == []


@pytest.mark.parametrize("path", ["/login", "/welcome/spent", "/nothing-here", "/demo"])
def test_a_page_without_a_session_is_sound(path: str, page: Page, office: RunningDesk) -> None:
    page.goto(office.origin + path)
    expect(page.locator("h1")).to_have_count(1)
    expect_sound(page)


def test_a_wrong_password_says_so_keeps_the_address_and_asks_again(page: Page, office: RunningDesk) -> None:
    sign_in(page, office, "anna", "wrong")
    expect(page.get_by_role("alert")).to_have_text("Address and password do not match.")
    expect(page.get_by_label("Mail address")).to_have_value("anna@larkfield.example")
    expect(page.get_by_label("Password")).to_be_focused()
    expect_sound(page)


def test_the_console_is_sound_while_it_rings_and_in_the_talk(page: Page, office: RunningDesk) -> None:
    sign_in(page, office, "anna", "demo-anna")
    page.locator(".tk").first.wait_for()
    expect_sound(page)
    with Visitor.contact(office.origin, "bw_4f9c2a71") as visitor:
        ticket = visitor.ask("press", text="A word that is so long that it has nowhere to go: " + "rates" * 60)[
            "ticket"
        ]
        expect(page.get_by_role("alertdialog")).to_be_visible()
        expect_sound(page)
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("is in the chat")
        expect(page.locator(".side .why")).to_be_attached()
        expect_sound(page)
        if page.viewport_size == {"width": 320, "height": 700}:
            page.get_by_role("button", name="Customer and ticket details").click()
            expect(page.locator(".side .why")).to_be_visible()
            expect_sound(page)
        visitor.leaves(ticket)


def sign_in(page: Page, office: RunningDesk, name: str, password: str) -> None:
    page.goto(f"{office.origin}/login")
    page.get_by_label("Mail address").fill(f"{name}@larkfield.example")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
