"""The console on a screen, and every state that it can be brought to there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.console.tree import serve

# Nothing is awaited by the evaluation itself: Chromium may collect the promise of an import that it waits for.
STAGE = """(options) => {
  window.blocked = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    blocked.push(`${event.violatedDirective} ${event.blockedURI}`));
  import("/tests/stage.js").then(({stage, ring, late, stale, ticket}) => {
    const answers = options.stale ? {say: ({anyway}) => (anyway ? null : stale)} : {};
    Object.assign(window, {parts: {ring, late, ticket}, desk: stage({...options, answers})});
  });
}"""
SIZES = {"desktop": (1440, 900), "laptop": (1280, 800), "phone": (390, 844), "small": (320, 700)}

Open = Callable[..., Page]


def screen(chromium: Browser, tree: Path, size: str) -> Page:
    """A page on a screen of its own."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        locale="en-GB",
        reduced_motion="reduce",
        has_touch=width < 720,
        is_mobile=width < 720,
    )
    serve(context, tree)
    return context.new_page()


def enter(page: Page, **options: Any) -> None:
    page.evaluate(STAGE, options)
    page.wait_for_selector(".tk, .empty")


def open_first(page: Page) -> None:
    page.click("a[href='#ticket/t0']")
    page.wait_for_selector(".conv .m")
    page.wait_for_selector(".side .playbook", state="attached")


def hold(page: Page) -> None:
    open_first(page)
    page.fill(".composer textarea", "Thank you, that confirms it.")
    page.press(".composer textarea", "Control+Enter")
    page.wait_for_selector(".held")


def dialog(key: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        open_first(page)
        page.locator(".log").focus()
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")

    return press


def rung(page: Page) -> None:
    page.evaluate("desk.desk.take(parts.ring())")
    page.wait_for_selector(".ringcard")


def passing(page: Page) -> None:
    rung(page)
    page.click(".rg-f .btn:nth-child(2)")
    page.wait_for_selector("dialog[open]")


def lost(page: Page) -> None:
    open_first(page)
    page.fill(".composer textarea", "kept")
    page.evaluate("desk.ears.state({state: 'lost'})")
    page.press(".composer textarea", "Control+Enter")
    page.wait_for_selector(".m.unsent")


def me(page: Page) -> None:
    page.click(".me" if page.viewport_size and page.viewport_size["width"] > 720 else ".tabbar a:last-child")
    page.wait_for_selector(".me-menu")


def side(page: Page) -> None:
    open_first(page)
    if page.viewport_size and page.viewport_size["width"] < 720:
        page.click(".c-head .only-small")
    page.wait_for_selector(".side .playbook")


def note(page: Page) -> None:
    open_first(page)
    page.click(".composer .tabs label:nth-child(2)")
    page.fill(".composer textarea", "for Anna")


def empty(page: Page) -> None:
    page.evaluate("desk.show('technical')")
    page.wait_for_selector(".list-pane .empty")


def broken(page: Page) -> None:
    page.evaluate("() => { desk.rest.tickets = async () => { throw new Error('no'); }; return desk.show('all'); }")
    page.wait_for_selector(".list-pane [role=alert]")


def gone(page: Page) -> None:
    page.evaluate("desk.open('nothing')")
    page.wait_for_selector("dialog[open]")


def nothing_found(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("zzzz")
    page.wait_for_selector(".list-pane .empty")


def refused(page: Page) -> None:
    open_first(page)
    page.evaluate("desk.screen.notice('rates.exe was not taken: it is a program.', 'bad')")
    page.wait_for_selector(".notice.bad")


def closed(page: Page) -> None:
    open_first(page)
    page.evaluate(
        """() => {
          const ticket = desk.desk.tickets.get("t0"), was = ticket.summary.peek().status, seq = ticket.lastPublic + 1;
          desk.desk.take({type: "event", ticket: "t0", stream: "t0", seq, at: "2026-03-03T09:59:00.000000Z",
            kind: "status", by: null, data: {status: "closed", was}}); }"""
    )  # an event: what is only patched would be taken back by a list that comes later
    page.wait_for_selector(".composer.shut")


def letters(page: Page) -> None:
    way = page.evaluate("document.documentElement.dir")
    page.reload()  # the stage is one, and another talk stands on it
    page.evaluate("(way) => { document.documentElement.dir = way; }", way)
    enter(page, letters=True)
    open_first(page)
    page.wait_for_selector(".takeback .notice")


DOUBT: dict[str, Any] = {"state": "ambiguous", "asked_at": "2026-03-03T09:20:00.000000Z", "alarm": "in_doubt"}


def told_of_last(page: Page, by: dict[str, str] | None = None, **fields: Any) -> None:
    """Agents are told of the last answer of the letters."""
    told = {
        "mail": "out5", "kind": "reply", "seqs": [5], "send_at": None, "accepted_at": None, "asked_at": None,
        "vouched": None,
        "recipients": [{"address": "priya@brightwater.example", "name": "Priya Raman", "role": "to",
                        "state": fields["state"], "reason": fields.get("reason", ""),
                        "at": "2026-03-03T09:10:00.000000Z"}],
    }  # fmt: skip
    page.evaluate(
        """([by, data]) => { const seq = desk.current().lastInternal + 1; desk.desk.take({type: "event", ticket: "t0",
          stream: "t0/i", seq, at: `2026-03-03T09:2${seq}:00.000000Z`, kind: "mail", by, data}); }""",
        [by, told | fields],
    )


def in_doubt(page: Page) -> None:
    letters(page)
    told_of_last(page, **DOUBT)
    page.wait_for_selector(".doubt")


def letter(button: str, shown: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        letters(page)
        page.locator(".m").nth(1).get_by_role("button", name=button).click()
        page.wait_for_selector(shown)

    return press


STATES: dict[str, Callable[[Page], None]] = {
    "list": lambda page: None,
    "talk": open_first,
    "held": hold,
    "note": note,
    "ring": rung,
    "pass on": passing,
    "lost": lost,
    "me": me,
    "side": side,
    "empty": empty,
    "broken": broken,
    "gone": gone,
    "nothing found": nothing_found,
    "refused": refused,
    "closed": closed,
    "mails": letters,
    "quoted text": letter("Show quoted text", ".quoted"),
    "mail as sent": letter("Show as sent", ".as-sent iframe"),
    "mail in detail": letter("Details", ".mail-d"),
    "mail in doubt": in_doubt,
    "palette": dialog("Control+k"),
    "keys": dialog("?"),
    "severity": dialog("s"),
    "status": dialog("Shift+S"),
    "hand over": dialog("Shift+H"),
    "technical": dialog("t"),
}
