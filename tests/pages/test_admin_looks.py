"""Every page of the administration as people see it: accessible, on a phone, with its script."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from server.pages import admin
from tests.pages.making import Plain, Real, picture, save, signed_in
from tests.support.axe import faults_of, in_both

pytestmark = pytest.mark.browser
PAGES = (
    "customers", "customers/new", "agents", "agents/new", "calendars", "calendars/new", "calendars/office",
    "calendars/office/versions", "calendars/office/holidays", "calendars/office/holidays?country=SK&year=2027",
    "mailboxes", "mailboxes/new", "plans", "sessions", "settings", "health", "audit", "audit?page=9",
)  # fmt: skip
PATHS = [
    f"/admin/{re.sub('{.*?}', '[^/]+', path)}"
    for path in re.findall(r"at\(\"([^\"]+)\", (?!None)", Path(admin.__file__).read_text("utf-8"))
]
"""Every page that can be got there."""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Look:
    """The admin on a screen of this kind, judging one page after the other; `ADMIN_SHOTS` keeps a picture of each."""

    def __init__(self, page: Page, origin: str, kind: str) -> None:
        self.page = page
        self.origin = origin
        self.kind = kind
        self.found: dict[str, list[str]] = {}
        self.seen: set[str] = set()
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => (window.blocked = e.blockedURI))"
        )

    def go(self, path: str) -> None:
        self.page.goto(f"{self.origin}/{path}")

    def at(self, what: str) -> None:
        """What is wrong here now."""
        self.seen.add(urlsplit(self.page.url).path)
        for scheme in in_both(self.page):
            faults = faults_of(self.page)
            faults += [f"wider by {wider}"] if (wider := self.page.evaluate(WIDER)) else []
            faults += ["blocked"] if self.page.evaluate("'blocked' in window") else []
            self.found |= {f"{what}, {scheme}": faults} if faults else {}
            if shots := os.environ.get("ADMIN_SHOTS"):
                shown = what.partition("?")[0].replace("/", "-")
                self.page.screenshot(path=f"{shots}/{shown}-{self.kind}-{scheme}.png", full_page=True)

    def refused(self) -> None:
        """Saves what is wrong."""
        self.page.click(".a-save .btn.main")
        self.page.wait_for_selector("[role=alert]")


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible_and_fits(real: Real, chromium: Browser, plain: Plain, width: int) -> None:
    desk, link = real
    state = signed_in(plain(), desk, link).context.storage_state()
    with chromium.new_context(storage_state=state, viewport={"width": width, "height": 800}) as context:
        look = Look(context.new_page(), desk.origin, f"{width}")
        for path in PAGES:
            look.go(f"admin/{path}")
            look.at(path)
        look_at_changed_hours(look)
        look_at_a_customer(look)
        look_at_an_agent(look)
        look_at_a_welcome(look)
        look_at_a_mailbox(look)
    assert look.found == {}
    assert [path for path in PATHS if not any(re.fullmatch(path, seen) for seen in look.seen)] == []


def look_at_changed_hours(look: Look) -> None:
    look.go("admin/calendars/office")
    look.page.fill("#fri", "09:00-12:00, 13:00-15:00")
    look.page.click(".a-save .btn.main")
    look.at("calendar-change")


def look_at_a_customer(look: Look) -> None:
    """New, wrong, with a contact, and with a button and its key."""
    page = look.page
    look.go("admin/customers/new")
    page.fill("#name", f"Customer {look.kind}")
    save(page)
    look.at("customer")
    page.fill("#zone", "berlin")
    page.fill("#until", "2025-12-31")
    look.refused()
    look.at("customer-wrong")
    page.goto(page.url)
    page.click("text=Add a contact")
    look.at("contact")
    page.fill("#name", "Owen Hughes")
    page.fill("#email", f"owen-{look.kind}@brightwater.example")
    save(page)
    page.click("text=Owen Hughes")
    look.at("contact-known")
    page.click("text=See what would be erased")
    look.at("contact-erase")
    page.go_back()
    page.go_back()
    page.click("text=Add a button")
    look.at("button-new")
    page.fill("#name", "Portal")
    page.fill("#origins", "https://portal.brightwater.example")
    save(page)
    look.at("button")
    button = page.url.split("?")[0]
    page.click("form[action$='/keys'] .btn")
    look.at("button-key")
    page.goto(f"{button}/try")
    look.at("button-try")
    page.fill("#address", "https://elsewhere.example/orders")
    page.fill("#token", "no token")
    page.click(".a-save .btn.main")
    page.wait_for_selector(".banner")
    look.at("button-tried")


def look_at_a_mailbox(look: Look) -> None:
    """Wrong, saved, tested with a step that fails, and in the list."""
    page = look.page
    look.go("admin/mailboxes/new")
    page.fill("#address", f"support-{look.kind}@larkfield.example")
    page.fill("#smtp_port", "0")
    page.fill("#smtp_host", "smtp.larkfield.example")
    look.refused()
    look.at("mailbox-wrong")
    page.fill("#host", "127.0.0.1")
    page.fill("#port", "9")
    page.select_option("#security", "plain")
    page.fill("#password", "secret")
    page.fill("#smtp_port", "587")
    save(page)
    page.click("form[action$='/test'] .btn")
    page.wait_for_selector(".banner.bad")
    for each in page.query_selector_all(".a-fields summary"):
        each.click()
    look.at("mailbox-tested")
    look.go("admin/mailboxes")
    page.click(".a-parts summary")
    look.at("mailboxes-some")


def look_at_an_agent(look: Look) -> None:
    """With a photo and an absence, wrong, and leaving; it ends at the new agent's page."""
    page = look.page
    look.go("admin/agents/new")
    page.fill("#name", f"Agent of a longer name {look.kind}")
    page.fill("#email", f"agent-{look.kind}@larkfield.example")
    save(page)
    who = page.url.split("?")[0]
    page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": picture()})
    page.click("form[action$='/photo'] .btn")
    page.wait_for_selector(".a-photo img")
    page.fill("#since", "2030-07-01")
    page.fill("#until", "2030-07-14")
    page.click("form[action$='/absences'] .btn")
    page.wait_for_selector("#absences li")
    look.at("agent")
    page.fill("#capacity", "many")
    page.fill("#mon", "nine")
    look.refused()
    look.at("agent-wrong")
    page.goto(f"{who}/leave")
    look.at("agent-leave")
    page.goto(who)


def look_at_a_welcome(look: Look) -> None:
    """The new agent's link, where it leads, and one's own account."""
    page = look.page
    page.click("form[action$='/link'] .btn")
    look.at("agent-link")
    welcome = page.inner_text("#link")
    for path in ("account", "account/second-step"):
        look.go(path)
        look.at(path)
    page.goto(welcome)
    page.wait_for_selector("#password")
    look.at("welcome")


def test_the_copy_button_copies_the_embed_code(real: Real, chromium: Browser, plain: Plain) -> None:
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
    real: Real, chromium: Browser, plain: Plain
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
