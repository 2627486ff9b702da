"""In office hours: the button tells who is there, the press reaches them, both talk, and nothing is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import Agent, Contact
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
People = Callable[..., Any]


def test_the_press_reaches_the_named_agent_and_both_talk(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    expect(priya.button).to_have_accessible_name(re.compile("Anna.*until 17:00 CET.*16:00"))
    priya.press()
    expect(anna.ring).to_contain_text("Brightwater Hotels")
    expect(anna.ring).to_contain_text("You are rung as named agent")
    expect(anna.ring).to_contain_text(re.compile(r"\d+ s left"))
    expect(anna.page).to_have_title(re.compile("Ring: Brightwater"))
    expect(anna.page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("ring"))
    expect(priya.middle).to_contain_text("Ringing Anna")
    expect(priya.middle).to_contain_text("you keep your place")
    anna.picks_up()
    expect(anna.page).not_to_have_title(re.compile("Ring"))
    expect(anna.page.locator(".rail")).to_contain_text("1 of 3 chats")
    expect(priya.head).to_contain_text("Anna Kovács")

    priya.field.type("The Lisbon feed ", delay=5)
    expect(anna.log).to_contain_text("Priya is typing")
    priya.says("The Lisbon feed stopped.")
    expect(anna.log).to_contain_text("The Lisbon feed stopped.")
    anna.composer.type("I look", delay=5)
    expect(priya.thread).to_contain_text("Anna is typing")
    anna.says("I look at it now.")
    expect(priya.thread).to_contain_text("I look at it now.")
    expect(anna.log.locator("article.us").last).to_contain_text("read")
    expect(priya.thread.locator(".me .meta").last).to_contain_text("read by Anna")
    assert priya.said() == ["The Lisbon feed stopped.", "I look at it now."] == anna.said()


def test_files_and_pictures_go_both_ways(people: People, tmp_path: Path) -> None:
    picture, paper = tmp_path / "screen.png", tmp_path / "report.txt"
    Image.new("RGB", (80, 60), "#115e66").save(picture)
    paper.write_text("All feeds are green.")
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    priya.chat.locator("input[type=file]").set_input_files(picture)
    expect(priya.chat.get_by_role("button", name="screen.png")).to_be_visible()
    priya.says("This is what I see.")
    expect(anna.log.locator("img")).to_have_js_property("naturalWidth", 80)
    anna.page.locator(".composer input[type=file]").set_input_files(paper)
    expect(anna.page.locator(".composer .files")).to_contain_text("report.txt")
    anna.says("And this is what it should say.")
    with priya.page.expect_download() as downloading:
        priya.thread.get_by_role("button", name=re.compile("report.txt")).click()
    assert downloading.value.path().read_text() == "All feeds are green."


def test_notes_stay_with_the_desk(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    anna.notes("Second time this month.")
    anna.says("One moment.")
    expect(anna.log.locator("article.note")).to_contain_text("only agents see it")
    expect(priya.thread).to_contain_text("One moment.")
    assert "Second time" not in priya.thread.inner_text()


def test_severity_solve_and_a_word_afterwards(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    priya.says("Bookings come through twice.")
    expect(anna.log).to_contain_text("twice")
    anna.page.keyboard.press("Escape")
    anna.page.keyboard.press("s")
    dialog = anna.page.get_by_role("dialog")
    dialog.get_by_text("High").click()
    dialog.get_by_label("Reason").fill("Two properties are affected.")
    dialog.get_by_role("button", name="Change and tell Priya").click()
    expect(priya.thread).to_contain_text("Severity is now")
    anna.page.locator(".composer").get_by_label("Solve").check()
    anna.says("Removed, nobody was charged twice.")
    expect(priya.head).to_contain_text("Solved")
    expect(anna.page.locator(".c-head")).to_contain_text("Solved")
    priya.chooses("Not solved after all?")
    expect(anna.ring).to_contain_text("Brightwater Hotels")
    anna.picks_up()
    priya.says("One is still there.")
    expect(anna.log).to_contain_text("One is still there.")
    assert priya.said() == ["Bookings come through twice.", "Removed, nobody was charged twice.", "One is still there."]


def test_a_word_after_the_end_goes_on_with_the_ticket(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    anna.page.locator(".composer").get_by_label("Solve").check()
    anna.says("Done.")
    expect(priya.head).to_contain_text("Solved")
    priya.says("One more thing.")
    expect(priya.thread.locator(".meta").last).to_contain_text(re.compile("sent|read by Anna"))
    expect(priya.middle).to_be_hidden()
    expect(priya.head).not_to_contain_text("Solved")
    expect(anna.log).to_contain_text("One more thing.")


def test_automatic_answer_opens_the_chat_at_once(people: People) -> None:
    anna = people(Agent)
    anna.page.keyboard.press("Control+k")
    expect(anna.page.get_by_role("combobox")).to_be_focused()
    anna.page.keyboard.type("automatic")
    anna.page.keyboard.press("Enter")
    expect(anna.page.get_by_role("dialog")).to_have_count(0)
    priya = people(Contact)
    priya.press()
    expect(priya.head).to_contain_text("Anna Kovács")
    priya.says("Good morning.")
    expect(anna.log).to_contain_text("Good morning.")
    expect(anna.ring).to_have_count(0)


def test_a_stale_reply_is_held_and_both_ways_out_work(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    priya.says("It is down.")
    expect(anna.log).to_contain_text("It is down.")
    anna.composer.fill("I restart it")
    priya.says("No, it is up again.")
    expect(anna.log).to_contain_text("New since you began writing")
    anna.composer.press("Control+Enter")
    held = anna.page.get_by_role("alert").filter(has_text="Your reply is held")
    expect(held).to_contain_text("it is up again")
    held.get_by_role("button", name="Change reply").click()
    anna.says("Good to hear.")
    anna.composer.fill("I still look for the cause")
    priya.says("Thank you.")
    expect(anna.log).to_contain_text("Thank you.")
    anna.composer.press("Control+Enter")
    held.get_by_role("button", name="Send anyway").click()
    expect(priya.thread).to_contain_text("I still look for the cause")
    assert priya.said() == [
        "It is down.", "No, it is up again.", "Good to hear.", "Thank you.", "I still look for the cause",
    ]  # fmt: skip


def test_two_agents_on_one_ticket_see_each_other(people: People, desk: RunningDesk) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    priya.says("Hello?")
    expect(anna.log).to_contain_text("Hello?")
    lena = people(Agent, "lena")
    lena.page.goto(f"{desk.origin}/#{anna.page.url.partition('#')[2]}")
    expect(lena.log).to_contain_text("Hello?")
    expect(anna.page.locator(".viewing")).to_contain_text("Lena is looking")
    expect(lena.page.locator(".viewing")).to_contain_text("Anna is looking")
    lena.composer.type("I think")
    expect(anna.page.locator(".viewing")).to_contain_text("Lena is writing")


def test_a_coordinators_press_is_their_own_chat(people: People) -> None:
    anna, mei = people(Agent), people(Contact, "mei")
    mei.press()
    anna.picks_up()
    mei.says("I am Mei.")
    expect(anna.log).to_contain_text("I am Mei.")
    owen = people(Contact, "owen")
    owen.press()
    expect(owen.middle).to_contain_text("Ringing Anna")
    owen.says("I am Owen.")
    anna.picks_up()
    expect(anna.log).to_contain_text("I am Owen.")
    assert (mei.said()[-1], owen.said()) == ("I am Mei.", ["I am Owen."])


def test_half_a_character_holds_nothing_up(people: People) -> None:
    anna, priya = people(Agent), people(Contact)
    priya.press()
    anna.picks_up()
    priya.field.evaluate("(field) => { field.value = 'cut \\ud83d'; field.dispatchEvent(new Event('input')); }")
    priya.field.press("Enter")
    priya.says("and on")
    expect(anna.log).to_contain_text("and on")
    assert anna.said() == ["cut \ufffd", "and on"]
