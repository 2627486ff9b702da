"""The demo's mail from end to end: a customer writes on its page, the agent answers in the console, both go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PATIENCE_MS, Agent
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
LOOK_MS = 250


def appears(page: Page, text: str, again: Callable[[], Any]) -> None:
    """A page without a script is looked at again until it says so."""
    for _ in range(PATIENCE_MS // LOOK_MS):
        if page.get_by_text(text).first.is_visible():
            return
        page.wait_for_timeout(LOOK_MS)
        again()
    expect(page.get_by_text(text).first).to_be_visible()


def test_a_mail_becomes_a_ticket_and_its_answer_lies_in_the_customers_inbox(
    desk: RunningDesk, chromium: Browser, people: Callable[..., Any]
) -> None:
    anna = people(Agent, "anna")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.origin}/demo")
    appears(page, "Write a mail as", page.reload)
    page.get_by_role("region", name="Write a mail as").get_by_role("link", name="Priya Raman").click()
    page.get_by_label("Subject").fill("No rates since 11:42")
    page.get_by_label("Text").fill("The feed of Brighton has stopped.")
    page.get_by_label("A file").set_input_files({"name": "log.txt", "mimeType": "text/plain", "buffer": b"11:42 stop"})
    page.get_by_role("button", name="Send the mail").click()
    expect(page.get_by_role("status")).to_have_text("Your mail is with the desk.")

    anna.page.get_by_text("No rates since 11:42").first.click()
    expect(anna.log).to_contain_text("The feed of Brighton has stopped.")
    expect(anna.log).to_contain_text("log.txt")
    anna.says("I have started it again, Priya.")

    appears(page, "I have started it again, Priya.", page.get_by_role("link", name="Look again").click)
    letter = page.locator(".d-mails details").filter(has_text="I have started it again, Priya.")
    expect(letter.locator("summary")).to_contain_text("Anna")
    letter.get_by_label("Answer").fill("It works, thank you.")
    letter.get_by_role("button", name="Send the answer").click()
    expect(anna.log).to_contain_text("It works, thank you.")
    context.close()
