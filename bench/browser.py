"""How long a visitor waits in a real Chromium: from the press to the open chat."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.support.browser import browser

DRAWN = """() => {
  const look = () => {
    const head = document.querySelector(".w-head h1");
    const field = document.querySelector(".compose textarea");
    const there = head?.textContent && head.getClientRects().length && field?.getClientRects().length;
    requestAnimationFrame(there ? () => (window.drawn = performance.timeOrigin + performance.now()) : look);
  };
  if (parent !== window) requestAnimationFrame(look);
}"""
"""In every frame before its own scripts: notes the first moment at which a picture with name and field was painted."""
PAINTED = """() => new Promise((done) => {
  const look = () => (window.drawn ? done(drawn) : setTimeout(look, 5));
  look();
})"""


@dataclass(frozen=True)
class OpenTimes:
    """Milliseconds of each try: a mouse that came to the button before, a finger that came at once, one that rested
    on it (from its click), a bare frame."""

    mouse: list[float]
    finger: list[float]
    held: list[float]
    blank: list[float]


SEEN_MS = 300
"""How long a button is there before anybody can have seen it and moved: less than people need to react."""
RESTED_MS = 150
"""How long a mouse is over a button before it presses, at the least."""
HELD_MS = 70
"""How long a finger rests between going down and the click that it makes."""
LET_GO = """addEventListener("click", () => {
  window.let_go = performance.timeOrigin + performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => (window.shown = performance.timeOrigin + performance.now())));
}, true)"""
"""Also notes when a picture was painted after the click: before it the chat is drawn, but not to be seen."""
SHOWN = """() => new Promise((done) => {
  const look = () => (window.shown ? done(shown) : setTimeout(look, 5));
  look();
})"""


def open_times_ms(site: str, tries: int) -> OpenTimes:
    """`tries` fresh visitors each on the customer's page `site`.

    From the finger or mouse going down on the button until the chat with its name and its field is painted; and
    likewise until an empty frame of another site has loaded, most of which is Chromium's start of a process.
    """
    with browser() as chromium:
        found = [
            (
                _chat_ms(chromium, site, rested_ms=RESTED_MS),
                _chat_ms(chromium, site),
                _chat_ms(chromium, site, held_ms=HELD_MS),
                _blank_ms(chromium, site),
            )
            for _ in range(tries)
        ]
    return OpenTimes(*(list(each) for each in zip(*found, strict=True)))


def _chat_ms(chromium: Browser, site: str, rested_ms: int = 0, held_ms: int = 0) -> float:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.add_init_script(f"({DRAWN})()")
        page.goto(site)
        button = page.locator("vipdesk-button button")
        button.wait_for()
        page.wait_for_timeout(SEEN_MS)
        if rested_ms:
            button.hover()
            page.wait_for_timeout(rested_ms)
        page.evaluate(LET_GO)
        button.click(delay=held_ms)
        page.frame_locator("vipdesk-button iframe").locator(".compose textarea").wait_for()
        [inner] = [each for each in page.frames if "/b/" in each.url]
        seen = max(inner.evaluate(PAINTED), page.evaluate(SHOWN))
        return float(seen - page.evaluate("let_go" if held_ms else "clicked"))
    finally:
        context.close()


def _blank_ms(chromium: Browser, site: str) -> float:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(site)
        page.wait_for_timeout(SEEN_MS)
        page.click("#blank")
        page.wait_for_function("window.loaded")
        return float(page.evaluate("loaded - clicked"))
    finally:
        context.close()
