"""The first day of an admin on an empty installation, page after page, in a browser without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.pages.making import PASSWORD, Plain, Real, hire, picture, save, signed_in
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser


def refused(page: Page, **entered: str) -> dict[str, str]:
    """Enters it and presses the main button; what is said beside each of these fields, whose text stays."""
    for field, text in entered.items():
        page.fill(f"#{field}", text)
    page.click("form[method=post] .btn.main:visible")
    told = {field: page.inner_text(f"#{field}-e") for field in entered}
    assert {field: page.input_value(f"#{field}") for field in entered} == entered
    assert all(page.get_attribute(f"#{field}", "aria-describedby") == f"{field}-e" for field in entered)
    links = page.locator("[role=alert] li a").evaluate_all("(all) => all.map((one) => one.hash.slice(1))")
    assert set(links) == set(entered)
    return told


def test_an_empty_desk_is_set_up_to_the_last_sentence(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(base_url=desk.origin), desk, link)
    assert page.inner_text(".a-empty h2") == "No customers yet"
    plans(page)
    welcome = people(page, desk)
    office(page)
    customers(page)
    contact(page)
    who_answers(page)
    add_on(page)
    button(page)
    evas = plain(base_url=desk.origin).new_page()
    evas.goto(welcome)
    evas.fill("#password", PASSWORD)
    evas.click("form .btn.main")
    sessions(page, evas)
    leaving(page)
    record(page)


def plans(page: Page) -> None:
    page.goto("/admin/plans")
    assert "“a lot” is not an amount" in refused(page, plans="All-inclusive: a lot")["plans"]
    page.fill("#plans", "All-inclusive: 1000\nPremium: 2000.50")
    save(page)


def people(page: Page, desk: RunningDesk) -> str:
    """Teams, role, capacity, reserved, languages, hours, absences, photo; the link of the first one."""
    page.goto("/admin/agents/new")
    told = refused(
        page, name="", email="eva", languages="english", zone="Bratislava", capacity="many", ring_seconds="1",
        mon="9-", tue="17-9", language="Deutsch",
    )  # fmt: skip
    assert told["zone"].endswith("Did you mean Europe/Bratislava?") and told["capacity"].endswith("from 0 to 20.")
    welcome = hire(page, desk, "Eva Marin")
    page.goto(page.url.removesuffix("/link"))
    assert "from 0 to 3" in refused(page, reserved="4")["reserved"]
    for field, text in {
        "reserved": "1",
        "languages": "en, sk",
        "mon": "09:00-12:00, 13:00-17:00",
        "zone": "UTC",
    }.items():
        page.fill(f"#{field}", text)
    page.check("[name=teams][value=technical]")
    page.check("[name=roles][value=lead]")
    save(page)
    assert (page.input_value("#languages"), page.input_value("#mon")) == ("en, sk", "09:00-12:00, 13:00-17:00")
    assert page.is_checked("[name=teams][value=technical]") and page.is_checked("[name=roles][value=lead]")
    for since, until, field in (("soon", "2031-07-01", "since"), ("2031-07-02", "2031-07-01", "until")):
        page.fill("#since", since)
        page.fill("#until", until)
        page.click("text=Add the absence")
        assert page.inner_text(f"#{field}-e") and page.input_value("#since") == since
    page.fill("#until", "2031-07-14")
    page.click("text=Add the absence")
    assert "2031-07-02 – 2031-07-14" in page.inner_text("#absences")
    page.set_input_files("#photo", {"name": "me.png", "mimeType": "image/png", "buffer": picture()})
    page.click("text=Show this photo")
    assert page.get_attribute(".a-photo img", "alt") == "Photo of Eva Marin"
    hire(page, desk, "Ben Okafor")
    hire(page, desk, "Jana Lukáč")
    return welcome


def office(page: Page) -> None:
    """Several intervals a day, holidays proposed and confirmed, special days, what an edit changes, versions."""
    page.goto("/admin/calendars/new")
    told = refused(page, name="", zone="Nowhere", mon="9", holidays="May Day", special="2027-12-24 all day")
    assert all(told.values())
    page.goto("/admin/calendars/new")
    page.fill("#name", "Bratislava office")
    page.fill("#mon", "09:00-12:00, 13:00-15:00, 15:30-17:00")
    save(page)
    assert page.input_value("#mon") == "09:00-12:00, 13:00-15:00, 15:30-17:00"
    page.click("text=Propose public holidays")
    page.fill("#country", "SK")
    page.fill("#year", "2031")
    page.click("text=Propose >> nth=-1")
    page.wait_for_load_state()
    days = page.locator("[name=day]")
    assert days.count() > 10
    days.nth(0).check()
    page.click("text=See what changes")
    assert page.inner_text("h1") == "What this edit changes" and "2031-01-01" in page.inner_text("main")
    page.click("text=Save version 2")
    assert "2031-01-01" in page.input_value("#holidays")
    page.fill("#special", "2031-12-24 09:00-12:00")
    page.fill("#fri", "")
    page.click("text=See what changes")
    changed = page.inner_text("main")
    assert "2031-12-24" in changed and "closed" in changed and "No button keeps these hours." in changed
    page.click("text=Back to the fields")
    assert page.input_value("#special") == "2031-12-24 09:00-12:00"
    page.click("text=See what changes")
    page.click("text=Save version 3")
    page.click("text=Version 3")
    expect(page.locator("table tbody tr")).to_have_count(3)
    assert page.locator("form[method=post]:not([action='/logout'])").count() == 0, "versions are read, never written"


def customers(page: Page) -> None:
    """Name, domains, zone, language, what agents should know."""
    page.goto("/admin/customers/new")
    told = refused(page, name="", domains="not a domain", zone="Londn", language="english")
    assert "A domain is what follows the @" in told["domains"] and "Europe/London" in told["zone"]
    for name, domains in (("Halden & Frey", "halden.example"), ("Brightwater", "brightwater.example")):
        page.goto("/admin/customers/new")
        page.fill("#name", name)
        page.fill("#domains", domains)
        save(page)
    told = refused(page, name="halden & frey", domains="brightwater.example, halden.example")
    assert told["domains"].startswith("halden.example belongs to Halden & Frey already")
    page.fill("#name", "Brightwater")
    page.fill("#domains", "brightwater.example, bw.example")
    page.fill("#playbook", "Call the night desk first.")
    save(page)
    assert page.input_value("#domains") == "brightwater.example, bw.example"


def contact(page: Page) -> None:
    """Known before they write; a coordinator."""
    page.click("text=Add a contact")
    assert "such as anna@example.com" in refused(page, name="", email="priya")["email"]
    page.fill("#name", "Priya Raman")
    page.fill("#email", "priya@brightwater.example")
    page.check("[name=coordinator]")
    save(page)
    assert page.inner_text("#contacts .tag") == "coordinator"
    page.click("text=Add a contact")
    told = refused(page, name="", email="PRIYA@brightwater.example")
    assert told["email"] == "Priya Raman has this address already."
    page.goto(page.url.partition("/contacts")[0])


def who_answers(page: Page) -> None:
    """The named agent, and stand-ins in their order."""
    page.fill("#since", "2020-01-01")
    assert "Did you mean Eva Marin?" in refused(page, named="Eva Martin")["named"]
    page.fill("#named", "Eva Marin")
    page.fill("#stand_in_1", "Jana Lukac")
    page.fill("#stand_in_2", "ben@larkfield.example")
    save(page)
    page.click("[name=up][value='2']")
    save(page)
    assert [page.input_value(f"#stand_in_{place}") for place in (1, 2)] == ["Ben Okafor", "Jana Lukáč"]


def add_on(page: Page) -> None:
    """Plan, fee, from, until; ended at once."""
    page.fill("#since", "2026-01-01")
    told = refused(page, plan="Gold", fee="a lot", until="2025-12-31")
    assert told["until"] == "Ends before it starts. Did you mean 2026-12-31?"
    assert told["plan"] == "The add-on is sold on All-inclusive, Premium only, not on “Gold”."
    for field, text in {"plan": "Premium", "fee": "1,750.50", "since": "2020-01-01", "until": ""}.items():
        page.fill(f"#{field}", text)
    save(page)
    assert page.inner_text(".a-head .tag") == "dedicated service on"
    assert [page.input_value(f"#{each}") for each in ("plan", "fee", "since")] == ["Premium", "1750.50", "2020-01-01"]
    page.click("text=End the add-on now >> nth=-1")
    assert page.inner_text(".a-head .tag") == "dedicated service off"


def button(page: Page) -> None:
    """Embed code, origins, identity policy, keys by kid, a new public key beside the old one."""
    page.click("text=Add a button")
    told = refused(page, name="", origins="portal.brightwater.example/orders", language="english")
    assert told["origins"].endswith("https://portal.brightwater.example")
    page.fill("#name", "Customer portal")
    page.fill("#origins", "https://portal.brightwater.example\nhttps://shop.brightwater.example")
    page.fill("#language", "en")
    page.select_option("#calendar", label="Bratislava office")
    page.check("[name=policy][value=open]")
    save(page)
    assert page.is_checked("[name=policy][value=open]") and page.input_value("#calendar") != "office"
    expect(page.locator("[data-copy]")).to_have_count(2)
    assert not page.locator("[data-copy]:visible").count()
    former = page.inner_text("#embed")
    for kid in ("site-1", "site-2"):
        page.fill("#kid", kid)
        page.click("text=Make a signing key")
        assert page.inner_text("#told-kid") == kid and len(page.inner_text("#told-secret")) > 40
    page.click(".order li:has-text('site-1') .btn")
    assert "site-2" in page.inner_text("main") and "site-1" not in page.inner_text("main")
    page.fill("#kid", "site-3")
    page.click("summary:visible >> text=Or enter a public key")
    page.fill("#pem", "no key")
    page.click("text=Add the public key")
    assert page.inner_text("#pem-e") and page.input_value("#pem") == "no key"
    assert "the present one works for 14 more days" in page.inner_text("main")
    page.click("text=Make a new key")
    assert page.inner_text("#embed") != former
    assert f"{former.split('/w/')[1].split('.js')[0]} works until" in page.inner_text("main")
    page.click("text=Test it")
    page.fill("#address", "https://shop.brightwater.example/cart")
    page.click(".a-save .btn.main")
    assert "Pages of https://shop.brightwater.example show the button." in page.inner_text("main")


def sessions(page: Page, evas: Page) -> None:
    """One browser of hers from the list, one from her page; an admin's own is not offered."""
    page.goto("/admin/sessions")
    rows = page.locator("tbody tr")
    assert rows.filter(has_text="this one").locator("form").count() == 0
    rows.filter(has_text="Eva Marin").locator(".btn").first.click()
    evas.goto("/account")
    assert evas.url.endswith("/login")
    evas.fill("#email", "eva@larkfield.example")
    evas.fill("#password", PASSWORD)
    evas.click("form .btn.main")
    page.goto("/admin/agents?q=eva")
    page.click("tbody a")
    page.click("#sessions .order .btn")
    assert "Nowhere." in page.inner_text("#sessions")
    evas.goto("/account")
    assert evas.url.endswith("/login")


def leaving(page: Page) -> None:
    """What would be left open is shown first; taken over at once."""
    page.click("text=See what Eva Marin would leave open")
    shown = page.inner_text("main")
    assert "Brightwater" in shown and "2031-07-02 – 2031-07-14" in shown
    assert "Choose who takes over" in refused(page, successor="")["successor"]
    assert "Did you mean Jana Lukáč?" in refused(page, successor="jana")["successor"]
    page.fill("#successor", "Jana Lukáč")
    page.click(".a-save .btn.main")
    assert page.inner_text(".a-head .tag") == "left"
    page.goto("/admin/customers?q=brightwater")
    page.click("tbody a")
    assert [page.input_value(f"#{each}") for each in ("named", "stand_in_1", "stand_in_2")] == [
        "Jana Lukáč", "Ben Okafor", "",
    ]  # fmt: skip


def record(page: Page) -> None:
    """Settings, health, and an audit that holds."""
    page.goto("/admin/settings")
    assert refused(page, name="")["name"]
    page.fill("#name", "Larkfield Care")
    page.click("form[method=post] .btn.main:visible")
    assert page.title().endswith("Larkfield Care")
    page.goto("/admin/health")
    assert "Record" in page.inner_text("main")
    page.goto("/admin/audit")
    page.fill("#head", "nonsense")
    page.click("form[action$='/verify'] .btn:not([data-copy])")
    assert page.inner_text("#head-e") and page.input_value("#head") == "nonsense"
    page.fill("#head", page.inner_text("#chain-head"))
    page.click("form[action$='/verify'] .btn:not([data-copy])")
    assert "The chain holds" in page.inner_text(".banner.good")
    page.fill("#actor", "jonas")
    page.select_option("#action", "agent_left")
    page.click(".a-go .btn.main")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "Eva Marin" in page.inner_text("tbody")


FORMS = {
    "/admin/customers/new": {"name": "", "domains": "no domain", "zone": "Nowhere", "language": "english"},
    "/admin/agents/new": {
        "name": "", "email": "eva", "languages": "english", "zone": "Nowhere", "capacity": "many", "reserved": "-1",
        "ring_seconds": "1", "mon": "9-", "language": "Deutsch",
    },
    "/admin/calendars/new": {
        "name": "", "zone": "Nowhere", "mon": "9", "holidays": "May Day", "special": "2027-12-24 all day",
    },
    "/admin/plans": {"plans": "All-inclusive"},
    "/admin/settings": {"name": ""},
}  # fmt: skip
"""Each with something wrong in every field."""


def test_what_is_wrong_is_explained_in_the_readers_language_and_kept(real: Real, plain: Plain) -> None:
    desk, link = real
    told: dict[str, list[str]] = {}
    for language in ("en", "de", "sk"):
        page = signed_in(plain(base_url=desk.origin, locale=language), desk, link)
        for path, entered in FORMS.items():
            page.goto(path)
            told.setdefault(path, []).append(repr(refused(page, **entered)))
    same = [path for path, sentences in told.items() if len(set(sentences)) != len(sentences)]
    assert same == []
