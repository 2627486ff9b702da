"""The bar of the administration: on a phone a menu that says where one is; nowhere scrolled sideways."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.making import Plain, Real, signed_in

pytestmark = pytest.mark.browser
PLACES = ["Customers", "Agents", "Plans", "Office hours", "Mailboxes", "Sessions", "Settings", "Health", "Audit log"]
CUT = """() => [document.documentElement, ...document.querySelectorAll(".a-top, .a-top *:not(.hide, .cut)")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1)
  .filter((one) => getComputedStyle(one).display != "inline")
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("width", [320, 390, 719])
def test_on_a_phone_every_page_is_reached_by_a_menu_that_names_the_present_one(
    real: Real, plain: Plain, width: int
) -> None:
    desk, link = real
    page = signed_in(plain(viewport={"width": width, "height": 800}), desk, link)
    assert page.inner_text(".a-menu summary").endswith("Customers")
    assert not page.locator(".a-top nav a, .a-top form").and_(page.locator(":visible")).count()
    page.focus(".a-menu summary")
    page.keyboard.press("Enter")
    links = page.locator(".a-menu nav a")
    assert links.all_inner_texts() == PLACES
    for box in (link.bounding_box() for link in links.all()):
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 44
    assert page.evaluate(CUT) == []
    for name in PLACES[::-1]:
        if not links.first.is_visible():
            page.click(".a-menu summary")
        page.click(f".a-menu nav a:text-is('{name}')")
        expect(page.locator("h1")).to_have_text(name)
        assert page.inner_text(".a-menu summary").endswith(name)
    page.click(".a-menu summary")
    page.click(".a-menu a[href='/account']")
    expect(page.locator(".a-menu summary")).to_have_text(re.compile("Jonas$"))
    page.click(".a-menu summary")
    page.click(".a-menu form button")
    page.wait_for_url("**/login")


@pytest.mark.parametrize("language", ["en", "de", "sk"])
def test_no_width_cuts_the_bar_in_any_language(real: Real, plain: Plain, language: str) -> None:
    desk, link = real
    page = signed_in(plain(locale=language), desk, link)
    for width in (320, 719, 720, 900, 1000, 1241, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate(CUT) == [], width
        assert page.locator(".a-menu").is_visible() == (width < 720)
        assert page.locator(".a-bar a").last.is_visible() == (width >= 720)
