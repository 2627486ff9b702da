"""A real desk from nothing, all by forms, without a script; who has no business there finds nothing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.pages.making import PASSWORD, Plain, Real, hire, round_the_clock, save, signed_in
from tests.support.client import Client, sign_in, visit
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser


def press(desk: RunningDesk, key: str, email: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A visitor presses, the agent is there: the press and the agent's ring."""

    async def talk() -> tuple[dict[str, Any], dict[str, Any]]:
        async with Client(desk.origin, "agent", await sign_in(desk.origin, email, PASSWORD)) as agent:
            await agent.ask("presence", status="available", auto_answer=False)
            async with Client(desk.origin, "contact", await visit(desk.origin, key)) as contact:
                pressed = await contact.ask("press", text="The feed has stopped.")
                ring = await agent.until(lambda frame: frame["type"] == "ring")
                return dict(pressed), dict(ring)

    with ThreadPoolExecutor(1) as beside:  # Playwright's loop runs in this thread
        return beside.submit(asyncio.run, talk()).result()


def test_a_desk_made_by_forms_without_a_script_reaches_the_named_agent(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    assert page.inner_text(".a-empty h2") == "No customers yet"
    welcome = hire(page, desk, "Eva Marin")
    hire(page, desk, "Ben Okafor")
    round_the_clock(page, desk)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Brightwater Hotels")
    page.fill("#domains", "brightwater.example")
    save(page)
    page.fill("#since", "2020-01-01")
    page.fill("#named", "Eva Marin")
    page.fill("#stand_in_1", "ben@larkfield.example")
    save(page)
    assert page.inner_text(".a-head .tag") == "dedicated service on"
    page.click("text=Add a contact")
    page.fill("#name", "Priya Raman")
    page.fill("#email", "priya@brightwater.example")
    save(page)
    page.click("text=Add a button")
    page.fill("#name", "Customer portal")
    page.fill("#origins", "https://portal.brightwater.example")
    page.select_option("#calendar", label="Round the clock")
    save(page)
    embed = page.inner_text("#embed")
    key = embed.split("/w/")[1].split(".js")[0]
    assert embed == f'<script async src="{desk.origin}/w/{key}.js"></script>'

    eva = plain().new_page()
    eva.goto(welcome)
    eva.fill("#password", PASSWORD)
    eva.click("form .btn.main")
    pressed, ring = press(desk, key, "eva@larkfield.example")
    assert ring["ticket"] == pressed["ticket"] and ring["why"]["step"] == "named"


def test_what_is_wrong_is_said_beside_the_field_and_nothing_entered_is_lost(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Halden & Frey")
    save(page)
    page.fill("#since", "2026-01-01")
    page.fill("#until", "2025-12-31")
    page.fill("#zone", "berlin")
    page.fill("#playbook", "Orders above 50,000 EUR\nneed two names.")
    page.click(".a-save .btn.main")
    assert page.inner_text("[role=alert] b") == "2 fields need a change before this can be saved."
    assert page.locator("[role=alert] a").all_inner_texts() == [
        "Time zone: There is no zone “berlin”. Did you mean Europe/Berlin?",
        "Until, included: Ends before it starts. Did you mean 2026-12-31?",
    ]
    assert page.get_attribute("[role=alert] li:last-child a", "href") == "#until"
    page.click("[role=alert] li:last-child a")
    assert page.evaluate("document.querySelector('label[for=until]').getBoundingClientRect().top >= 0")
    assert page.inner_text("#until-e") == "Ends before it starts. Did you mean 2026-12-31?"
    assert page.inner_text("#zone-e") == "There is no zone “berlin”. Did you mean Europe/Berlin?"
    for field in ("until", "zone"):
        assert page.get_attribute(f"#{field}", "aria-invalid") == "true"
        assert page.get_attribute(f"#{field}", "aria-describedby") == f"{field}-e"
    assert page.input_value("#until") == "2025-12-31"
    assert page.input_value("#playbook") == "Orders above 50,000 EUR\nneed two names."
    page.reload()
    page.goto(page.url.partition("#")[0])
    assert page.input_value("#zone") == "Europe/Bratislava"


def test_a_signing_key_is_told_once_and_a_new_public_key_leaves_the_old_one_working(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Lumen Press")
    save(page)
    page.click("text=Add a button")
    page.fill("#name", "Portal")
    page.fill("#origins", "portal.lumen.example/a")
    page.click(".a-save .btn.main")
    assert "An origin is scheme and host: https://portal.lumen.example" in page.inner_text("#origins-e")
    page.fill("#origins", "https://portal.lumen.example")
    save(page)
    page.fill("#kid", "portal")
    page.click("form[action$='/keys'] .btn")
    assert len(page.inner_text("#told-secret")) > 40
    page.reload()  # the form is sent again
    assert "told only once" in page.inner_text("#kid-e") and page.locator("#told-secret").count() == 0
    page.click("text=Revoke")
    assert page.inner_text("text=No signing key yet.")
    before, button = page.inner_text("#embed"), page.url.partition("?")[0]
    again = page.context.new_page()
    again.goto(button)
    page.click("form[action$='/rotate'] .btn")
    page.wait_for_selector(".banner.good")
    again.click("form[action$='/rotate'] .btn")  # as a press that comes twice
    assert "There is a new key already" in again.inner_text("[role=alert]")
    again.goto(again.url)  # what the bar says now is only sent to: it leads to the page
    assert again.url == button
    again.goto(f"{desk.origin}/admin/sessions/end")
    assert again.url == f"{desk.origin}/admin/sessions"
    page.goto(button)
    assert page.inner_text("#embed") != before and before.split("/w/")[1].split(".js")[0] in page.inner_text(
        "form[action$='/rotate']"
    )
    assert "works until" in page.inner_text("form[action$='/rotate']")


def test_who_answers_and_administers_finds_a_way_to_either(real: Real, chromium: Browser, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    plainly, welcome = hire(page, desk, "Tom Lind"), hire(page, desk, "Ida Lind")
    page.check("[name=roles][value=admin]")
    save(page)
    both = chromium.new_context().new_page()
    both.goto(welcome)
    both.fill("#password", PASSWORD)
    both.click("form .btn.main")
    both.click(".rail .me")
    both.click(".me-menu a[href='/admin']")
    both.wait_for_url("**/admin/customers")
    both.click(".a-own >> text=To the console")
    both.wait_for_selector(".rail .live:not(.lost)")
    both.keyboard.press("Control+k")
    both.keyboard.type("administration")
    both.keyboard.press("Enter")
    both.wait_for_url("**/admin/customers")
    both.goto(plainly)  # another agent, who is no admin
    both.fill("#password", PASSWORD)
    both.click("form .btn.main")
    both.click(".rail .me")
    both.wait_for_selector(".me-menu")
    assert both.locator("a[href='/admin']").count() == 0
    both.context.close()


def test_for_who_is_no_admin_there_is_nothing(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    welcome = hire(page, desk, "Nora Berg")
    nora = plain().new_page()
    nora.goto(welcome)
    nora.fill("#password", PASSWORD)
    nora.click("form .btn.main")
    nowhere = nora.goto(f"{desk.origin}/nowhere")
    assert nowhere is not None and nowhere.status == 404
    nothing = nora.content()
    for path in ("", "/customers", "/agents/new", "/calendars/office"):
        answer = nora.goto(f"{desk.origin}/admin{path}")
        assert answer is not None and (answer.status, nora.content()) == (404, nothing)
    posted = nora.request.post(
        f"{desk.origin}/admin/customers/new", form={"name": "X"}, headers={"Origin": desk.origin}
    )
    assert posted.status == 404


def test_a_form_from_elsewhere_is_refused(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(), desk, link)
    page.goto(f"{desk.origin}/admin/customers/new")
    csrf = page.get_attribute("[name=csrf]", "value") or ""
    for origin, token in (("https://evil.example", csrf), (desk.origin, "wrong")):
        answer = page.request.post(
            f"{desk.origin}/admin/customers/new", form={"name": "Forged", "csrf": token}, headers={"Origin": origin}
        )
        assert answer.status == 403
    page.goto(f"{desk.origin}/admin/customers")
    assert page.locator("text=Forged").count() == 0
