"""A whole day of an admin and an agent by forms alone, without a script; once by the keyboard; long lists."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.making import PASSWORD, Plain, Real, hire, picture, save, signed_in
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser


def signs_in(page: Page, desk: RunningDesk, email: str, totp: str = "") -> None:
    page.goto(f"{desk.origin}/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.fill("#totp", totp)
    page.click("form .btn.main")


def test_a_whole_day_of_setting_up_people_needs_no_script(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    welcome = hire(page, desk, "Zora Vlk")
    zora = page.url.removesuffix("/link")
    hire(page, desk, "Milan Orel")
    customer = sell_to_a_customer(page, desk)
    page.goto(zora)
    set_up_the_agent(page, desk)
    hers = plain().new_page()
    take_a_second_step(hers, plain().new_page(), desk, welcome)
    page.goto(f"{desk.origin}/admin/sessions?q=zora")
    page.click("table form .btn")
    hers.goto(f"{desk.origin}/account")
    assert "/login" in hers.url
    page.goto(f"{zora}/leave")
    let_go(page)
    page.goto(customer)
    assert page.input_value("#named") == "Milan Orel"


def sell_to_a_customer(page: Page, desk: RunningDesk) -> str:
    """Another plan is refused with the reason, and what was entered stays; the customer's page."""
    page.goto(f"{desk.origin}/admin/plans")
    page.fill("#plans", "All-inclusive: 1000\nPremium: 2000")
    save(page)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Ostrava Freight")
    save(page)
    customer = page.url.split("?")[0]
    page.fill("#since", "2020-01-01")
    page.fill("#plan", "Basic")
    page.fill("#fee", "1500")
    page.fill("#named", "Zora Vlk")
    page.click(".a-save .btn.main")
    assert page.inner_text("#plan-e") == "The add-on is sold on All-inclusive, Premium only, not on “Basic”."
    assert (page.input_value("#plan"), page.input_value("#fee")) == ("Basic", "1500")
    page.fill("#plan", "Premium")
    page.fill("#stand_in_1", "milan orel")
    save(page)
    return customer


def set_up_the_agent(page: Page, desk: RunningDesk) -> None:
    """Hours, a photo, an absence that is wrong first."""
    page.fill("#mon", "9-12, 13-17")
    page.fill("#language", "en")
    save(page)
    assert page.input_value("#mon") == "09:00-12:00, 13:00-17:00"
    page.set_input_files("#photo", {"name": "me.gif", "mimeType": "image/gif", "buffer": b"no picture"})
    page.click("form[action$='/photo'] .btn")
    assert "no picture that can be shown" in page.inner_text("#photo-e")
    page.set_input_files("#photo", {"name": "me.png", "mimeType": "image/png", "buffer": picture()})
    page.click("form[action$='/photo'] .btn")
    shown = page.request.get(desk.origin + (page.get_attribute(".a-photo img", "src") or ""))
    assert shown.body().startswith(b"\x89PNG")
    page.fill("#since", "2031-07-14")
    page.fill("#until", "2031-07-01")
    page.fill("#reason", "the sea")
    page.click("form[action$='/absences'] .btn")
    assert page.inner_text("#until-e") == "Ends before it starts. The first day is 2031-07-14."
    assert (page.input_value("#since"), page.input_value("#reason")) == ("2031-07-14", "the sea")
    page.fill("#until", "2031-07-20")
    page.click("form[action$='/absences'] .btn")
    assert "2031-07-14 – 2031-07-20" in page.inner_text("#absences")


def take_a_second_step(hers: Page, other: Page, desk: RunningDesk, welcome: str) -> None:
    """Zora's own: a second step, recovery codes, her sessions."""
    hers.goto(welcome)
    hers.fill("#password", PASSWORD)
    hers.click("form .btn.main")
    hers.goto(f"{desk.origin}/account")
    hers.fill("#signature", "x" * 1001)
    hers.click("text=Sign mails so")
    assert "At most 1000" in hers.inner_text("#signature-e") and hers.input_value("#signature") == "x" * 1001
    hers.fill("#signature", "Zora\nOstrava desk")
    hers.click("text=Sign mails so")
    hers.wait_for_url("**/account?saved=1")
    assert hers.input_value("#signature") == "Zora\nOstrava desk"
    hers.goto(f"{desk.origin}/account/second-step")
    assert hers.locator(".a-qr svg path").count() > 0
    secret = hers.inner_text("#secret")
    hers.fill("#code", "000000")
    hers.fill("#password", PASSWORD)
    hers.click("[value=on]")
    assert "This code does not fit" in hers.inner_text("#code-e")
    assert hers.inner_text("#secret") == secret, "what was scanned stays right"
    hers.fill("#code", pyotp.TOTP(secret).now())
    hers.fill("#password", PASSWORD)
    hers.click("[value=on]")
    expect(hers.locator("#codes code")).to_have_count(10)
    codes = hers.locator("#codes code").all_inner_texts()
    signs_in(other, desk, "zora@larkfield.example")
    assert "do not match" in other.inner_text("[role=alert]")
    signs_in(other, desk, "zora@larkfield.example", codes[0])
    assert "/login" not in other.url
    hers.goto(f"{desk.origin}/account")
    expect(hers.locator("main")).to_contain_text("9 recovery codes left")
    hers.click("form[action$='end-others'] .btn")
    other.goto(f"{desk.origin}/account")
    assert "/login" in other.url


def let_go(page: Page) -> None:
    """What she would leave open is shown first, and somebody has to take over."""
    text = page.inner_text("main")
    assert "Ostrava Freight" in text and "2031-07-14 – 2031-07-20" in text
    page.click(".a-save .btn.main")
    assert "Choose who takes over: Zora Vlk has customers or tickets." in page.inner_text("#successor-e")
    page.fill("#successor", "Milan Orel")
    page.click(".a-save .btn.main")
    assert page.inner_text(".a-head .tag") == "left"


def test_long_lists_are_searched_and_paged_without_a_script(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Many People")
    save(page)
    customer = page.url.split("?")[0]
    csrf = page.get_attribute("[name=csrf]", "value") or ""
    for number in range(55):
        form: dict[str, str | float | bool] = {
            "csrf": csrf,
            "name": f"Person {number:02}",
            "email": f"p{number}@many.example",
        }
        page.request.post(f"{customer}/contacts/new", form=form, headers={"Origin": desk.origin}, max_redirects=0)
    page.goto(customer)
    assert "1–50 of 55" in page.inner_text("#contacts")
    page.click("#contacts [rel=next]")
    expect(page.locator("#contacts .order li")).to_have_count(5)
    page.fill("#q", "PERSON 07")
    page.press("#q", "Enter")
    expect(page.locator("#contacts .order li a")).to_have_text(["Person 07"])
    page.fill("#q", "<nobody>")
    page.press("#q", "Enter")
    assert "Nobody found." in page.inner_text("#contacts")
    page.goto(f"{desk.origin}/admin/agents?q=jonas&page=99999999999999")
    assert page.locator("tbody tr").count() == 1


def test_a_contact_is_added_by_the_keyboard_alone(real: Real, chromium: Browser, plain: Plain) -> None:
    desk, link = real
    state = signed_in(plain(), desk, link).context.storage_state()
    page = chromium.new_page(storage_state=state)
    page.goto(f"{desk.origin}/admin/customers/new")

    def to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    to("#name")
    page.keyboard.type("Keys Only")
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner.good")
    to("a[href$='/contacts/new']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/new")
    to("#email")
    page.keyboard.type("no address")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    to("[role=alert] a")
    page.keyboard.press("Enter")
    assert re.search(r"#(name|email)$", page.url)
    to("#name, #email")
    to("[name=coordinator]")
    page.keyboard.press("Space")
    page.goto(page.url.split("#")[0])
    for field, text in (("#name", "Kay"), ("#email", "kay@keys.example")):
        to(field)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner.good")
    assert page.locator("#contacts .order li a").all_inner_texts() == ["Kay"]
    page.context.close()
