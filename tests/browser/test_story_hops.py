"""When the named agent does not pick up, is away or has gone home: stand-ins, the pool, the queue, a message; and words
that stay true at each hop."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import Agent, Contact, move_clock

pytestmark = pytest.mark.browser
People = Callable[..., Any]


def passes_on(agent: Agent) -> None:
    """Declines the ring with the first reason."""
    agent.ring.get_by_role("button", name="Pass on").click()
    agent.page.get_by_role("dialog").get_by_role("button", name="Pass on", exact=True).click()


def test_a_ring_that_is_passed_on_goes_to_the_stand_in_then_to_the_pool(people: People) -> None:
    anna, ben, petra, priya = people(Agent), people(Agent, "ben"), people(Agent, "petra"), people(Contact)
    priya.press()
    expect(priya.middle).to_contain_text("Ben takes over")
    passes_on(anna)
    expect(priya.middle).to_contain_text("Ringing Ben")
    expect(ben.ring).to_contain_text("Brightwater Hotels")
    passes_on(ben)
    expect(priya.middle).to_contain_text("Ringing Petra")
    petra.picks_up()
    expect(priya.head).to_contain_text("Petra Horváth")
    priya.says("Hello Petra.")
    expect(petra.log).to_contain_text("Hello Petra.")


def test_a_ring_nobody_answers_times_out_and_goes_on(people: People) -> None:
    anna, ben, priya = people(Agent), people(Agent, "ben"), people(Contact)
    priya.press()
    expect(anna.ring).to_be_visible()
    expect(priya.middle).to_contain_text("Ringing Anna")
    expect(ben.ring).to_be_visible(timeout=40_000)  # a ring lasts 25 s of the desk's clock
    expect(anna.ring).to_have_count(0)
    ben.picks_up()
    expect(priya.head).to_contain_text("Ben Okafor")


def test_away_is_said_on_the_button_and_the_return_is_offered(people: People) -> None:
    anna, ben, priya = people(Agent), people(Agent, "ben"), people(Contact)
    anna.page.keyboard.press("Shift+A")
    expect(anna.page.locator(".rail")).to_contain_text("Away")
    priya.page.reload()
    expect(priya.button).to_have_accessible_name(re.compile("Ben covers for Anna"))
    priya.press()
    ben.picks_up()
    priya.says("Is Anna away?")
    expect(ben.log).to_contain_text("Is Anna away?")
    anna.page.keyboard.press("Shift+A")
    expect(priya.thread).to_contain_text("Anna is free now")
    priya.chooses("Yes, please")
    expect(anna.ring).to_be_visible()
    anna.picks_up()
    expect(priya.head).to_contain_text("Anna")
    priya.says("Welcome back.")
    expect(anna.log).to_contain_text("Welcome back.")


def test_second_level_joins_beside_the_named_agent(people: People) -> None:
    anna, clara, priya = people(Agent), people(Agent, "clara"), people(Contact)
    priya.press()
    anna.picks_up()
    priya.chooses("I need a technical specialist")
    priya.chat.get_by_role("dialog").get_by_role("button", name="Bring a specialist in").click()
    clara.picks_up()
    expect(priya.thread).to_contain_text("Clara Nilsson joined")
    clara.says("I see the certificate has expired.")
    expect(priya.thread).to_contain_text("certificate")
    expect(anna.log).to_contain_text("certificate")
    expect(priya.head).to_contain_text("Anna")


def test_in_the_evening_the_same_button_reaches_the_pool(people: People) -> None:
    petra, priya = people(Agent, "petra"), people(Contact)
    move_clock(priya, "To the evening")
    expect(priya.button).to_have_accessible_name(re.compile("office opens.*09:00 CET.*08:00", re.S))
    priya.press()
    expect(priya.middle).to_contain_text("Anna’s office is closed")
    priya.chooses("Chat now with the 24/7 team")
    petra.picks_up()
    expect(priya.head).to_contain_text("Petra Horváth")
    priya.says("It is late, I know.")
    expect(petra.log).to_contain_text("It is late, I know.")


def test_in_the_evening_a_message_waits_for_the_named_agent(people: People) -> None:
    priya = people(Contact)
    move_clock(priya, "To the evening")
    expect(priya.button).to_have_accessible_name(re.compile("Leave a message.*office opens.*09:00 CET", re.S))
    priya.press()
    priya.chooses("Leave a message for Anna")
    priya.says("Please call me about the tax rates.")
    expect(priya.thread.locator(".meta").last).to_contain_text("sent")
    promised = re.compile("Read when the office opens.*09:00 CET.*08:00")
    expect(priya.chat.locator(".w-promise")).to_contain_text(promised)
    priya.page.reload()
    priya.press()
    expect(priya.thread).to_contain_text("tax rates")
    expect(priya.chat.locator(".w-promise")).to_contain_text(promised)
    expect(priya.middle).to_be_hidden()
    anna = people(Agent)
    anna.page.locator(".tk", has_text="tax rates").click()
    expect(anna.log).to_contain_text("Please call me about the tax rates.")
    anna.says("I will, at 10:00 your time.")
    expect(priya.thread).to_contain_text("at 10:00 your time")


def test_with_nobody_there_the_queue_is_honest_and_a_message_is_enough(people: People) -> None:
    lena, priya = people(Agent, "lena"), people(Contact)
    lena.page.keyboard.press("Shift+A")
    expect(lena.page.get_by_role("button", name="Lena Fischer: Away")).to_be_visible()
    expect(priya.button).not_to_have_accessible_name(re.compile("Anna is here"))
    priya.press()
    expect(lena.page.get_by_role("status").get_by_text("Nobody is at the desk, and somebody waits")).to_be_visible()
    expect(priya.middle).to_contain_text("number 1 in line")
    expect(priya.chat.locator(".w-head img")).to_be_visible()
    priya.chooses("Leave it as a message")
    priya.says("No hurry: the report lacks Leeds.")
    expect(priya.thread).to_contain_text("lacks Leeds")
    anna = people(Agent)
    expect(anna.page.locator(".tk", has_text="lacks Leeds")).to_be_visible()


def test_who_waits_is_rung_as_soon_as_somebody_comes(people: People) -> None:
    priya = people(Contact)
    priya.press()
    expect(priya.middle).to_contain_text("number 1 in line")
    anna = people(Agent)
    anna.picks_up()
    expect(priya.head).to_contain_text("Anna Kovács")


def test_the_demos_clock_says_when_the_office_opens(people: People) -> None:
    priya = people(Contact)
    priya.page.clock.install()
    move_clock(priya, "To 10 s before opening")
    strip = priya.page.locator(".d-now")
    expect(strip).to_contain_text("the office is closed")
    priya.page.clock.fast_forward(12_000)
    expect(strip).to_contain_text("the office is open")
