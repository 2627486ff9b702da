"""What the conversation says beside the messages: who read them, what happened, each once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.demo.test_mail import ANNA, arrived, by_a_program, mail, ports
from tests.widget.portal import Portal, agent

pytestmark = pytest.mark.browser


async def test_who_read_a_message_is_still_named_after_the_chat_is_over(portal: Portal) -> None:
    async with agent(portal.desk, "anna") as anna:
        await portal.open("mei")
        await portal.press()
        await portal.says("The Lisbon feed is slow.")
        told = await anna.until(lambda frame: frame["type"] == "event" and frame["kind"] == "message")
        await anna.ask("read", ticket=told["ticket"], seq=told["seq"])
        marks = portal.chat.locator(".thread .me .meta").last
        await expect(marks).to_contain_text("read by Anna")
        await anna.ask("set_status", ticket=told["ticket"], status="solved")
        await expect(portal.chat.locator(".thread")).to_contain_text("marked this as solved")
        await expect(marks).to_contain_text("read by Anna")
        await portal.page.reload()
        await portal.press()
        await expect(marks).to_contain_text("read by Anna")


async def test_a_ring_is_told_once_also_when_something_was_written(portal: Portal) -> None:
    async with agent(portal.desk, "anna", auto_answer=False) as anna:
        await portal.open("owen")
        await portal.press()
        await portal.says("Hello?")
        await anna.until(lambda frame: frame["type"] == "ring")
        thread = portal.chat.locator(".thread")
        await expect(thread.locator(".msg")).to_have_count(1)
        await expect(portal.chat.get_by_text("Ringing Anna")).to_have_count(1)
        ring = await anna.until(lambda frame: frame["type"] == "ring")
        await anna.ask("accept", ring=ring["ring"])
        await expect(thread.locator(".sys").last).to_contain_text("Anna")


async def test_a_mail_that_was_taken_back_is_shown_no_more(portal: Portal) -> None:
    _, smtp = await ports(portal.desk)
    async with agent(portal.desk, "anna") as anna:
        await asyncio.to_thread(by_a_program, smtp, mail("Is the feed back?"), ANNA)
        ticket = (await arrived(anna, "Is the feed back?"))["ticket"]
        await anna.ask("say", ticket=ticket, body="We look into it.", base_seq=0, anyway=True)
        await portal.open("priya")
        await portal.press()
        thread = portal.chat.locator(".thread")
        await expect(thread).to_contain_text("We look into it.")
        await anna.ask("say", ticket=ticket, body="Not yet, sorry.", base_seq=0, anyway=True)
        queued = await anna.until(
            lambda frame: (
                frame.get("kind") == "mail" and frame["stream"] == ticket and frame["data"]["state"] == "queued"
            )
        )
        await expect(thread).to_contain_text("Not yet, sorry.")
        await anna.ask("take_back", ticket=ticket, mail=queued["data"]["mail"])
        await expect(thread).not_to_contain_text("Not yet, sorry.")
        await expect(thread).to_contain_text("We look into it.")
