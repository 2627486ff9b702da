"""One Chromium for all tests of the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import services

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def _browser() -> Iterator[Browser | None]:
    try:
        path = services.chromium()
    except services.NotToBeHad:
        yield None
    else:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def chromium(chromium_path: str, _browser: Browser | None) -> Browser:
    """A headless Chromium, the same for the whole run; every test makes contexts of its own."""
    assert _browser is not None, chromium_path
    return _browser
