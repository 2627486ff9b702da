"""The people of the stories, each at a real browser: a contact on the customer's portal, an agent in the console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.support.running import RunningDesk

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


class Person:
    """A browser context of their own; everything their pages complain of is kept."""

    def __init__(self, chromium: Browser, desk: RunningDesk, **options: Any) -> None:
        self.desk = desk
        self.context: BrowserContext = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._hear)
        self.page: Page = self.context.new_page()

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Closes the browser of this person."""
        self.context.close()


class Contact(Person):
    """Priya at her portal unless somebody else is named; `""` is a visitor."""

    def __init__(self, chromium: Browser, desk: RunningDesk, who: str = "priya", customer: str = "brightwater") -> None:
        super().__init__(chromium, desk, timezone_id="Europe/London")
        self.portal = f"{desk.portal}/?customer={customer}&as={who}"
        self.page.goto(self.portal)

    @property
    def button(self) -> Locator:
        """The unique button."""
        return self.page.locator("vipdesk-button button")

    @property
    def chat(self) -> FrameLocator:
        """The chat in its frame."""
        return self.page.frame_locator("vipdesk-button iframe")

    @property
    def field(self) -> Locator:
        return self.chat.locator(".compose textarea")

    @property
    def head(self) -> Locator:
        return self.chat.locator(".w-head")

    @property
    def middle(self) -> Locator:
        return self.chat.locator(".mid")

    @property
    def thread(self) -> Locator:
        return self.chat.get_by_role("log")

    def press(self) -> None:
        """Presses the button; the chat opens and its script has taken the page over."""
        self.button.click()
        expect(self.chat.get_by_role("button", name="Minimise")).to_be_visible()

    def says(self, text: str) -> None:
        """Writes and sends."""
        self.field.fill(text)
        self.field.press("Enter")

    def said(self) -> list[str]:
        """Every bubble in order."""
        return self.thread.locator(".bub").all_inner_texts()

    def chooses(self, name: str) -> None:
        """A button of the chat."""
        self.chat.get_by_role("button", name=name).click()


class Agent(Person):
    """Signed in by the form, with their inbox open."""

    def __init__(self, chromium: Browser, desk: RunningDesk, name: str = "anna", **options: Any) -> None:
        super().__init__(chromium, desk, timezone_id="Europe/Bratislava", **options)
        self.page.goto(f"{desk.origin}/login")
        self.page.get_by_label("Mail address").fill(f"{name}@larkfield.example")
        self.page.get_by_label("Password").fill(f"demo-{name}")
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".rail")).to_be_visible()
        expect(self.page.locator(".rail")).to_contain_text("Live")

    @property
    def ring(self) -> Locator:
        """The card of the ring."""
        return self.page.get_by_role("alertdialog")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def composer(self) -> Locator:
        return self.page.locator(".composer textarea")

    def picks_up(self) -> None:
        """The first ring."""
        self.ring.get_by_role("button", name="Pick up").first.click()
        expect(self.composer).to_be_visible()

    def says(self, text: str) -> None:
        """A public reply; their composer is empty afterwards."""
        self.composer.fill(text)
        self.composer.press("Control+Enter")
        expect(self.composer).to_have_value("")

    def notes(self, text: str) -> None:
        """An internal note."""
        self.page.locator(".composer .seg label", has_text="Note").click()
        self.says(text)
        self.page.locator(".composer .seg label", has_text="Reply").click()

    def presence(self, status: str) -> None:
        """Available, Away or Offline, by the menu."""
        self.page.locator(".rail .me, .rail [aria-haspopup]").first.click()
        self.page.locator(".me-menu label", has_text=re.compile(f"^{status}")).click()
        self.page.keyboard.press("Escape")

    def said(self) -> list[str]:
        """Every message in order, notes too."""
        return self.log.locator("article .body").all_inner_texts()


def move_clock(person: Contact, name: str) -> None:
    """A control of the demo's strip on the portal."""
    person.page.get_by_role("button", name=name).click()
    expect(person.button).to_be_visible()


def record_of(desk: RunningDesk) -> str:
    """For the checker."""
    return f"sqlite:///{Path(desk.folder) / 'vipdesk.db'}"
