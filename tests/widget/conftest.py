"""A real Chromium, with the storage that a visitor has in another site's frame."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.support import services
from tests.support.browser import FLAGS
from tests.support.running import RunningDesk
from tests.widget.peer import Peer
from tests.widget.peer import peer as open_peer
from tests.widget.portal import Portal

# Playwright switches storage partitioning off, and without it a frame of another site gets no storage at all.
PREFERENCES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with open_peer() as one:
        yield one


@pytest.fixture
async def browser(chromium_path: str, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser of its own with a profile of its own."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(PREFERENCES))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path),
            executable_path=chromium_path,
            args=FLAGS,
            env=dict(services.environment(chromium_path)),
            timezone_id="Europe/London",
            locale="en-GB",
            viewport={"width": 900, "height": 800},
        )
        yield context
        await context.close()


@pytest.fixture
async def page(browser: BrowserContext) -> Page:
    return browser.pages[0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A demo on a Wednesday in office hours, London at 09:00."""
    with RunningDesk(tmp_path_factory.mktemp("desk") / "data", {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z"}) as running:
        yield running


@pytest.fixture
def portal(page: Page, desk: RunningDesk) -> Portal:
    return Portal(page, desk)
