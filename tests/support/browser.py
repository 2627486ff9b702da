"""A real, headless Chromium: for tests, benchmarks and screenshots alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support import services

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def browser() -> Iterator[Browser]:
    """The whole one, started and ended. Raises NotToBeHad."""
    with started(services.chromium()) as whole:
        yield whole


@contextmanager
def started(path: str) -> Iterator[Browser]:
    """The browser of that path, ended afterwards."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=path, args=FLAGS, env=dict(services.environment(path)))
        try:
            yield one
        finally:
            one.close()
