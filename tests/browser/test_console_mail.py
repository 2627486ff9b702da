"""Mail at the running desk: hostile HTML runs nothing and fetches nothing, quotes are folded, a reply is taken back."""

from __future__ import annotations

import re
import smtplib
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.office import reply, signed_in
from tests.console.waiting import until
from tests.support.axe import faults_of, in_both
from tests.support.post_office import PostOffice, as_bytes, letter
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser

HOSTILE = """<html><head><meta http-equiv="refresh" content="0;url={site}/refreshed"><base href="{site}/">
<style>@import url({site}/a.css); body {{ background: url({site}/back.png) }}</style>
<link rel="stylesheet" href="{site}/b.css"><script src="{site}/x.js"></script></head>
<body onload="top.location = '{site}/loaded'"><p>Hello <b>there</b></p>
<script>fetch("{site}/fetched")</script><img src="nothing" onerror="fetch('{site}/failed')">
<img src="{site}/pixel.gif" width="1"><div style="background: url({site}/styled.png)">styled</div>
<form action="{site}/sent" method="post"><input name="a" value="b"><button>Go on</button></form>
<svg><image href="{site}/drawn.png"/><script>fetch("{site}/svg")</script></svg><iframe src="{site}/framed"></iframe>
<video src="{site}/video" autoplay></video><object data="{site}/object"></object><embed src="{site}/embed">
<a href="{site}/login">https://bank.example/login</a></body></html>"""


class _Site(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Whoever sent the mail, waiting to be asked for anything."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def post(office: RunningDesk) -> Iterator[PostOffice]:
    with PostOffice(office) as post:
        yield post


def opened(page: Page, subject: str) -> None:
    """The ticket of this mail, once it is here."""
    page.locator(".tk", has_text=subject).first.click()
    expect(page.locator(".c-head h2")).to_have_text(subject)
    expect(page.locator(".m").first).to_be_visible()


def test_nothing_of_a_hostile_mail_runs_or_leaves(anna: Page, post: PostOffice, site: str, office: RunningDesk) -> None:
    asked: list[str] = []

    def hear(request: Request) -> None:
        asked.append(request.url)

    anna.context.on("request", hear)
    anna.on("dialog", lambda dialog: asked.append(dialog.message))
    mail = letter("Hostile", "Hello there")
    mail.add_alternative(HOSTILE.format(site=site), subtype="html")
    post.takes(mail)
    opened(anna, "Hostile")
    anna.get_by_role("button", name="Show as sent").click()
    frame = anna.frame_locator(".as-sent iframe")
    expect(frame.locator("body")).to_contain_text("Hello there")
    expect(frame.locator(".box")).to_have_text("Picture at 127.0.0.1")
    expect(frame.locator(".host")).to_have_text("127.0.0.1")
    assert frame.locator("script, style, form, svg, iframe, video, object, embed, meta[http-equiv]").count() == 0
    anna.get_by_role("button", name="Load pictures").click()
    expect(frame.locator("img")).to_have_count(1)
    until(anna, "performance.getEntriesByType('resource').length > 0")
    own = urlsplit(office.origin).netloc
    assert [url for url in asked if urlsplit(url).netloc != own] == []
    assert any("/remote/0" in url for url in asked), "the desk was asked for the picture"
    assert _Site.asked == []
    assert urlsplit(anna.url).netloc == own


def test_a_mail_is_read_and_answered_and_the_answer_taken_back_by_keyboard_alone(anna: Page, post: PostOffice) -> None:
    post.takes(letter("Keyboard", "Is it back?\n\nOn Tue, 3 Mar 2026 at 10:00, Anna wrote:\n> We look at it.\n"))
    expect(anna.locator(".tk", has_text="Keyboard")).to_have_count(1)
    anna.keyboard.press("/")
    anna.keyboard.type("Keyboard")
    expect(anna.locator(".tk")).to_have_count(1)
    anna.keyboard.press("Escape")
    expect(anna.locator(".tk", has_text="Keyboard").first).to_be_visible()
    while anna.evaluate(
        "!(document.activeElement.matches('.tk') && document.activeElement.textContent.includes('Keyboard'))"
    ):
        anna.keyboard.press("j")
    anna.keyboard.press("Enter")
    talk = anna.get_by_role("log")
    expect(talk).to_contain_text("Is it back?")
    expect(talk).not_to_contain_text("We look at it.")
    talk.focus()
    while anna.evaluate(
        "!(document.activeElement.matches('button') && document.activeElement.textContent.includes('Show quoted text'))"
    ):
        anna.keyboard.press("Tab")
    anna.keyboard.press("Enter")
    expect(talk).to_contain_text("> We look at it.")
    anna.keyboard.press("r")
    anna.keyboard.type("Yes, since ten.")
    expect(anna.locator(".by-mail")).to_contain_text("Goes by mail to Priya Raman")
    anna.keyboard.press("Control+Enter")
    expect(anna.locator(".takeback")).to_contain_text("leaves in a moment")
    anna.keyboard.press("Control+z")
    expect(talk).to_contain_text("taken back")
    expect(anna.locator(".composer textarea")).to_have_value("Yes, since ten.")
    expect(anna.locator(".m.gone")).to_have_count(1)


def test_a_mail_on_the_screen_has_no_accessibility_fault(anna: Page, post: PostOffice) -> None:
    mail = letter("Accessible", "Look\n\nOn Tue, 3 Mar 2026 at 10:00, Anna wrote:\n> Old words.\n", proven=False,
                  Cc="Mia <mia@agency.example>")  # fmt: skip
    mail.add_alternative("<p>Look</p><blockquote>Old words.</blockquote><img src='https://x.example/a.png'>", "html")
    post.takes(mail)
    opened(anna, "Accessible")
    for button in ("Show quoted text", "Details", "Show as sent"):
        anna.get_by_role("button", name=button).click()
        for scheme in in_both(anna):
            assert faults_of(anna, iframes=False) == [], (button, scheme)


def test_the_original_comes_down_byte_by_byte(anna: Page, post: PostOffice) -> None:
    mail = letter("Bytes", "As they came")
    post.takes(mail)
    opened(anna, "Bytes")
    with anna.expect_download() as download:
        anna.get_by_role("link", name="Original").click()
    assert download.value.suggested_filename == "Bytes.eml"
    assert download.value.path().read_bytes() == as_bytes(mail)


def test_a_stranger_in_copy_joins_by_a_press(anna: Page, post: PostOffice) -> None:
    post.takes(letter("Copied", "All of us", Cc="Mia <mia@agency.example>, owen.hughes@brightwater.example"))
    opened(anna, "Copied")
    expect(anna.locator(".mail-to li")).to_have_count(2)
    anna.get_by_role("button", name="Add to the ticket").click()
    expect(anna.get_by_role("button", name="Add to the ticket")).to_have_count(0)
    expect(anna.locator(".by-mail")).to_contain_text("Mia")


def test_the_list_and_the_talk_say_when_the_clock_of_a_mail_starts(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("night") / "desk"
    with ExitStack() as stack:
        desk = stack.enter_context(RunningDesk(folder, {"VIPDESK_CLOCK": "2026-03-04T20:00:00Z"}))
        post = stack.enter_context(PostOffice(desk))
        post.takes(letter("At night", "Since this evening"))
        page = signed_in(desk, chromium, stack, "anna")
        row = page.locator(".tk", has_text="At night")
        expect(row.locator(".clock")).to_have_text("starts Thu 09:00 CET")
        opened(page, "At night")
        expect(page.locator(".m").first).to_contain_text("clock starts Thu 5 Mar 09:00 CET")


def posted(office: RunningDesk, mail: EmailMessage) -> None:
    """By Priya's mail program, to the demo's own mail server."""
    printed = re.compile(r"SMTP 127\.0\.0\.1:(\d+)")
    with smtplib.SMTP("127.0.0.1", int(printed.findall(office.log.read_text())[-1])) as program:
        program.login("priya.raman@brightwater.example", "demo-priya")
        program.send_message(mail, to_addrs=["brightwater@larkfield.example"])


def test_an_answer_leaves_and_whom_it_did_not_reach_is_told_in_red(anna: Page, office: RunningDesk) -> None:
    posted(office, letter("To and fro", "All of us", proven=False, To="brightwater@larkfield.example",
                          Cc="Mia <mia@agency.example>"))  # fmt: skip
    opened(anna, "To and fro")
    anna.get_by_role("button", name="Add to the ticket").click()
    expect(anna.locator(".by-mail")).to_contain_text("Mia")
    reply(anna, "It is back.")
    mine = anna.locator(".m.us", has_text="It is back.")
    expect(mine).to_contain_text("leaves in")
    expect(mine.locator(".fates")).to_contain_text("Priya Raman: sent")
    banner = mine.locator(".banner.bad")
    expect(banner).to_contain_text("The copy for Mia bounced at")
    expect(banner).not_to_contain_text("The clock goes on.")  # who wrote has the answer
    assert faults_of(anna, iframes=False) == []
