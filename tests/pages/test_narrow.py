"""On the narrowest phone no list of the administration is cut off: nothing has to be scrolled sideways to be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.pages.making import Plain, Real, hire, save, signed_in

pytestmark = pytest.mark.browser
CUT = """() => [document.documentElement, ...document.querySelectorAll("main, main .a-scroll")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.className}: ${one.scrollWidth}`)"""
HOURS = "09:00-12:00, 13:00-15:00"


@pytest.mark.parametrize("language", ["en", "de", "sk"])
def test_lists_and_the_preview_of_office_hours_fit(real: Real, plain: Plain, language: str) -> None:
    desk, link = real
    page = signed_in(plain(locale=language, viewport={"width": 320, "height": 800}), desk, link)
    calendar = office_of(page, desk.origin, f"Kancelária Banská Bystrica {language}")
    assert page.evaluate(CUT) == [], "as it is saved"
    page.fill("#mon", HOURS)
    page.fill("#fri", "09:00-11:30, 12:15-14:00, 14:30-18:00")
    page.fill("#holidays", "2031-05-01 Den Ústavy a mezinárodního přátelství národů")
    page.click(".a-save .btn.main")
    page.wait_for_load_state()
    assert page.locator("tbody tr").count() > 8 and page.evaluate(CUT) == []
    page.click("[value=save]")
    for path in (calendar, "/admin/calendars", f"{calendar}/versions", f"{calendar}/versions?a=1&b=2"):
        page.goto(f"{desk.origin}{path}")
        assert page.evaluate(CUT) == [], path


def test_lists_of_people_and_customers_fit(real: Real, plain: Plain) -> None:
    desk, link = real
    page = signed_in(plain(viewport={"width": 320, "height": 800}), desk, link)
    hire(page, desk, "Wilhelmina Vanderbilt-Rosenkrantz")
    for team in ("dedicated", "technical", "pool"):
        page.check(f"[name=teams][value={team}]")
    save(page)
    page.goto(f"{desk.origin}/admin/customers/new")
    page.fill("#name", "Donaudampfschifffahrtsgesellschaft")
    save(page)
    page.fill("#named", "Wilhelmina Vanderbilt-Rosenkrantz")
    save(page)
    for path in ("customers", "agents", "sessions"):
        page.goto(f"{desk.origin}/admin/{path}")
        assert page.evaluate(CUT) == [], path


def office_of(page: Page, origin: str, name: str) -> str:
    """New office hours of a long name; their path."""
    page.goto(f"{origin}/admin/calendars/new")
    page.fill("#name", name)
    page.fill("#zone", "America/Argentina/Buenos_Aires")
    save(page)
    return page.url.removeprefix(origin).partition("?")[0]
