"""Ways through a chat that few go and somebody needs: by keys alone, from the right, with a mailed code."""

from __future__ import annotations

import asyncio
import os
import re

import pytest
from playwright.async_api import FileChooser, Locator, expect

from tests.support.asking import mails
from tests.support.eventually import eventually
from tests.widget.portal import PATIENCE_MS, Portal, agent

pytestmark = pytest.mark.browser
MOST_STOPS = 12
MOVES = """() => {
  window.moved = [];
  for (const kind of ["animationstart", "transitionrun"])
    addEventListener(kind, ({target}) => moved.push(`${kind} ${target.className}`), true);
}"""
RIGHT_TO_LEFT = "document.documentElement.dir = 'rtl'"
SIDES = """() => [...document.querySelectorAll(".msg")].map((message) => {
  const {left, right} = message.querySelector(".bub").getBoundingClientRect();
  const room = message.parentElement.getBoundingClientRect();
  return [message.classList.contains("me"), left - room.left < room.right - right ? "left" : "right"];
})"""


async def reach(portal: Portal, key: str, wanted: Locator) -> None:
    """Presses Tab or Shift+Tab until the keyboard is there."""
    for _stop in range(MOST_STOPS):
        if await wanted.evaluate("(element) => document.hasFocus() && element.matches(':focus')"):
            return
        await portal.page.keyboard.press(key)
    await expect(wanted).to_be_focused()


async def test_a_whole_chat_needs_no_pointer_and_nothing_moves(portal: Portal) -> None:
    chat, keys = portal.chat, portal.page.keyboard
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    portal.page.on("filechooser", choosers.put_nowait)  # before the frame is there: what is asked for later, comes late
    await portal.keep_real_focus()
    await portal.page.emulate_media(reduced_motion="reduce")
    await portal.page.add_init_script(f"({MOVES})()")
    async with agent(portal.desk, "anna"):
        await portal.open("priya")
        await portal.page.locator(".p-people a").last.focus()
        await reach(portal, "Tab", portal.button)
        await keys.press("Enter")
        await expect(portal.field).to_be_focused()
        await chat.locator("[aria-label^=Minimise]").wait_for()
        await keys.type("Good morning.")
        await keys.press("Enter")
        await expect(chat.locator(".me .bub").last).to_have_text("Good morning.")
        await expect(portal.field).to_have_attribute("placeholder", "Write to Anna")

        await reach(portal, "Tab", chat.get_by_role("button", name="Attach a file"))
        await keys.press("Space")
        await (await asyncio.wait_for(choosers.get(), PATIENCE_MS / 1000)).set_files(
            {"name": "log.txt", "mimeType": "text/plain", "buffer": b"one line"}
        )
        await expect(chat.get_by_role("button", name="Remove log.txt")).to_be_visible()
        await expect(portal.field).to_be_focused()
        await keys.type("The log.")
        await keys.press("Enter")
        await expect(chat.locator(".me .file")).to_contain_text("log.txt")

        await reach(portal, "Shift+Tab", chat.get_by_role("log"))
        await keys.press("Escape")
        await expect(portal.page.locator("vipdesk-button iframe")).to_have_js_property("inert", True)
        await expect(portal.button).to_be_focused()
        await keys.press("Enter")
        await expect(portal.field).to_be_focused()

        await reach(portal, "Shift+Tab", chat.locator("summary"))
        await keys.press("Enter")
        await reach(portal, "Tab", chat.get_by_role("button", name="End the chat"))
        await keys.press("Enter")
        await reach(portal, "Tab", chat.get_by_role("radio").first)
        await keys.press("Space")
        await reach(portal, "Tab", chat.get_by_label("Anything we should read?"))
        await keys.type("Quick.")
        await keys.press("Tab")
        await keys.press("Enter")
        await expect(chat.locator(".mid")).to_contain_text("Thank you.")
        for frame in (portal.page.main_frame, portal.frame):
            assert await frame.evaluate("moved") == []


def mailed_code(portal: Portal) -> str:
    """The one of the newest mail."""
    code = re.search(r"\b\d{6}\b", mails(portal.desk))
    assert code is not None
    return code[0]


async def test_a_visitor_is_known_after_a_mailed_code_and_keeps_the_chat(portal: Portal) -> None:
    async with agent(portal.desk, "anna") as anna:
        await portal.open("")
        await portal.press()
        await portal.says("It is me, from a borrowed machine.")
        ring = await anna.until(lambda frame: frame["type"] == "event" and "borrowed" in str(frame))
        await portal.chat.locator(".strip").get_by_role("button", name="Confirm").click()
        await portal.chat.get_by_label("Your e-mail address at work").fill("mei@brightwater.example")
        await portal.chat.get_by_role("button", name="Go on").click()
        await portal.chat.get_by_label("Code").wait_for()
        await portal.chat.get_by_label("Code").fill("000000")
        await portal.chat.get_by_role("button", name="Go on").click()
        await expect(portal.chat.locator(".field + .err + .btn.main")).to_have_count(1)  # said below its field
        first = mailed_code(portal)
        await portal.chat.get_by_role("button", name="Mail a new code").click()
        await expect(portal.chat.locator(".err")).to_have_count(0)
        await expect(portal.chat.get_by_label("Code")).to_have_value("")
        await eventually(lambda: mailed_code(portal) != first)
        await portal.chat.get_by_label("Code").fill(mailed_code(portal))
        await portal.chat.get_by_role("button", name="Go on").click()
        await expect(portal.chat.locator(".strip")).to_be_hidden()
        await expect(portal.chat.get_by_role("log")).to_contain_text("It is me, from a borrowed machine.")
        shown = (await anna.ask("view", ticket=ring["ticket"], on=True))["ticket"]
        assert shown == ring["ticket"]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
async def test_a_chat_reads_from_the_right_as_well(portal: Portal, width: int, scheme: str) -> None:
    await portal.page.set_viewport_size({"width": width, "height": 720})
    await portal.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    async with agent(portal.desk, "anna") as anna:
        await portal.open("owen")
        await portal.page.evaluate(RIGHT_TO_LEFT)
        box = await portal.button.bounding_box()
        assert box is not None and box["x"] < width / 2, "the button stands at the end of the line"
        await portal.press()
        await portal.says("Good evening.")
        said = await anna.until(lambda frame: frame["type"] == "event" and "Good evening." in str(frame))
        await anna.ask("say", ticket=said["ticket"], body="And to you.", base_seq=said["seq"], anyway=True)
        await expect(portal.chat.locator(".bub").last).to_have_text("And to you.")
        await portal.frame.evaluate(RIGHT_TO_LEFT)
        assert {tuple(each) for each in await portal.frame.evaluate(SIDES)} == {(True, "left"), (False, "right")}
        for frame in (portal.page.main_frame, portal.frame):
            assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if os.environ.get("VIPDESK_SHOTS"):
            await portal.page.screenshot(path=f"{os.environ['VIPDESK_SHOTS']}/rtl-{width}-{scheme}.png")
