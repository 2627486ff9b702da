"""Every state of the console: no accessibility fault, no blocked script or style, nothing runs off the page, from the
left and from the right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.console.states import STATES, Open
from tests.support.axe import faults_of, in_both

pytestmark = pytest.mark.browser


def faults(page: Page) -> list[str]:
    found = faults_of(page)
    blocked: list[str] = page.evaluate("blocked")
    return found + blocked


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", ["laptop", "small"])
def test_a_state_has_no_accessibility_fault(state: str, size: str, opened: Open) -> None:
    page = opened(size, stale=state == "held")
    STATES[state](page)
    for scheme in in_both(page):
        assert faults(page) == [], scheme
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"runs off the page, {scheme}"


# What leaves the screen to a side, but for what has a scroller of its own or is for ears only.
OFF_SCREEN = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".hide, .log, .tickets, .cut, svg"))
  .map((one) => [one.className, one.getBoundingClientRect()])
  .filter(([, {left, right, width}]) => width > 1 && (left < -1 || right > innerWidth + 1)).map(([name]) => name)"""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", ["desktop", "small"])
def test_a_state_reads_from_the_right_as_well(state: str, size: str, opened: Open) -> None:
    page = opened(size, stale=state == "held")
    page.evaluate("document.documentElement.dir = 'rtl'")
    STATES[state](page)
    assert page.evaluate(OFF_SCREEN) == []
    if size == "desktop":
        rail, talk = (page.locator(f".{name}").first.bounding_box() for name in ("rail", "conv"))
        assert rail is not None and talk is not None and rail["x"] > talk["x"]
