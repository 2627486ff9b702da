"""A real desk from nothing, all by forms, without a script; every page of the administration as people get it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.client import Client, sign_in, visit
from tests.support.running import ROOT, RunningDesk

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAULTS = """async (rules) => (
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  await axe.run(document, {runOnly: rules})).violations
  .map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).join(", ")}`)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PASSWORD = "a sentence of its own"
pytestmark = pytest.mark.browser


def made(desk: RunningDesk) -> str:
    """A real desk in the folder; the admin's link."""
    ran = subprocess.run(
        [sys.executable, "-m", "vipdesk", "setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example",
         "--json"],
        cwd=ROOT, env=os.environ | {"VIPDESK_DATA": str(desk.folder), "VIPDESK_PORT": str(desk.port)}, check=True,
        capture_output=True,
    )  # fmt: skip
    return str(json.loads(ran.stdout)["link"])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, str]]:
    """A real desk with nothing in it but its admin, who has not signed in yet."""
    desk = RunningDesk(tmp_path_factory.mktemp("real") / "data")
    link = made(desk)
    with desk:
        yield desk, link


Plain = Callable[..., BrowserContext]


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Plain]:
    """Contexts that run no script."""
    contexts: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        contexts.append(chromium.new_context(java_script_enabled=False, **options))
        return contexts[-1]

    yield open_context
    for each in contexts:
        each.close()


def signed_in(context: BrowserContext, desk: RunningDesk, link: str) -> Page:
    """Jonas, by his link the first time, then by his password."""
    page = context.new_page()
    page.goto(link)
    if page.locator("form").count() and "/welcome/" in page.url and page.locator("#password").count():
        page.fill("#password", PASSWORD)
        page.click("form .btn.main")
    else:
        page.goto(f"{desk.origin}/login")
        page.fill("#email", "jonas@larkfield.example")
        page.fill("#password", PASSWORD)
        page.click("form .btn.main")
    page.wait_for_url("**/admin/customers")
    return page


def picture() -> bytes:
    """A photo as a camera would make it."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "#0b6b6b").save(out, "PNG")
    return out.getvalue()


def save(page: Page) -> None:
    page.click(".a-save .btn.main")
    page.wait_for_selector(".banner.good")


def hire(page: Page, desk: RunningDesk, name: str) -> str:
    """A new agent by the form; their sign-in link."""
    page.goto(f"{desk.origin}/admin/agents/new")
    page.fill("#name", name)
    page.fill("#email", f"{name.split()[0].lower()}@larkfield.example")
    page.fill("#title", "Your named agent")
    save(page)
    page.click("form[action$='/link'] .btn")
    return page.inner_text("#link")


def round_the_clock(page: Page, desk: RunningDesk) -> None:
    page.goto(f"{desk.origin}/admin/calendars/new")
    page.fill("#name", "Round the clock")
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        page.fill(f"#{day}", "0-24")
    save(page)


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


def test_a_desk_made_by_forms_without_a_script_reaches_the_named_agent(
    real: tuple[RunningDesk, str], plain: Plain
) -> None:
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
    page.select_option("#named", label="Eva Marin")
    page.locator("[name=stand_in]").first.select_option(label="Ben Okafor")
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


def test_what_is_wrong_is_said_beside_the_field_and_nothing_entered_is_lost(
    real: tuple[RunningDesk, str], plain: Plain
) -> None:
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
    assert page.get_attribute("[role=alert] li:last-child a", "href") == "#until"
    assert page.inner_text("#until-e") == "Ends before it starts. Did you mean 2026-12-31?"
    assert page.inner_text("#zone-e") == "There is no zone “berlin”. Did you mean Europe/Berlin?"
    for field in ("until", "zone"):
        assert page.get_attribute(f"#{field}", "aria-invalid") == "true"
        assert page.get_attribute(f"#{field}", "aria-describedby") == f"{field}-e"
    assert page.input_value("#until") == "2025-12-31"
    assert page.input_value("#playbook") == "Orders above 50,000 EUR\nneed two names."
    page.reload()
    page.goto(page.url)
    assert page.input_value("#zone") == "Europe/Bratislava"


def test_a_signing_key_is_told_once_and_a_new_public_key_leaves_the_old_one_working(
    real: tuple[RunningDesk, str], plain: Plain
) -> None:
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
    before = page.inner_text("#embed")
    page.click("form[action$='/rotate'] .btn")
    assert page.inner_text("#embed") != before
    assert "works until" in page.inner_text("form[action$='/rotate']")


PAGES = (
    "customers", "customers/new", "agents", "agents/new", "calendars", "calendars/new", "calendars/office", "plans",
    "sessions",
)  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_every_page_is_accessible_and_fits(
    real: tuple[RunningDesk, str], chromium: Browser, plain: Plain, scheme: str, width: int
) -> None:
    desk, link = real
    state = signed_in(plain(), desk, link).context.storage_state()
    context = chromium.new_context(
        storage_state=state, color_scheme=scheme, viewport={"width": width, "height": 800},  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    page.add_init_script("document.addEventListener('securitypolicyviolation', (e) => (window.blocked = e.blockedURI))")
    name = f"Customer {scheme} {width}"
    found: dict[str, list[str]] = {}

    def look(what: str) -> None:
        page.evaluate(AXE)
        faults: list[str] = page.evaluate(FAULTS, RULES)
        faults += [f"wider by {page.evaluate(WIDER)}"] if page.evaluate(WIDER) else []
        faults += ["blocked"] if page.evaluate("'blocked' in window") else []
        found[what] = faults
        if shots := os.environ.get("ADMIN_SHOTS"):
            shown = what.partition("?")[0].replace("/", "-")
            page.screenshot(path=f"{shots}/{shown}-{width}-{scheme}.png", full_page=True)

    for path in PAGES:
        page.goto(f"{desk.origin}/admin/{path}")
        look(path)
    page.goto(f"{desk.origin}/admin/calendars/office")
    page.fill("#fri", "09:00-12:00, 13:00-15:00")
    page.click(".a-save .btn.main")
    look("calendar-change")
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", name)
    save(page)
    look("customer")
    page.fill("#zone", "berlin")
    page.fill("#until", "2025-12-31")
    page.click(".a-save .btn.main")
    page.wait_for_selector("[role=alert]")
    look("customer-wrong")
    page.goto(page.url)
    page.click("text=Add a contact")
    look("contact")
    page.go_back()
    page.click("text=Add a button")
    page.fill("#name", "Portal")
    page.fill("#origins", "https://portal.brightwater.example")
    save(page)
    look("button")
    page.click("form[action$='/keys'] .btn")
    look("button-key")
    page.goto(f"{desk.origin}/admin/agents/new")
    page.fill("#name", f"Agent {scheme}")
    page.fill("#email", f"agent-{scheme}-{width}@larkfield.example")
    save(page)
    who = page.url.split("?")[0]
    page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": picture()})
    page.click("form[action$='/photo'] .btn")
    page.wait_for_selector(".a-photo img")
    page.fill("#since", "2030-07-01")
    page.fill("#until", "2030-07-14")
    page.click("form[action$='/absences'] .btn")
    page.wait_for_selector("#absences li")
    look("agent")
    page.fill("#capacity", "many")
    page.fill("#mon", "nine")
    page.click(".a-save .btn.main")
    page.wait_for_selector("[role=alert]")
    look("agent-wrong")
    page.goto(f"{who}/leave")
    look("agent-leave")
    for path in ("account", "account/second-step"):
        page.goto(f"{desk.origin}/{path}")
        look(path)
    page.goto(who)
    page.click("form[action$='/link'] .btn")
    look("agent-link")
    page.goto(page.inner_text("#link"))
    page.wait_for_selector("#password")
    look("welcome")
    context.close()
    assert {what: faults for what, faults in found.items() if faults} == {}


def test_the_copy_button_copies_the_embed_code(real: tuple[RunningDesk, str], chromium: Browser, plain: Plain) -> None:
    desk, link = real
    state = signed_in(plain(), desk, link).context.storage_state()
    context = chromium.new_context(storage_state=state, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Copied")
    save(page)
    page.click("text=Add a button")
    page.fill("#name", "Portal")
    page.fill("#origins", "https://portal.copied.example")
    save(page)
    page.click("[data-copy=embed]")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#embed")
    context.close()


UNDER_THE_BAR = """() => {
  const [field, bar] = [document.activeElement, document.querySelector(".a-save")]
    .map((one) => one.getBoundingClientRect());
  return field.bottom > bar.top && field.top < bar.bottom;
}"""


def test_on_a_phone_each_contact_has_its_name_and_no_field_is_written_in_under_the_bar(
    real: tuple[RunningDesk, str], chromium: Browser, plain: Plain
) -> None:
    desk, link = real
    state = signed_in(plain(), desk, link).context.storage_state()
    page = chromium.new_page(storage_state=state, viewport={"width": 390, "height": 844}, is_mobile=True)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Narrow")
    save(page)
    customer = page.url
    page.click("text=Add a contact")
    page.fill("#name", "Owen Hughes")
    page.fill("#email", "owen.hughes.of.operations@a-long-name-of-a-hotel.example")
    page.check("[name=coordinator]")
    save(page)
    page.goto(customer)
    box = page.get_by_role("link", name="Owen Hughes").bounding_box()
    assert box is not None and box["width"] > 80 and box["height"] >= 44
    page.set_viewport_size({"width": 390, "height": 420})  # the keyboard is open
    for field in ("#name", "#zone", "#playbook", "#until", "#named"):
        page.focus(field)
        assert page.evaluate(UNDER_THE_BAR) is False, field
    page.context.close()


def test_who_answers_and_administers_finds_a_way_to_either(
    real: tuple[RunningDesk, str], chromium: Browser, plain: Plain
) -> None:
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
    both.click("text=To the console")
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


def test_for_who_is_no_admin_there_is_nothing(real: tuple[RunningDesk, str], plain: Plain) -> None:
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


def test_a_form_from_elsewhere_is_refused(real: tuple[RunningDesk, str], plain: Plain) -> None:
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
