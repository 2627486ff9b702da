"""A real desk and browsers that run no script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.pages.making import Plain, Real, made
from tests.support.running import RunningDesk


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A real desk with nothing in it but its admin, who has not signed in yet."""
    desk = RunningDesk(tmp_path_factory.mktemp("real") / "data")
    link = made(desk)
    with desk:
        yield desk, link


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Plain]:
    """Contexts that run no script."""
    contexts: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        contexts.append(chromium.new_context(java_script_enabled=False, **options))
        return contexts[-1]

    yield open_context
    for each in contexts:
        each.close()
