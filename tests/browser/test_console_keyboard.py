"""A working day without a pointer, and without anything that moves for who does not want it."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import colleague, presses, signed_in
from tests.browser.people import PATIENCE_MS
from tests.console.waiting import until
from tests.support.running import RunningDesk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser
TOUCHED = """
window.touched = 0;
addEventListener("pointerdown", () => { touched += 1; }, true);
"""
MOVED = """
window.moved = [];
for (const kind of ["animationstart", "transitionrun"]) addEventListener(kind, ({target, pseudoElement}) => {
  for (const one of target.getAnimations({subtree: false}).map(({effect}) => effect.getComputedTiming()))
    if (one.duration * one.iterations > 1) moved.push(`${target.className} ${pseudoElement} ${one.duration}`);
}, true);
"""


def test_a_working_day_needs_no_pointer(office: RunningDesk, chromium: Browser, here: ExitStack) -> None:
    ben = colleague(office, here, "ben")
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Bratislava", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(TOUCHED)
    here.callback(context.close)
    page = context.new_page()
    page.goto(f"{office.origin}/login")
    come_in(page)
    visitor, _ = presses(office, here, "By keyboard, please")
    pick_up_and_answer(page, visitor)
    raise_the_severity(page, visitor)
    hand_over_in_vain(page, ben)
    solve(page, visitor)
    find_another_and_go(page)
    assert page.evaluate("touched") == 0


def come_in(page: Page) -> None:
    keys = page.keyboard
    expect(page.get_by_label("Mail address")).to_be_focused()
    keys.type("anna@larkfield.example")
    keys.press("Tab")
    keys.type("demo-anna")
    keys.press("Enter")
    expect(page.locator(".rail .live:not(.lost)")).to_be_attached()
    for status in ("Away", "Available"):
        keys.press("Shift+A")
        expect(page.locator(".rail .me")).to_contain_text(status)


def pick_up_and_answer(page: Page, visitor: Visitor) -> None:
    keys = page.keyboard
    expect(page.get_by_role("alertdialog")).to_contain_text("By keyboard, please")
    keys.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("By keyboard, please")
    keys.press("r")
    keys.type("With pleasure")
    keys.press("Alt+2")
    keys.press("Control+Enter")
    visitor.hears("With pleasure")
    keys.press("Escape")
    keys.press("n")
    keys.type("No mouse here")
    keys.press("Control+Enter")
    expect(page.locator(".m.note")).to_contain_text("No mouse here")
    keys.press("Escape")


def raise_the_severity(page: Page, visitor: Visitor) -> None:
    keys = page.keyboard
    keys.press("s")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("ArrowUp")  # from standard to high
    keys.press("Tab")
    keys.press("Tab")
    keys.type("guests wait")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    assert visitor.until(lambda frame: frame.get("kind") == "severity")["data"]["severity"] == 2
    expect(page.get_by_role("dialog")).to_have_count(0)


def hand_over_in_vain(page: Page, ben: Visitor) -> None:
    """Why somebody was rung and which keys there are; then a colleague who passes it on."""
    keys = page.keyboard
    keys.press("y")
    expect(page.locator(".side .why")).to_be_focused()
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Pick up the ring")
    keys.press("Escape")
    keys.press("Control+k")
    keys.type("hand over")
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Hand over")
    expect(dialog).to_be_visible()
    for _ in range(9):  # down the list of who could take it
        if dialog.get_by_role("radio", name="Ben").is_checked():
            break
        keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("you know the mouse")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    ring = ben.is_rung()
    ben.ask("decline", ring=ring["ring"], reason="busy")
    expect(page.get_by_role("log")).to_contain_text("Rang Ben Okafor: passed it on")


def solve(page: Page, visitor: Visitor) -> None:
    keys = page.keyboard
    keys.press("Shift+S")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(4):  # in the choices the first Tab leads to the reason
        keys.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    keys.press("Enter")
    visitor.until(lambda frame: frame.get("kind") == "status" and frame["data"]["status"] == "solved")


def find_another_and_go(page: Page) -> None:
    keys = page.keyboard
    keys.press("g")
    keys.press("a")
    expect(page.locator(".list-pane h2")).to_have_text("All")
    expect(page.locator(".tk").nth(1)).to_be_visible()
    before = page.url
    keys.press("j")
    keys.press("Enter")
    expect(page.locator(".conv h2")).not_to_contain_text("By keyboard, please")
    assert page.url != before
    keys.press("/")
    keys.type("By keyboard")
    expect(page.locator(".tk")).to_have_count(1)
    keys.press("Escape")
    keys.press("Control+k")
    keys.type("sign out")
    keys.press("Enter")
    page.wait_for_url("**/login")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_does_not_want_it(
    motion: str, office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    view = {"width": 1000, "height": 800}  # where the side is a sheet that comes in
    page = signed_in(office, chromium, here, "anna", MOVED, reduced_motion=motion, viewport=view)
    visitor, ticket = presses(office, here, "Do not move")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    expect(page.locator(".rg-c text")).to_have_text(re.compile(r"^(1\d|2[0-2])$"))  # some seconds of it
    page.keyboard.press("Enter")
    expect(page.locator(".c-sub")).to_contain_text("Live chat")
    visitor.whisper({"type": "typing", "ticket": ticket, "on": True})
    expect(page.locator(".conv")).to_contain_text("is typing")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Customer and ticket details").click()
    expect(page.locator(".side .why")).to_be_visible()
    page.locator(".side").get_by_role("button").first.click()
    page.locator(".composer .btn.main").hover()
    until(page, "document.getAnimations().every(({playState}) => playState !== 'pending')")
    assert bool(page.evaluate("moved.length")) is (motion == "no-preference"), page.evaluate("moved")
