"""Office hours by their pages, without a script: looked at, saved, gone back to, compared; holidays confirmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.making import Real, signed_in

pytestmark = pytest.mark.browser
OFFICE = "/admin/calendars/office"


@pytest.fixture
def page(real: Real, chromium: Browser) -> Iterator[Page]:
    """The admin's, without a script."""
    desk, link = real
    context = chromium.new_context(java_script_enabled=False, base_url=desk.origin)
    yield signed_in(context, desk, link)
    context.close()


def test_a_change_is_looked_at_gone_back_to_and_then_saved_as_a_new_version(page: Page) -> None:
    page.goto(OFFICE)
    page.fill("#fri", "09:00-12:00, 13:00-15:00")
    page.fill("#special", "2035-05-02 10:00-11:00")
    page.click(".a-save .btn.main")
    assert page.inner_text("h1") == "What this edit changes"
    changed = page.locator("table.list tbody")
    counted = changed.inner_text().count("09:00-12:00, 13:00-15:00")
    assert counted in (7, 8)  # on a Friday evening today's hours are over
    assert "2035-05-02" in changed.inner_text()
    page.click("text=Back to the fields")
    assert page.input_value("#fri") == "09:00-12:00, 13:00-15:00"
    assert "Version 1" in page.inner_text(".a-head")
    page.click(".a-save .btn.main")
    page.click("text=Save version 2")
    page.wait_for_selector(".banner.good")
    assert "Version 2" in page.inner_text(".a-head") and page.url.endswith(f"{OFFICE}?saved=1")
    page.click(".a-head .btn")
    page.select_option("#a", "1")
    page.select_option("#b", "2")
    page.click("text=Compare >> nth=-1")
    told = page.inner_text("section[aria-labelledby=differences]")
    assert "Friday" in told and "09:00-17:00" in told and "2035-05-02 10:00-11:00" in told and "Monday" not in told


def test_a_version_for_later_is_told_with_its_day(page: Page) -> None:
    page.goto(OFFICE)
    page.fill("#since", "2035-06-01")
    page.fill("#wed", "closed")
    page.click(".a-save .btn.main")
    expect(page.locator("main")).to_contain_text("From Fri 2035-06-01 00:00, Europe/Bratislava.")
    page.click("text=/Save version/")
    assert "holds from Fri 2035-06-01 00:00" in page.inner_text(".banner.care")
    assert page.inner_text(".banner.good") == "Saved."
    page.goto("/admin/calendars")
    assert "to come" in page.inner_text("table")


def test_what_is_wrong_is_said_beside_its_field_and_kept(page: Page) -> None:
    page.goto(OFFICE)
    wrong = {"zone": "Bratislawa", "mon": "9 till 5", "holidays": "Christmas", "special": "2026-12-24 25-26",
             "since": "2020-01-01", "name": "x" * 130}  # fmt: skip
    for field, value in wrong.items():
        page.fill(f"#{field}", value)
    page.click(".a-save .btn.main")
    for field, value in wrong.items():
        assert page.input_value(f"#{field}").strip() == value
        assert page.inner_text(f"#{field}-e"), field
        assert page.get_attribute(f"#{field}", "aria-invalid") == "true"


def test_holidays_are_proposed_confirmed_one_by_one_and_looked_at_before_they_are_kept(page: Page) -> None:
    page.goto(OFFICE)
    page.click("text=Propose public holidays")
    page.fill("#country", "sk")
    page.fill("#year", "2033")
    page.click("text=Propose >> nth=-1")
    page.check("[name=day][value^='2033-04-15']")
    page.check("[name=day][value^='2033-01-06']")
    page.click(".a-save .btn.main")
    assert "Good Friday" in page.inner_text("table.list")
    page.click("text=/Save version/")
    assert "2033-04-15 Good Friday" in page.input_value("#holidays")
    page.goto(f"{OFFICE}/holidays?country=SK&year=2033")
    assert page.locator("text=confirmed").count() == 2
    page.goto(f"{OFFICE}/holidays?country=Slovakia&year=20")
    assert "two letters" in page.inner_text("#country-e") and "2000" in page.inner_text("#year-e")
    assert page.input_value("#country") == "Slovakia"


def test_what_another_admin_saved_meanwhile_is_not_written_over(page: Page) -> None:
    page.goto(OFFICE)
    page.fill("#tue", "08:00-16:00")
    page.click(".a-save .btn.main")
    other = page.context.new_page()
    other.goto(OFFICE)
    other.fill("#thu", "08:00-16:00")
    other.click(".a-save .btn.main")
    other.click("text=/Save version/")
    page.click("text=/Save version/")
    assert "was saved meanwhile" in page.inner_text("[role=alert]")
    assert page.input_value("#tue") == "08:00-16:00"
