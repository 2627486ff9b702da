"""Waiting for something on a page whose strict policy forbids evaluated strings, which Playwright's own wait needs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

LOOP = """async () => {
  const ends = performance.now() + 15000;
  for (;;) {
    const found = (%s);
    if (found) return found;
    if (performance.now() > ends) throw new Error("it did not come about: " + %s);
    await new Promise((done) => setTimeout(done, 20));
  }
}"""


def until(page: Page, expression: str) -> Any:
    """Gives the expression's value once it is truthy. Raises playwright's Error after 15 s."""
    return page.evaluate(LOOP % (expression, repr(expression)))


def let_pass(page: Page, milliseconds: int) -> None:
    """That long by the page's own clock: for what must not happen meanwhile, which nothing else can tell of."""
    page.evaluate("(span) => new Promise((done) => setTimeout(done, span))", milliseconds)
