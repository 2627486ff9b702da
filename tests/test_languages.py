"""A right-to-left language, made for the test: the button, the chat, the console and pages show it, and no English."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from babel.messages import Catalog
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests.support.catalogues import ROOT, disguised, translate
from tests.support.running import RunningDesk

pytestmark = pytest.mark.browser
FOLDERS = ("vipdesk", "routing", "store", "live", "desk", "mailbox", "server", "widget")
DATA = {"24/7 pool"}
"""The seeded people's own words, which happen to be words of ours too."""
LETTERS = re.compile(r"[A-Za-z]{2,}")
VISIBLE = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const {parentElement: element, data} = walk.currentNode;
    if (element.closest("script, style, symbol, noscript") || !element.checkVisibility()) continue;
    found.push(data.trim());
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
    for (const name of ["aria-label", "title", "placeholder", "alt"]) found.push(element.getAttribute(name) ?? "");
  return found.filter(Boolean);
}"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Catalog]]:
    """A demo that speaks Arabic, or what we take for it, from a copy of the product."""
    root = tmp_path_factory.mktemp("speaking")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)  # the sources know their version by it
    catalog = translate(root, "ar")
    env = {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z"}
    with RunningDesk(tmp_path_factory.mktemp("desk") / "data", env, root=root) as desk:
        yield desk, catalog


@pytest.fixture
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody whose browser wishes Arabic."""
    context = chromium.new_context(locale="ar-EG")
    yield context
    context.close()


def english_left(texts: list[str], catalog: Catalog) -> set[str]:
    """Of what is to be seen: what is a text of ours, and in English."""
    patterns = []
    for message in catalog:
        for id in (message.id,) if isinstance(message.id, str) else message.id:
            fixed = re.sub(r"\{\w+\}|%\(\w+\)s", "", id)
            if LETTERS.search(fixed) and (fixed == id or len(fixed) > 12):  # "{one} to {other}" is anybody's sentence
                patterns.append(re.sub(r"\\\{\w+\\\}|%\\\(\w+\\\)s", ".+", re.escape(id)))
    ours = re.compile("|".join(patterns))
    return {text for text in texts if ours.fullmatch(text) and text not in DATA}


def expect_translated(page: Page | Frame, catalog: Catalog, *shown: str) -> None:
    texts: list[str] = page.evaluate(VISIBLE)
    assert english_left(texts, catalog) == set()
    for text in shown:
        assert any(disguised(text) in each for each in texts), (text, texts)
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar-EG", "rtl"]


def test_pages_speak_the_readers_language(spoken: tuple[RunningDesk, Catalog], reader: BrowserContext) -> None:
    desk, catalog = spoken
    page = reader.new_page()
    page.goto(f"{desk.origin}/login")
    expect_translated(page, catalog, "Sign in to your desk", "Wednesday", "Office open until")
    page.fill("#email", "anna@vipdesk.example")
    page.fill("#password", "wrong")
    page.click("form .main")
    expect_translated(page, catalog, "Sign in to your desk")
    assert page.inner_text("[role=alert]") == disguised("Address and password do not match.")
    page.goto(f"{desk.origin}/nowhere")
    expect_translated(page, catalog, "Not found")
    page.goto(f"{desk.origin}/demo")
    expect_translated(page, catalog, "Try both sides of the desk")


@pytest.mark.parametrize("path", [
    "customers", "customers/brightwater", "agents", "agents/anna", "agents/anna/leave", "calendars/office",
    "calendars/office/versions", "buttons/button-brightwater/try", "sessions", "plans", "health", "audit", "settings",
])  # fmt: skip
def test_the_administration_speaks_the_readers_language(
    spoken: tuple[RunningDesk, Catalog], reader: BrowserContext, path: str
) -> None:
    desk, catalog = spoken
    page = reader.new_page()
    page.goto(f"{desk.origin}/demo")
    page.click("button[value=adam]")
    page.goto(f"{desk.origin}/admin/{path}")
    expect_translated(page, catalog)


def test_the_console_speaks_the_readers_language(spoken: tuple[RunningDesk, Catalog], reader: BrowserContext) -> None:
    desk, catalog = spoken
    page = reader.new_page()
    page.goto(f"{desk.origin}/demo")
    page.click("button[value=anna]")
    page.wait_for_selector(".tk")
    expect_translated(page, catalog, "Mine")
    page.click(".tk")
    page.wait_for_selector("[role=log]")
    expect_translated(page, catalog)
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    expect_translated(page, catalog)


def test_button_and_chat_speak_the_pages_language(spoken: tuple[RunningDesk, Catalog], reader: BrowserContext) -> None:
    desk, catalog = spoken
    page = reader.new_page()
    page.goto(f"{desk.portal}/")
    button = page.locator("vipdesk-button button")
    label = button.get_attribute("aria-label") or ""
    assert set(LETTERS.findall(label)) <= {"Anna", "CET", "UTC"}
    button.click()
    chat = page.frame_locator("vipdesk-button iframe")
    chat.get_by_text(disguised("How bad is it?"), exact=True).first.wait_for()
    frame = next(each for each in page.frames if "/b/" in each.url)
    expect_translated(frame, catalog)
    with page.expect_request(lambda request: "/state?lang=ar" in request.url):  # the news came in the button's language
        colleague = reader.browser.new_context()  # type: ignore[union-attr]
        other = colleague.new_page()
        other.goto(f"{desk.origin}/demo")
        other.click("button[value=petra]")
    colleague.close()


@pytest.mark.parametrize(
    ("locale", "mine", "month"), [("de-DE", "Meine", "März 2026"), ("sk-SK", "Moje", "marca 2026")]
)
def test_the_console_writes_days_as_its_reader_does(
    spoken: tuple[RunningDesk, Catalog], chromium: Browser, locale: str, mine: str, month: str
) -> None:
    desk, _catalog = spoken
    context = chromium.new_context(locale=locale)
    page = context.new_page()
    page.goto(f"{desk.origin}/demo")
    page.click("button[value=anna]")
    page.get_by_role("heading", name=mine).wait_for()
    page.locator(".tk").nth(1).click()
    page.locator("[role=log]").get_by_text(month).first.wait_for()
    context.close()
