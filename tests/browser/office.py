"""An agent at the console of a desk that is open, and who presses the button of Brightwater, where Anna is named."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PATIENCE_MS
from tests.support.running import RunningDesk
from tests.support.visitor import Visitor

SOUNDED = """
window.sounded = [];
const begin = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  sounded.push(this.context.state);
  return begin.apply(this, when);
};
"""
"""A script that writes down which notes of a chime a page begins, and whether its sound was allowed then."""

BUTTON = "bw_4f9c2a71"  # Brightwater: Anna is named, Ben her first stand-in


def signed_in(
    office: RunningDesk, chromium: Browser, here: ExitStack, name: str, script: str = "", **options: Any
) -> Page:
    """An agent at their console, by the form; the script runs in each of their pages before ours."""
    options = {"reduced_motion": "reduce"} | options
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Bratislava", **options)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(script)
    here.callback(context.close)
    page = context.new_page()
    page.goto(f"{office.origin}/login")
    page.get_by_label("Mail address").fill(f"{name}@larkfield.example")
    page.get_by_label("Password").fill(f"demo-{name}")
    page.keyboard.press("Enter")
    expect(page.locator(".rail .live:not(.lost)")).to_be_attached()
    return page


def presses(office: RunningDesk, here: ExitStack, text: str) -> tuple[Visitor, str]:
    """A visitor of Brightwater's portal who presses and waits; their chat ends with the test."""
    visitor = here.enter_context(Visitor.contact(office.origin, BUTTON))
    ticket: str = visitor.ask("press", text=text)["ticket"]
    here.callback(visitor.leaves, ticket)
    return visitor, ticket


def rings(office: RunningDesk, here: ExitStack, page: Page, text: str) -> None:
    presses(office, here, text)
    expect(page.get_by_role("alertdialog")).to_contain_text(text)


def picked_up(office: RunningDesk, here: ExitStack, page: Page, text: str) -> tuple[Visitor, str]:
    """The same, and the agent has answered the ring by keyboard."""
    visitor, ticket = presses(office, here, text)
    expect(page.get_by_role("alertdialog")).to_contain_text(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text(text)
    expect(page.locator(".c-sub")).to_contain_text("Live chat")
    return visitor, ticket


def reply(page: Page, text: str) -> None:
    page.keyboard.press("r")
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")


def colleague(office: RunningDesk, here: ExitStack, name: str) -> Visitor:
    """Another agent, at the desk and available until the test ends."""
    other = here.enter_context(Visitor.agent(office.origin, name))
    other.ask("presence", status="available")
    return other
