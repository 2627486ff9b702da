"""What is offered in a chat, on the screens of the agents: a technical join, a change of agent; the yes and the no."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import picked_up, presses, reply, signed_in
from tests.support.running import RunningDesk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def ben(office: RunningDesk, chromium: Browser, here: ExitStack) -> Page:
    return signed_in(office, chromium, here, "ben")


def test_a_specialist_is_asked_in_says_yes_by_one_key_and_is_in_the_chat(
    office: RunningDesk, chromium: Browser, anna: Page, here: ExitStack
) -> None:
    clara = signed_in(office, chromium, here, "clara")
    visitor, _ = picked_up(office, here, anna, "The API answers 500")
    anna.keyboard.press("t")
    anna.keyboard.type("since the last deploy")
    anna.get_by_role("dialog").get_by_role("button", name="Pull in").click()
    card = clara.get_by_role("alertdialog")
    expect(card).to_contain_text("Asked to join")
    expect(card).to_contain_text("since the last deploy")
    clara.keyboard.press("Enter")
    expect(clara.get_by_role("log")).to_contain_text("The API answers 500")
    reply(clara, "Clara here, I see the 500")
    visitor.hears("Clara here, I see the 500")
    expect(anna.get_by_role("log")).to_contain_text("Clara Nilsson joined")
    expect(anna.get_by_role("log")).to_contain_text("Clara here, I see the 500")


def test_a_specialist_who_says_no_leaves_the_chat_as_it_was(
    office: RunningDesk, chromium: Browser, anna: Page, here: ExitStack
) -> None:
    clara = signed_in(office, chromium, here, "clara")
    visitor, _ = picked_up(office, here, anna, "The API is slow")
    anna.keyboard.press("t")
    anna.keyboard.type("which part")
    anna.get_by_role("dialog").get_by_role("button", name="Pull in").click()
    expect(clara.get_by_role("alertdialog")).to_contain_text("which part")
    clara.keyboard.press("p")
    clara.get_by_role("dialog").get_by_role("button", name="Pass on").click()
    expect(clara.get_by_role("alertdialog")).to_have_count(0)
    expect(anna.get_by_role("log")).to_contain_text("Rang Clara Nilsson: passed it on")
    reply(anna, "I find out myself")
    visitor.hears("I find out myself")


def test_a_change_of_agent_is_offered_on_the_screen_and_the_yes_rings_the_named_agent(
    office: RunningDesk, anna: Page, ben: Page, here: ExitStack
) -> None:
    visitor, ticket, offer = offered(office, here, anna, ben)
    expect(ben.get_by_role("log")).to_contain_text(offer["words"])
    visitor.ask("answer_offer", ticket=ticket, offer=offer["offer"], yes=True)
    expect(ben.get_by_role("log")).to_contain_text("The offer was accepted")
    card = anna.get_by_role("alertdialog")
    expect(card).to_contain_text("Handed over to you")
    anna.keyboard.press("Enter")
    expect(anna.locator(".c-sub")).to_contain_text("Live chat")
    reply(anna, "Here I am")
    visitor.hears("Here I am")


def test_a_change_of_agent_that_is_not_wanted_leaves_who_is_there(
    office: RunningDesk, anna: Page, ben: Page, here: ExitStack
) -> None:
    visitor, ticket, offer = offered(office, here, anna, ben)
    visitor.ask("answer_offer", ticket=ticket, offer=offer["offer"], yes=False)
    expect(ben.get_by_role("log")).to_contain_text("The offer was declined")
    reply(ben, "Then let us go on")
    visitor.hears("Then let us go on")
    expect(anna.get_by_role("alertdialog")).to_have_count(0)


def offered(office: RunningDesk, here: ExitStack, anna: Page, ben: Page) -> tuple[Visitor, str, dict[str, Any]]:
    """Ben answers while Anna is away; when she is back the visitor is asked. The visitor, the ticket, the offer."""
    anna.keyboard.press("Shift+A")
    expect(anna.locator(".rail .me")).to_contain_text("Away")
    visitor, ticket = presses(office, here, "Is Anna in?")
    ben.get_by_role("alertdialog").get_by_role("button", name="Pick up").click()
    expect(ben.locator(".c-sub")).to_contain_text("Live chat")
    anna.keyboard.press("Shift+A")
    offer: dict[str, Any] = visitor.until(lambda frame: frame.get("kind") == "offer")["data"]
    return visitor, ticket, offer
