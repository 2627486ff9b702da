"""How long a visitor waits in a real Chromium: from the press to a chat one can write in."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.support.browser import browser


@dataclass(frozen=True)
class OpenTimes:
    """Milliseconds of each try."""

    chat: list[float]
    blank: list[float]


def open_times_ms(port: int, button: str, tries: int) -> OpenTimes:
    """`tries` fresh visitors each: the chat page until its composer can be written in, and the empty `/live` page."""
    with browser() as chromium:
        chat = [_chat_ms(chromium, port, button) for _ in range(tries)]
        blank = [_blank_ms(chromium, port) for _ in range(tries)]
    return OpenTimes(chat, blank)


def _chat_ms(chromium: Browser, port: int, button: str) -> float:
    context = chromium.new_context()
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


def _blank_ms(chromium: Browser, port: int) -> float:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/live")
        return float(page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd"))
    finally:
        context.close()
