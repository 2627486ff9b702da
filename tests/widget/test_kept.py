"""What a visitor wrote without a line: it survives a reload and a closed tab, and is said once, in order."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, FilePayload, Route, expect

from tests.support.client import Client
from tests.widget.portal import Portal, agent

pytestmark = pytest.mark.browser
WRITTEN = ["One.", "Two.", "Three."]


async def talking(portal: Portal, who: str) -> None:
    """In a live chat with Anna, the first word said."""
    await portal.open(who)
    await portal.press()
    await portal.says("Zero.")
    await expect(portal.chat.locator(".me .bub").last).to_have_text("Zero.")
    await expect(portal.chat.locator(".wait")).to_have_count(0)
    await expect(portal.chat.locator(".me:not(.wait) .meta").last).to_contain_text("sent")


async def cut_off(portal: Portal) -> None:
    """Loses the line, then writes."""
    await portal.page.context.set_offline(True)
    await expect(portal.chat.locator(".strip")).to_contain_text("No connection since")
    for text in WRITTEN:
        await portal.says(text)
    await expect(portal.chat.locator(".wait .meta")).to_have_text(["not sent yet"] * 3)
    await expect(portal.chat.locator(".w-foot")).to_contain_text("3 messages wait on this device")


async def said(anna: Client, texts: list[str]) -> None:
    """The desk's record of the newest ticket has these, each once, in this order."""
    last = await anna.until(
        lambda frame: frame["type"] == "event" and frame["kind"] == "message" and frame["data"]["body"] == texts[-1]
    )
    messages = [event for event in anna.events(last["stream"]) if event["kind"] == "message"]
    assert [event["data"]["body"] for event in messages] == texts


async def test_what_waits_survives_a_reload_and_is_said_once_in_order(portal: Portal, browser: BrowserContext) -> None:
    async with agent(portal.desk, "anna") as anna:
        await talking(portal, "priya")
        await cut_off(portal)
        await portal.page.goto("about:blank")
        await browser.set_offline(False)
        await portal.open("priya")
        await said(anna, ["Zero.", *WRITTEN])
        await portal.press()
        await expect(portal.chat.locator(".bub")).to_have_text(["Zero.", *WRITTEN])


async def test_a_file_chosen_without_a_line_goes_up_when_it_is_back_and_words_do_not_wait(
    portal: Portal, browser: BrowserContext
) -> None:
    async with agent(portal.desk, "anna") as anna:
        await talking(portal, "priya")
        await browser.set_offline(True)
        file = FilePayload(name="feed.txt", mimeType="text/plain", buffer=b"stopped at 11:42")
        await portal.chat.locator("input[type=file]").set_input_files(file)
        await expect(portal.chat.locator(".chips")).to_contain_text("Uploading feed.txt")
        await expect(portal.chat.locator(".strip")).to_contain_text("No connection since")
        await portal.says("The file follows.")
        await expect(portal.chat.locator(".wait .meta")).to_have_text(["not sent yet"])
        await browser.set_offline(False)
        await said(anna, ["Zero.", "The file follows."])
        await expect(portal.chat.get_by_role("button", name="Remove feed.txt")).to_be_visible()
        await portal.says("Here it is.")
        await expect(portal.chat.locator(".file")).to_contain_text("feed.txt")


async def test_a_file_refused_in_a_proxys_words_holds_up_nothing(portal: Portal) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=413, content_type="text/html", body="<h1>Request Entity Too Large</h1>")

    async with agent(portal.desk, "anna") as anna:
        await talking(portal, "priya")
        await portal.page.route("**/files", refuse)
        file = FilePayload(name="feed.txt", mimeType="text/plain", buffer=b"stopped at 11:42")
        await portal.chat.locator("input[type=file]").set_input_files(file)
        await expect(portal.chat.locator(".strip")).to_contain_text("feed.txt was not uploaded")
        await portal.says("Then in words.")
        await said(anna, ["Zero.", "Then in words."])


async def test_a_message_of_a_file_alone_is_shown_while_it_waits(portal: Portal, browser: BrowserContext) -> None:
    async with agent(portal.desk, "anna"):
        await talking(portal, "priya")
        file = FilePayload(name="alone.txt", mimeType="text/plain", buffer=b"stopped at 11:42")
        await portal.chat.locator("input[type=file]").set_input_files(file)
        await portal.chat.get_by_role("button", name="Remove alone.txt").wait_for()
        await browser.set_offline(True)
        await expect(portal.chat.locator(".strip")).to_contain_text("No connection since")
        await portal.says("")
        await expect(portal.chat.locator(".wait .file")).to_contain_text("alone.txt")
        await expect(portal.chat.locator(".wait .meta")).to_have_text(["not sent yet"])
        await browser.set_offline(False)
        await expect(portal.chat.locator(".msg:not(.wait) .file", has_text="alone.txt")).to_have_count(1)
        await expect(portal.chat.locator(".wait")).to_have_count(0)


async def test_what_a_closed_tab_left_is_said_by_the_next_one(portal: Portal, browser: BrowserContext) -> None:
    async with agent(portal.desk, "anna") as anna:
        await talking(portal, "owen")
        await cut_off(portal)
        other = Portal(await browser.new_page(), portal.desk)
        await portal.page.close()
        await browser.set_offline(False)
        await other.open("owen")
        await other.press()
        await said(anna, ["Zero.", *WRITTEN])


async def test_two_tabs_show_the_same_and_say_everything_once(portal: Portal, browser: BrowserContext) -> None:
    async with agent(portal.desk, "anna") as anna:
        await talking(portal, "")
        other = Portal(await browser.new_page(), portal.desk)
        await other.open("")
        await other.press()
        for tab, text in ((other, "One."), (portal, "Two."), (other, "Three.")):
            await tab.says(text)
            await expect(portal.chat.locator(".bub").last).to_have_text(text)
            await expect(other.chat.locator(".bub").last).to_have_text(text)
        await said(anna, ["Zero.", "One.", "Two.", "Three."])
        for tab in (portal, other):
            await expect(tab.chat.locator(".bub")).to_have_text(["Zero.", "One.", "Two.", "Three."])
