"""Rows 30, 31, 38: a browser dies while it sends, sleeps through a ring, has fifty tabs. Real Chromium."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from faults.frame import SQLITE, Budget, Outcome, row, tell
from faults.ground import Ground, House
from tests.browser.office import BUTTON
from tests.support import services
from tests.support.browser import FLAGS
from tests.support.checker import check
from tests.support.visitor import Visitor

PATIENCE_MS = 60_000
TABS, CAP = 50, 8
expect.set_options(timeout=PATIENCE_MS)

COUNT_CHIMES = """
(() => {
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    const heard = JSON.parse(localStorage.getItem("chimes") || "[]");
    const me = (globalThis.tabName ??= String(Math.random()));
    localStorage.setItem("chimes", JSON.stringify([...heard, me]));
    return start.apply(this, when);
  };
})();
"""
"""Which tabs sounded, for all of one browser."""


class Chromium:
    """One with a profile that outlives it."""

    def __init__(self, playwright: Any, profile: Path) -> None:
        self._playwright, self._profile = playwright, profile
        self.context: BrowserContext = self._launch()

    def _launch(self) -> BrowserContext:
        path = services.chromium()
        context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            str(self._profile), executable_path=path, args=FLAGS, env=dict(services.environment(path)), locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    def send(self, number: int) -> int:
        """A signal to every process of this browser; how many there are."""
        sent = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                ours = f"--user-data-dir={self._profile}".encode() in words or _parent_is_ours(entry, self._profile)
                if ours and b"chrom" in words.split(b"\0")[0]:
                    os.kill(int(entry.name), number)
                    sent += 1
        return sent

    def die(self) -> None:
        """SIGKILL, and a new one on the same profile."""
        self.send(signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.context.close()
        for lock in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self._profile / lock).unlink(missing_ok=True)
        self.context = self._launch()


def _parent_is_ours(entry: Path, profile: Path) -> bool:
    """Zygotes and their children do not name the profile; their first ancestor does."""
    pid = entry.name
    for _ in range(4):
        pid = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1]
        if pid in ("0", "1"):
            return False
        if f"--user-data-dir={profile}".encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            return True
    return False


@contextlib.contextmanager
def _browser(ground: Ground) -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        chromium = Chromium(playwright, ground.folder / "profile")
        try:
            yield chromium
        finally:
            with contextlib.suppress(Exception):
                chromium.context.close()


def _until(true: Callable[[], bool], page: Page, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise AssertionError("it did not come about")
        page.wait_for_timeout(100)


def _query(house: House, statement: str, *values: str) -> list[Any]:
    """Of the record, on either database."""
    if house.postgres is None:
        with contextlib.closing(sqlite3.connect(house.url.removeprefix("sqlite:///"))) as db:
            return db.execute(statement, values).fetchall()
    with psycopg.connect(house.url) as connection:
        return connection.execute(statement.replace("?", "%s"), values).fetchall()


@row("30", "the browser is killed while it sends", promise="sent at reopening, once", least_s=40)
def killed_tab(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The desk stands still, so that nothing is answered. On the chat's own page: within the customer's page a browser
    may refuse the disk to what comes from another site, and the outbox is memory then.
    """
    outcome = Outcome()
    with ground.house() as house, _browser(ground) as chromium:
        while not outcome.done or not (budget.over or outcome.done >= 5):
            said = [f"{outcome.done} {word}" for word in ("one", "two", "three")]
            page = _chat(chromium.context, house)
            field = page.locator(".compose textarea")
            field.fill(f"{outcome.done} before")
            field.press("Enter")
            expect(page.get_by_role("log")).to_contain_text(f"{outcome.done} before")
            expect(page.locator(".wait")).to_have_count(0)
            page.wait_for_timeout(6000)
            os.kill(house.desk.pid, signal.SIGSTOP)
            for text in said:
                field.fill(text)
                field.press("Enter")
            expect(page.locator(".wait")).to_have_count(3)
            page.wait_for_timeout(500)
            tell("SIGKILL of the browser with three messages under way")
            chromium.die()
            os.kill(house.desk.pid, signal.SIGCONT)
            since = time.monotonic()
            page = _chat(chromium.context, house)
            expect(page.get_by_role("log")).to_contain_text(said[-1])
            expect(page.locator(".wait")).to_have_count(0)
            outcome.recovered_s.append(time.monotonic() - since)
            found = [body for (body,) in _query(house, "SELECT body FROM message ORDER BY at") if body in said]
            outcome.lost += len(set(said) - set(found))
            outcome.doubled += len(found) - len(set(found))
            outcome.must(found == said, f"said {said}, the record has {found}")
            outcome.done += 1
        outcome.judge(check(house.url, [], settled=False))
    return outcome


def _chat(context: BrowserContext, house: House) -> Page:
    """A visitor at the chat page itself."""
    page = context.new_page()
    page.goto(f"{house.desk.origin}/b/{BUTTON}")
    begin, field = page.get_by_role("button", name="Chat now"), page.locator(".compose textarea")
    _until(lambda: begin.is_visible() or field.is_visible(), page)
    if begin.is_visible():
        begin.click()
    expect(field).to_be_visible()
    return page


@row(
    "31", "a laptop sleeps through a ring", promise="no stale ring is accepted; back within", promise_s=5.0, least_s=60
)
def sleeps(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Every process of the browser stands still until the ring has passed; then the agent presses Enter at once."""
    outcome = Outcome()
    with ground.house() as house, _browser(ground) as chromium, contextlib.ExitStack() as here:
        page = _console(chromium.context, house, "anna")
        visitor = here.enter_context(Visitor.contact(house.desk.origin, BUTTON))
        ticket = visitor.ask("press", text="Is anybody there?")["ticket"]
        expect(page.get_by_role("alertdialog")).to_be_visible()
        ((ring,),) = _query(house, "SELECT id FROM ring WHERE ticket_id = ? AND agent_id = 'anna'", ticket)
        tell(f"SIGSTOP of {chromium.send(signal.SIGSTOP)} processes of the browser")
        began = time.monotonic()
        while time.monotonic() - began < 60 and _query(
            house, "SELECT 1 FROM ring WHERE id = ? AND ended_at IS NULL", ring
        ):
            time.sleep(0.5)
        time.sleep(15)
        chromium.send(signal.SIGCONT)
        since = time.monotonic()
        page.keyboard.press("Enter")  # it may ring anew by then: that is another ring
        expect(page.locator(".rail .live:not(.lost)")).to_be_attached()
        outcome.recovered_s.append(time.monotonic() - since)
        outcome.note = f"slept {since - began:.0f} s"
        ((ended,),) = _query(house, "SELECT outcome FROM ring WHERE id = ?", ring)
        outcome.must(ended not in (None, "accepted"), f"the ring that had passed is {ended}")
        outcome.done = 1
        outcome.judge(check(house.url, [], settled=False))
        visitor.leaves(ticket)
    return outcome


def _console(context: BrowserContext, house: House, name: str) -> Page:
    page = context.new_page()
    page.goto(f"{house.desk.origin}/login")
    page.get_by_label("Mail address").fill(f"{name}@larkfield.example")
    page.get_by_label("Password").fill(f"demo-{name}")
    page.keyboard.press("Enter")
    expect(page.locator(".rail .live:not(.lost)")).to_be_attached()
    return page


@row("38", f"{TABS} tabs of one agent", on=(SQLITE,), promise=f"at most {CAP} lines, one sounds", least_s=90)
def many_tabs(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The ninth line closes the one that was idle longest; a ring sounds in one tab."""
    outcome = Outcome()
    with ground.house() as house, _browser(ground) as chromium, contextlib.ExitStack() as here:
        chromium.context.add_init_script(COUNT_CHIMES)
        first = _console(chromium.context, house, "anna")
        for _ in range(TABS - 1):
            page = chromium.context.new_page()
            page.goto(f"{house.desk.origin}/", wait_until="commit")
            page.wait_for_timeout(100)
        outcome.done = TABS
        tell(f"{TABS} tabs are open")
        page.bring_to_front()
        expect(page.locator(".rail")).to_be_attached()
        page.mouse.click(5, 5)
        _until(lambda: 0 < _lines(house) <= CAP, page)
        visitor = here.enter_context(Visitor.contact(house.desk.origin, BUTTON))
        ticket = visitor.ask("press", text="Hello to all tabs")["ticket"]
        expect(page.get_by_role("alertdialog")).to_be_visible()
        page.wait_for_timeout(6000)
        chimes = page.evaluate("() => JSON.parse(localStorage.getItem('chimes') || '[]')")
        held = _lines(house)
        outcome.note = f"{held} lines, {len(set(chimes))} tabs sounded"
        outcome.must(held <= CAP, f"{held} lines of one agent")
        outcome.must(len(set(chimes)) == 1, f"{len(set(chimes))} tabs sounded")
        page.keyboard.press("Enter")
        _until(
            lambda: bool(_query(house, "SELECT 1 FROM ring WHERE ticket_id = ? AND outcome = 'accepted'", ticket)), page
        )
        accepted = _query(house, "SELECT 1 FROM ring WHERE ticket_id = ? AND outcome = 'accepted'", ticket)
        outcome.must(len(accepted) == 1, f"accepted {len(accepted)} times")
        outcome.judge(check(house.url, [], settled=False))
        visitor.leaves(ticket)
        first.close()
    return outcome


def _lines(house: House) -> int:
    """Of agents."""
    with urllib.request.urlopen(f"{house.desk.origin}/metrics", timeout=10) as answer:
        found = re.findall(rb'^vipdesk_lines\{audience="agent"\} (\S+)', answer.read(), re.M)
    return int(float(found[0])) if found else 0
