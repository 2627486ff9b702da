"""A contact is erased by a form, without a script: shown first, never by accident, and then nowhere any more."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from server.demo.cast import CUSTOMERS
from tests.pages.making import Plain
from tests.support.asking import contact, patiently, vouched
from tests.support.axe import faults_of, in_both
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
KEY = CUSTOMERS[0].key
ERASE = "/admin/contacts/priya/erase"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path / "data") as running:
        yield running


@pytest.fixture
def page(desk: RunningDesk, plain: Plain) -> Page:
    """Adam's."""
    page = plain(base_url=desk.origin).new_page()
    page.goto("/login")
    page.fill("#email", "adam@larkfield.example")
    page.fill("#password", "demo-adam")
    page.click("form .btn.main")
    return page


def test_what_goes_and_what_stays_is_shown_and_only_the_name_erases(page: Page) -> None:
    page.goto("/admin/contacts/priya")
    page.click("text=See what would be erased of Priya Raman")
    shown = page.inner_text("main")
    assert "priya.raman@brightwater.example" in shown and "messages" in shown and "Its rows name ids alone" in shown
    for wrong in ("", "yes", "Owen Hughes"):
        page.fill("#confirm", wrong)
        page.click(".a-save .btn.main")
        assert page.inner_text("#confirm-e") == "Write “Priya Raman”, as it stands above. Nothing was erased."
        assert page.input_value("#confirm") == wrong
    page.goto("/admin/contacts/priya")
    assert page.input_value("#name") == "Priya Raman"
    page.goto(ERASE)
    page.fill("#confirm", "priya raman")
    page.click(".a-save .btn.main")
    assert page.inner_text(".banner.good").startswith("Erased: who they were")
    assert "Priya" not in page.inner_text("#contacts")
    for gone in ("/admin/contacts/priya", ERASE):
        answer = page.goto(gone)
        assert answer is not None and answer.status == 404
    page.goto("/admin/audit?action=contact_erased")
    assert page.locator("tbody tr").count() == 1 and "Adam Novak" in page.inner_text("tbody")
    assert "Priya" not in page.inner_text("tbody")
    page.goto("/admin/audit")
    page.click("text=Verify")
    assert "The chain holds" in page.inner_text(".banner.good")


def test_nobody_is_erased_while_they_chat_and_the_page_says_so_first(desk: RunningDesk, page: Page) -> None:
    with contact(desk, KEY, jwt=vouched(desk, "priya")) as priya:
        patiently(priya, "/x/contact", {"type": "press", "rid": str(uuid.uuid4()), "text": "Hello"})
        page.goto(ERASE)
        assert "They are in a chat." in page.inner_text(".banner.care")
        page.fill("#confirm", "Priya Raman")
        page.click(".a-save .btn.main")
        assert "They are in a chat." in page.inner_text("[role=alert]")
        assert page.input_value("#confirm") == "Priya Raman"


def test_the_page_is_accessible_and_fits(page: Page, chromium: Browser) -> None:
    state = page.context.storage_state()
    origin = page.url.partition("/admin")[0]
    with chromium.new_context(storage_state=state, base_url=origin) as context:
        seen = context.new_page()
        for path, width in itertools.product((ERASE, "/admin/contacts/priya"), (320, 1280)):
            seen.set_viewport_size({"width": width, "height": 800})
            seen.goto(path)
            for scheme in in_both(seen):
                assert faults_of(seen) == [], f"{width} {scheme}"
                assert seen.evaluate("document.documentElement.scrollWidth") == width
