"""What axe finds on a page, by every rule of WCAG 2.2 AA and its own best practice."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Frame, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A page is painted before it is judged: colours that change take a moment.
FAULTS = """async ([rules, iframes]) => (
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  await axe.run(document, {runOnly: rules, iframes})).violations
  .map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).join(", ")}`)"""


def faults_of(page: Page | Frame, *, iframes: bool = True) -> list[str]:
    """Each rule that is broken, with where. `iframes`: also in what the page frames."""
    page.wait_for_load_state()  # a page that is still on its way has no faults yet
    page.evaluate(AXE)
    found: list[str] = page.evaluate(FAULTS, [RULES, iframes])
    return found
