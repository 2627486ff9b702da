"""How long a visitor waits in a real Chromium: from the press to the open chat."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.support.browser import browser

DRAWN = """() => new Promise((done) => {
  const look = () => {
    const [mark] = performance.getEntriesByName("vipdesk-open");
    if (mark) done(performance.timeOrigin + mark.startTime);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True)
class OpenTimes:
    """Milliseconds of each try."""

    chat: list[float]
    blank: list[float]


def open_times_ms(site: str, tries: int) -> OpenTimes:
    """`tries` fresh visitors each on the customer's page `site`.

    From the click on the button until the chat's frame has drawn its panel, and from a click until an empty frame of
    the same page has loaded.
    """
    with browser() as chromium:
        pairs = [(_chat_ms(chromium, site), _blank_ms(chromium, site)) for _ in range(tries)]
    return OpenTimes([chat for chat, _ in pairs], [blank for _, blank in pairs])


def _chat_ms(chromium: Browser, site: str) -> float:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(site)
        button = page.locator("vipdesk-button button")
        button.wait_for()
        button.click()
        frame = page.frame_locator("vipdesk-button iframe")
        frame.locator("textarea, .w-head h1").first.wait_for()
        [inner] = [each for each in page.frames if "/b/" in each.url]
        drawn = inner.evaluate(DRAWN)
        return float(drawn - page.evaluate("clicked"))
    finally:
        context.close()


def _blank_ms(chromium: Browser, site: str) -> float:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(site)
        page.click("#blank")
        page.wait_for_function("window.loaded")
        return float(page.evaluate("loaded - clicked"))
    finally:
        context.close()
