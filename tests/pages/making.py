"""A real desk with its admin signed in, for tests that go through the administration's pages."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable

import httpx2
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from tests.support.running import ROOT, RunningDesk

PASSWORD = "a sentence of its own"
Real = tuple[RunningDesk, str]
Plain = Callable[..., BrowserContext]


def made(desk: RunningDesk) -> str:
    """A real desk in the folder; the admin's link."""
    ran = subprocess.run(
        [sys.executable, "-m", "vipdesk", "setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example",
         "--json"],
        cwd=ROOT, env=os.environ | {"VIPDESK_DATA": str(desk.folder), "VIPDESK_PORT": str(desk.port)}, check=True,
        capture_output=True,
    )  # fmt: skip
    return str(json.loads(ran.stdout)["link"])


class Admin:
    """A browser without a script, as far as forms go: keeps its cookie, sends what a page's form holds."""

    def __init__(self, desk: RunningDesk, link: str) -> None:
        self.http = httpx2.Client(base_url=desk.origin, headers={"Origin": desk.origin}, follow_redirects=True)
        self.folder = desk.folder
        self.http.post(link, data={"password": PASSWORD})
        self.page = self.http.get("/admin")
        assert self.page.status_code == 200, self.page.text

    def get(self, path: str) -> str:
        """The page's text."""
        self.page = self.http.get(path)
        return self.page.text

    def post(self, path: str, **fields: object) -> str:
        """Sends a form; the text of the page that comes."""
        csrf = self.http.get("/admin/calendars").text.split('name="csrf" value="')[1].split('"')[0]
        self.page = self.http.post(path, data={"csrf": csrf} | fields)
        return self.page.text

    def close(self) -> None:
        self.http.close()


def signed_in(context: BrowserContext, desk: RunningDesk, link: str) -> Page:
    """Jonas, by his link the first time, then by his password."""
    page = context.new_page()
    page.goto(link)
    if page.locator("form").count() and "/welcome/" in page.url and page.locator("#password").count():
        page.fill("#password", PASSWORD)
        page.click("form .btn.main")
    else:
        page.goto(f"{desk.origin}/login")
        page.fill("#email", "jonas@larkfield.example")
        page.fill("#password", PASSWORD)
        page.click("form .btn.main")
    page.wait_for_url("**/admin/customers")
    return page


def save(page: Page) -> None:
    page.click(".a-save .btn.main")
    page.wait_for_selector(".banner.good")
    page.wait_for_load_state()


def hire(page: Page, desk: RunningDesk, name: str) -> str:
    """A new agent by the form; their sign-in link."""
    page.goto(f"{desk.origin}/admin/agents/new")
    page.fill("#name", name)
    page.fill("#email", f"{name.split()[0].lower()}@larkfield.example")
    page.fill("#title", "Your named agent")
    save(page)
    page.click("form[action$='/link'] .btn")
    return page.inner_text("#link")


def round_the_clock(page: Page, desk: RunningDesk) -> None:
    page.goto(f"{desk.origin}/admin/calendars/new")
    page.fill("#name", "Round the clock")
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        page.fill(f"#{day}", "0-24")
    save(page)


def picture() -> bytes:
    """A photo as a camera would make it."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "#0b6b6b").save(out, "PNG")
    return out.getvalue()
