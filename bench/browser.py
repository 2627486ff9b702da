"""How long a visitor waits in a real Chromium: from the press to a chat one can write in."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class OpenTimes:
    """Milliseconds of each try."""

    chat: list[float]
    blank: list[float]


def chromium() -> str:
    """The browser's path. Raises FileNotFoundError with what to do when there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None or not Path(found).exists():
        raise FileNotFoundError("no Chromium: run `make test` once, it fetches one, or set CHROMIUM")
    return found


def open_times_ms(port: int, button: str, tries: int) -> OpenTimes:
    """`tries` fresh visitors each: the chat page until its composer can be written in, and the empty `/live` page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            chat = [_chat_ms(browser, port, button) for _ in range(tries)]
            blank = [_blank_ms(browser, port) for _ in range(tries)]
        finally:
            browser.close()
    return OpenTimes(chat, blank)


def _chat_ms(browser: Browser, port: int, button: str) -> float:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/b/{button}")
        page.wait_for_selector("textarea")
        return float(
            page.evaluate(
                "() => { const paint = performance.getEntriesByName('vipdesk-open')[0];"
                " return paint ? paint.startTime : performance.now(); }"
            )
        )
    finally:
        context.close()


def _blank_ms(browser: Browser, port: int) -> float:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/live")
        return float(page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd"))
    finally:
        context.close()
