"""What an agent does in a day, in a real Chromium at the running desk; who writes to them speaks the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import colleague, picked_up, presses, reply, signed_in
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser


def test_a_ring_says_who_why_and_how_long_and_is_answered_by_one_key(
    office: RunningDesk, anna: Page, here: ExitStack
) -> None:
    expect(anna.locator(".rail .me")).to_contain_text("0 of 3 chats")
    visitor, _ = presses(office, here, "No rates since noon")
    card = anna.get_by_role("alertdialog")
    expect(card.locator("h2")).to_have_text("Brightwater Hotels")
    expect(card).to_contain_text("“No rates since noon”")
    expect(card).to_contain_text("You are rung as named agent")
    expect(card.locator(".rg-c text")).to_have_text(re.compile(r"^(\d|1\d|2[0-5])$"))
    expect(anna).to_have_title(re.compile("^Ring: Brightwater Hotels"))
    expect(anna.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-ring"))
    expect(card.get_by_role("button", name="Pick up")).to_be_focused()
    anna.keyboard.press("Enter")
    expect(card).to_have_count(0)
    expect(anna.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon.svg"))
    expect(anna.locator(".rail .me")).to_contain_text("1 of 3 chats")
    expect(anna.locator(".side .why")).to_contain_text("You (named agent) were rung")
    expect(anna.locator(".side")).to_contain_text("Feeds stop at night")
    reply(anna, "I see it")
    assert visitor.hears("I see it")["by"]["id"] == "anna"


def test_a_ring_that_is_passed_on_reaches_the_stand_in(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    ben = colleague(office, here, "ben")
    visitor, ticket = presses(office, here, "Is somebody there?")
    expect(anna.get_by_role("alertdialog")).to_be_visible()
    anna.keyboard.press("p")
    expect(anna.get_by_role("dialog")).to_contain_text("Next would be Ben Okafor")
    anna.get_by_role("dialog").get_by_role("button", name="Pass on").click()
    ring = ben.is_rung()
    assert (ring["ticket"], ring["why"]["step"]) == (ticket, "stand_in")
    ben.ask("accept", ring=ring["ring"])
    visitor.until(lambda frame: frame.get("kind") == "chat" and frame["data"]["state"] == "live")
    expect(anna.get_by_role("alertdialog")).to_have_count(0)


def test_a_stale_reply_is_held_and_both_choices_work(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    visitor, ticket = picked_up(office, here, anna, "Brighton shows no rates")
    for said, choice, added in (("Leeds too", "Change reply", ", and Leeds"), ("And Bath", "Send anyway", "")):
        anna.keyboard.press("r")
        anna.keyboard.type(f"I see Brighton before {said}")
        visitor.ask("say", ticket=ticket, body=said)
        expect(anna.get_by_role("log")).to_contain_text(said)
        anna.keyboard.press("Control+Enter")
        held = anna.locator(".held")
        expect(held).to_contain_text(f"while you were typing: “{said}”")
        expect(anna.locator(".sendrow .main")).to_be_disabled()
        visitor.ask("say", ticket=ticket, body=f"{said}, really")
        expect(held).to_contain_text(f"while you were typing: “{said}, really”")  # sent "anyway" past that as well
        held.get_by_role("button", name=choice).click()
        anna.keyboard.type(added)
        if added:
            anna.keyboard.press("Control+Enter")
        visitor.hears(f"I see Brighton before {said}{added}")
        expect(held).to_have_count(0)
        anna.keyboard.press("Escape")


def test_a_note_stays_with_the_agents_and_a_severity_is_told_without_its_reason(
    office: RunningDesk, anna: Page, here: ExitStack
) -> None:
    visitor, _ = picked_up(office, here, anna, "The page is slow")
    anna.keyboard.press("n")
    anna.keyboard.type("They have the old plan")
    anna.keyboard.press("Control+Enter")
    expect(anna.locator(".m.note")).to_contain_text("They have the old plan")
    anna.keyboard.press("Escape")
    anna.keyboard.press("s")
    dialog = anna.get_by_role("dialog")
    dialog.get_by_text("High").click()
    dialog.get_by_label("Reason").fill("guests are waiting")
    dialog.get_by_role("button", name="Change and tell").click()
    told = visitor.until(lambda frame: frame.get("kind") == "severity")
    assert (told["data"]["severity"], told["by"]["id"]) == (2, "anna")
    reply(anna, "Looking")
    visitor.hears("Looking")
    heard = str(list(visitor.client.frames))
    assert "old plan" not in heard and "guests are waiting" not in heard


def test_what_is_solved_opens_again_when_the_customer_writes(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    visitor, ticket = picked_up(office, here, anna, "One question")
    anna.keyboard.press("Shift+S")
    anna.get_by_role("dialog").get_by_role("button", name="Solve it").click()
    visitor.until(lambda frame: frame.get("kind") == "status" and frame["data"]["status"] == "solved")
    visitor.ask("say", ticket=ticket, body="One more")
    visitor.until(lambda frame: frame.get("kind") == "status" and frame["data"]["status"] == "open")
    expect(anna.get_by_role("log")).to_contain_text("set the ticket to Open")


def test_automatic_answer_opens_the_chat_without_a_ring(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    anna.keyboard.press("Control+k")
    anna.keyboard.type("automatic")
    anna.keyboard.press("Enter")
    anna.locator(".rail .me").click()
    expect(anna.get_by_role("switch", name="Answer automatically")).to_be_checked()
    anna.keyboard.press("Escape")
    visitor, _ = presses(office, here, "Straight to the point")
    expect(anna.locator(".conv")).to_contain_text("Straight to the point")
    assert not [frame for frame in visitor.client.frames if (frame.get("data") or {}).get("state") == "ringing"]
    anna.locator(".rail .me").click()
    anna.get_by_role("switch", name="Answer automatically").click()
    expect(anna.get_by_role("switch", name="Answer automatically")).not_to_be_checked()


def test_two_agents_on_one_ticket_see_each_other_look_and_write(
    office: RunningDesk, anna: Page, here: ExitStack
) -> None:
    clara = colleague(office, here, "clara")
    visitor, ticket = picked_up(office, here, anna, "The API answers 500")
    anna.keyboard.press("t")
    anna.keyboard.type("the API")
    anna.get_by_role("dialog").get_by_role("button", name="Pull in").click()
    clara.ask("accept", ring=clara.is_rung()["ring"])
    expect(anna.get_by_role("log")).to_contain_text("asked for second level: “the API”")
    expect(anna.get_by_role("log")).to_contain_text("Clara Nilsson joined")
    clara.ask("view", ticket=ticket, on=True)
    expect(anna.locator(".viewing")).to_have_text("Clara is looking")
    clara.whisper({"type": "typing", "ticket": ticket, "on": True})
    expect(anna.locator(".viewing")).to_have_text("Clara is writing")
    seen = clara.until(lambda frame: frame["type"] == "viewers" and "anna" in str(frame["agents"]))
    assert seen["ticket"] == ticket
    visitor.whisper({"type": "typing", "ticket": ticket, "on": True})
    expect(anna.locator(".conv")).to_contain_text("is writing")


def test_a_chat_is_handed_over_warm(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    ben = colleague(office, here, "ben")
    visitor, ticket = picked_up(office, here, anna, "For whoever knows the feed")
    anna.keyboard.press("Shift+H")
    dialog = anna.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Jana")).to_be_disabled()  # absent this week
    expect(dialog.get_by_role("radio", name="Adam")).to_have_count(0)  # sets the desk up, answers nobody
    dialog.get_by_text("Ben Okafor").click()
    dialog.get_by_label("Note for them").fill("knows the feed")
    dialog.get_by_role("button", name="Hand over").click()
    ring = ben.is_rung()
    assert (ring["kind"], ring["ticket"]) == ("transfer", ticket)
    expect(anna.locator(".c-sub")).to_contain_text("Live chat")
    ben.ask("accept", ring=ring["ring"])
    visitor.until(lambda frame: frame.get("kind") == "chat" and (frame["data"]["agent"] or {}).get("id") == "ben")
    expect(anna.get_by_role("log")).to_contain_text("handed over to Ben Okafor: “knows the feed”")


def test_a_draft_and_its_ticket_are_there_after_a_reload(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    visitor, ticket = picked_up(office, here, anna, "Please check the invoice")
    anna.keyboard.press("r")
    anna.keyboard.type("I am looking at")
    anna.reload()
    expect(anna.locator(".composer textarea")).to_have_value("I am looking at")
    assert anna.url.endswith(f"#ticket/{ticket}")
    anna.keyboard.press("r")
    anna.keyboard.type(" the invoice")
    anna.keyboard.press("Control+Enter")
    visitor.hears("I am looking at the invoice")


def test_what_is_written_without_a_line_is_marked_and_goes_once_it_is_back(
    office: RunningDesk, anna: Page, here: ExitStack
) -> None:
    visitor, _ = picked_up(office, here, anna, "Are you there?")
    anna.context.set_offline(True)
    reply(anna, "Yes, one moment")
    expect(anna.locator(".m.unsent")).to_contain_text("not sent yet")
    anna.context.set_offline(False)
    visitor.hears("Yes, one moment")
    expect(anna.locator(".m.unsent")).to_have_count(0)
    expect(anna.get_by_role("log").get_by_text("Yes, one moment")).to_have_count(1)


def test_a_picture_is_sent_and_shown(office: RunningDesk, anna: Page, here: ExitStack, tmp_path: Path) -> None:
    visitor, _ = picked_up(office, here, anna, "How should it look?")
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "rates.png")
    anna.locator(".composer input[type=file]").set_input_files(tmp_path / "rates.png")
    expect(anna.locator(".composer .files")).to_contain_text("rates.png")
    reply(anna, "Like this")
    [file] = visitor.hears("Like this")["data"]["files"]
    assert (file["name"], file["type"]) == ("rates.png", "image/png")
    picture = anna.locator(".log .pic img")
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_js_property("naturalWidth", 64)


def test_away_and_back_by_one_key_is_the_desks_truth(office: RunningDesk, anna: Page, here: ExitStack) -> None:
    ben = colleague(office, here, "ben")
    for status in ("away", "available"):
        anna.keyboard.press("Shift+A")
        ben.until(partial(tells, "anna", status))
        expect(anna.locator(".rail .me")).to_contain_text(status.capitalize())


def test_signing_out_is_told_at_once_and_the_chosen_status_stays(
    office: RunningDesk, chromium: Browser, anna: Page, here: ExitStack
) -> None:
    visitor, _ = picked_up(office, here, anna, "Do not go")
    anna.locator(".rail .me").click()
    anna.get_by_role("button", name="Sign out").click()
    expect(anna).to_have_url(re.compile("/login$"))
    lost = visitor.until(lambda frame: frame.get("kind") == "chat" and frame["data"]["state"] == "grace")
    assert "Anna lost the connection" in lost["data"]["words"]
    again = signed_in(office, chromium, here, "anna")
    expect(again.locator(".rail .me")).to_contain_text("Available")
    visitor.until(lambda frame: frame.get("kind") == "chat" and frame["data"]["state"] == "live")


def test_a_phone_shows_one_pane_and_its_own_back_key_leads_to_the_list(
    office: RunningDesk, chromium: Browser, here: ExitStack
) -> None:
    phone = signed_in(office, chromium, here, "anna", viewport={"width": 390, "height": 844}, has_touch=True)
    visitor, ticket = presses(office, here, "From the lobby")
    phone.get_by_role("alertdialog").get_by_role("button", name="Pick up").tap()
    field = phone.locator(".composer textarea")
    field.fill("On my way")
    phone.get_by_role("button", name="Send").tap()
    visitor.hears("On my way")
    expect(phone.locator(".list-pane")).to_be_hidden()
    phone.go_back()
    expect(phone.locator(".list-pane")).to_be_visible()
    expect(field).to_be_hidden()
    phone.get_by_role("link", name="Me", exact=True).tap()
    expect(phone.get_by_role("radio", name="Available")).to_be_checked()
    phone.get_by_role("link", name="Mine", exact=True).tap()
    expect(phone.locator(".list-pane")).to_be_visible()
    before = phone.evaluate("history.length")
    phone.evaluate("(ticket) => { location.hash = `ticket/${ticket}`; }", ticket)  # as a link to it does
    expect(field).to_be_visible()
    assert phone.evaluate("history.length") == before + 1


def tells(agent: str, status: str, frame: Mapping[str, Any]) -> bool:
    """A frame of `people` in which this agent has this status."""
    people = frame["people"] if frame["type"] == "people" else []
    return any(each["id"] == agent and each["status"] == status for each in people)
