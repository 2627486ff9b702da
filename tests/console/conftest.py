"""The console on a page under its strict policy, drawn by its stage, on one screen of each size for a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.console.states import Open, enter, screen
from tests.console.tree import ORIGIN, lay


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay(tmp_path_factory.mktemp("screens") / "static")


@pytest.fixture(scope="module")
def screens(_browser: Browser | None) -> Iterator[dict[str, Page]]:
    """One of each size, while the module is tested."""
    pages: dict[str, Page] = {}
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture
def opened(chromium: Browser, tree: Path, screens: dict[str, Page]) -> Iterator[Open]:
    """`opened(size=…, **options of the stage)`: a page with the console on it. A page error fails the test.

    Others used the screen before; nothing is left of what they saw, typed and pointed at.
    """
    wrong: list[str] = []
    used: list[Page] = []

    def hear(error: Error) -> None:
        wrong.append(str(error))

    def open_page(size: str = "desktop", **options: Any) -> Page:
        if size not in screens:
            screens[size] = screen(chromium, tree, size)
        page = screens[size]
        page.on("pageerror", hear)
        used.append(page)
        page.mouse.move(0, 0)
        page.goto(ORIGIN)
        page.evaluate("localStorage.clear()")
        enter(page, **options)
        return page

    yield open_page
    for page in used:
        page.goto("about:blank")  # what it does last is still heard
        page.remove_listener("pageerror", hear)
    assert wrong == []
