"""What axe finds on a page, by every rule of WCAG 2.2 AA and its own best practice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import axe_playwright_python
from playwright.sync_api import Frame, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A page is painted before it is judged: colours that change take a moment. What moves for ever is not waited for.
FAULTS = """async ([rules, iframes]) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const ending = document.getAnimations().filter(({effect}) => effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map(({finished}) => finished));
  const {violations} = await axe.run(document, {runOnly: rules, iframes, resultTypes: ["violations"]});
  return violations.map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).join(", ")}`);
}"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def faults_of(page: Page | Frame, *, iframes: bool = True) -> list[str]:
    """Each rule that is broken, with where. `iframes`: also in what the page frames."""
    page.wait_for_load_state()  # a page that is still on its way has no faults yet
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(FAULTS, [RULES, iframes])
    return found


def in_both(page: Page) -> Iterator[str]:
    """The page as who likes it light sees it, then as who likes it dark; their names. It is light again afterwards."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        yield scheme
    page.emulate_media(color_scheme=SCHEMES[0])
