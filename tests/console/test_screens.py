"""Every state of the console on a page under its strict policy: no accessibility fault, no blocked script or style,
everything by keyboard, ten thousand tickets as quick as fifty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.console.tree import ORIGIN, lay, serve
from tests.console.waiting import until
from tests.support.axe import faults_of

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
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay(tmp_path_factory.mktemp("screens") / "static")


@pytest.fixture
def opened(chromium: Browser, tree: Path) -> Iterator[Open]:
    """`opened(size=…, dark=…, **options of the stage)`: a page with the console on it. A page error fails the test."""
    contexts = []
    wrong: list[str] = []

    def open_page(size: str = "desktop", dark: bool = False, **options: Any) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
            has_touch=width < 720,
            is_mobile=width < 720,
        )
        contexts.append(context)
        serve(context, tree)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(ORIGIN)
        enter(page, **options)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def enter(page: Page, **options: Any) -> None:
    page.evaluate(STAGE, options)
    page.wait_for_selector(".tk, .empty")


def faults(page: Page) -> list[str]:
    found = faults_of(page)
    blocked: list[str] = page.evaluate("blocked")
    return found + blocked


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
    page.evaluate("desk.desk.tickets.get('t0').patch({status: 'closed'})")
    page.wait_for_selector(".composer.shut")


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
    "palette": dialog("Control+k"),
    "keys": dialog("?"),
    "severity": dialog("s"),
    "status": dialog("Shift+S"),
    "hand over": dialog("Shift+H"),
    "technical": dialog("t"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", ["laptop", "small"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_state_has_no_accessibility_fault(state: str, size: str, dark: bool, opened: Open) -> None:
    page = opened(size, dark, stale=state == "held")
    STATES[state](page)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "runs off the page"


# What leaves the screen to a side, but for what has a scroller of its own or is for ears only.
OFF_SCREEN = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".hide, .log, .tickets, .cut, svg"))
  .map((one) => [one.className, one.getBoundingClientRect()])
  .filter(([, {left, right, width}]) => width > 1 && (left < -1 || right > innerWidth + 1)).map(([name]) => name)"""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", ["desktop", "small"])
def test_a_state_reads_from_the_right_as_well(state: str, size: str, opened: Open) -> None:
    page = opened(size, stale=state == "held")
    page.evaluate("document.documentElement.dir = 'rtl'")
    STATES[state](page)
    assert page.evaluate(OFF_SCREEN) == []
    if size == "desktop":
        rail, talk = (page.locator(f".{name}").first.bounding_box() for name in ("rail", "conv"))
        assert rail is not None and talk is not None and rail["x"] > talk["x"]


# The severity in the head is a shortcut; the same is done by a key, the palette and a menu of full size.
SMALL = """(least) => [...document.querySelectorAll("button:not(.graded), .tk, .tabbar a, .nav a, .seg label")]
  .filter((one) => one.checkVisibility()).map((one) => [one.className, one.getBoundingClientRect()])
  .filter(([, {width, height}]) => width < least || height < least).map(([name]) => name)"""


def test_targets_are_large_enough(opened: Open) -> None:
    for size, least in (("desktop", 24), ("phone", 44)):
        page = opened(size, stale=True)
        open_first(page)
        assert page.evaluate(SMALL, least) == []


def test_a_held_reply_is_sent_only_by_choice(opened: Open) -> None:
    page = opened(stale=True)
    hold(page)
    assert page.input_value(".composer textarea") == "Thank you, that confirms it."
    assert page.is_disabled(".sendrow .main")
    assert page.inner_text(".newline") == "New since you began writing"
    page.click(".held .btn:first-of-type")
    page.wait_for_selector(".held", state="detached")
    said = page.evaluate("desk.wire.sent.filter(({type}) => type === 'say')")
    assert [each.get("anyway") for each in said] == [None, True]
    assert said[0]["base_seq"] == said[1]["base_seq"] == 4


def test_a_button_that_is_off_looks_so_under_the_pointer(opened: Open) -> None:
    page = opened(stale=True)
    hold(page)
    send = page.locator(".sendrow .main")
    off = send.evaluate("(button) => getComputedStyle(button).backgroundColor")
    send.hover(force=True)
    page.evaluate("Promise.all(document.getAnimations().map(({finished}) => finished))")
    assert send.evaluate("(button) => getComputedStyle(button).backgroundColor") == off


def test_a_changed_reply_is_based_on_what_was_read(opened: Open) -> None:
    page = opened(stale=True)
    hold(page)
    page.locator(".log").focus()
    page.keyboard.press("Alt+r")
    page.wait_for_selector(".held", state="detached")
    page.keyboard.type(" Porto too.")
    page.keyboard.press("Control+Enter")
    said = page.evaluate("desk.wire.sent.filter(({type}) => type === 'say').at(-1)")
    assert said["base_seq"] == 5
    assert said["body"].endswith("Porto too.")


def test_what_is_on_the_screen_is_not_unread_whatever_an_older_page_of_the_list_says(opened: Open) -> None:
    page = opened()
    open_first(page)
    page.evaluate("""() => {
      const ticket = desk.desk.tickets.get("t0");
      ticket.summarise({...ticket.summary.peek(), unread: 2});
    }""")
    until(page, "desk.desk.tickets.get('t0').summary.peek().unread === 0")


def test_a_draft_survives_a_reload(opened: Open) -> None:
    page = opened()
    open_first(page)
    page.fill(".composer textarea", "half a sen")
    page.reload()
    enter(page)
    open_first(page)
    assert page.input_value(".composer textarea") == "half a sen"


def test_what_comes_next_follows_the_severity_until_somebody_chooses(opened: Open) -> None:
    page = opened()
    open_first(page)
    checked = ".next input:checked + span"
    assert page.inner_text(checked) == "We go on"  # severity 1
    page.evaluate("desk.desk.tickets.get('t0').patch({severity: 4})")
    until(page, "document.querySelector('.next input:checked + span').textContent === 'Wait for them'")
    page.keyboard.press("Alt+3")
    until(page, "document.querySelector('.next input:checked + span').textContent === 'Solve'")


def test_the_ring_takes_the_focus_only_when_nobody_writes(opened: Open) -> None:
    page = opened()
    open_first(page)
    page.focus(".composer textarea")
    page.keyboard.type("Dear")
    rung(page)
    page.keyboard.press("Enter")
    assert page.evaluate("desk.wire.sent.some(({type}) => type === 'accept')") is False
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    until(page, "desk.wire.sent.some(({type}) => type === 'accept')")


def test_a_ring_that_starts_on_a_quiet_screen_can_be_picked_up_at_once(opened: Open) -> None:
    page = opened()
    rung(page)
    assert page.evaluate("document.activeElement.textContent").startswith("Pick up")
    page.keyboard.press("Enter")
    until(page, "desk.wire.sent.some(({type, ring}) => type === 'accept' && ring === 'r1')")
    page.wait_for_selector(".ringcard", state="detached")


def test_a_ring_answered_in_one_tab_is_silent_in_the_others(opened: Open) -> None:
    page = opened()
    page.evaluate(
        """() => {
          window.heard = [];
          new BroadcastChannel("vipdesk-rings").onmessage = ({data}) => heard.push(data.answered);
          import("/js/ringer.js").then(({Ringer}) => { desk.ringer = new Ringer(desk); desk.ringer.connect(); });
        }"""
    )
    until(page, "desk.ringer")
    rung(page)
    assert "favicon-ring" in str(page.get_attribute("link[rel=icon]", "href"))
    page.keyboard.press("Enter")
    until(page, "heard.includes('r1')")
    page.evaluate("desk.desk.take(parts.ring({ring: 'r2'}))")
    page.wait_for_selector(".ringcard")
    page.evaluate("new BroadcastChannel('vipdesk-rings').postMessage({answered: 'r2'})")
    page.wait_for_selector(".ringcard", state="detached")


def test_a_day_of_work_needs_no_pointer(opened: Open) -> None:
    page = opened()
    page.keyboard.press("j")
    page.keyboard.press("k")
    until(page, "document.activeElement.getAttribute('href') === '#ticket/t0'")
    page.keyboard.press("Enter")
    page.wait_for_selector(".conv .m")
    page.keyboard.press("r")
    until(page, "document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("Answered by keyboard")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    until(page, "document.activeElement.getAttribute('aria-label').startsWith('Note')")
    page.keyboard.type("a note")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("they said so")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("g")
    page.keyboard.press("q")
    until(page, "document.querySelector('.list-pane h2').textContent === 'Waiting'")
    page.keyboard.press("Control+k")
    page.keyboard.type("hand over")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog fieldset")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("Shift+A")
    until(page, "desk.wire.sent.some(({type, status}) => type === 'presence' && status === 'away')")
    done = page.evaluate("desk.wire.sent.map(({type, visibility}) => type + (visibility ?? ''))")
    assert [each for each in done if each in ("say", "sayinternal", "set_severity", "presence")] == [
        "say",
        "sayinternal",
        "set_severity",
        "presence",
    ]


# The next key of a fast typist is a task of its own: what it goes to has the focus when this one's microtasks are done.
STRIKE = """async (stroke) => {
  const struck = new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...stroke});
  document.querySelector(".log").dispatchEvent(struck);
  for (let turn = 0; turn < 10; turn += 1) await null;
  return document.activeElement.matches("dialog *, .list-pane input");
}"""


@pytest.mark.parametrize("stroke", [{"key": "k", "ctrlKey": True}, {"key": "/"}, {"key": "?"}, {"key": "s"}])
def test_what_a_key_opens_takes_the_very_next_key(stroke: dict[str, Any], opened: Open) -> None:
    page = opened()
    open_first(page)
    assert page.evaluate(STRIKE, stroke)


def test_every_action_with_a_key_is_in_help(opened: Open) -> None:
    page = opened()
    page.locator("body").press("?")
    page.wait_for_selector("dialog .keys")
    shown = set(page.evaluate("[...document.querySelectorAll('[data-action]')].map(({dataset}) => dataset.action)"))
    page.evaluate("() => { import('/js/actions.js').then(({ACTIONS}) => { window.actions = ACTIONS; }); }")
    until(page, "window.actions")
    keyed = set(page.evaluate("actions.filter(({keys}) => keys.length).map(({id}) => id)"))
    assert shown == keyed


def test_the_focus_returns_after_a_dialog(opened: Open) -> None:
    page = opened()
    open_first(page)
    page.focus(".c-head .btn[aria-label='Close or reopen']")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    until(page, "document.activeElement.getAttribute('aria-label') === 'Close or reopen'")


def test_words_of_others_are_never_markup(opened: Open) -> None:
    page = opened()
    page.evaluate(
        """desk.desk.tickets.get("t0").patch({
          subject: "<img src=x onerror=blocked.push(1)>", customer: {id: "c1", name: "<b>x</b>"}})"""
    )
    open_first(page)
    page.evaluate(
        """desk.desk.take({...parts.late, seq: 9, data: {
          body: "<script>blocked.push(2)</script> javascript:alert(1)", files: [], rid: "x"}})"""
    )
    until(page, "document.querySelector('.log').textContent.includes('<script>blocked')")
    assert page.locator(".log script, .tk img, .log a[href^=javascript]").count() == 0
    assert page.evaluate("blocked") == []


DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
WHOLE = "async () => { while (desk.list.next.value) await desk.list.more(); }"
# Down the whole list and back, a hundred changes on the way: the most elements and rows that there ever were.
DOWN = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const list = document.querySelector(".tickets");
  let [nodes, rows] = [0, 0];
  for (let round = 0; round < 100; round += 1) {
    list.scrollTop = (list.scrollHeight / 50) * Math.min(round, 100 - round);
    desk.desk.tickets.get(`t${round}`).patch({unread: round + 1, subject: `changed ${round}`});
    await drawn();
    nodes = Math.max(nodes, document.querySelectorAll("*").length);
    rows = Math.max(rows, document.querySelectorAll(".tk").length);
  }
  return {nodes, rows, tall: list.scrollHeight, unread: desk.desk.tickets.get("t99").summary.peek().unread};
}"""


def test_of_ten_thousand_tickets_only_those_in_reach_are_on_the_page(opened: Open) -> None:
    page = opened(count=10_000, pageSize=1000)
    page.evaluate(WHOLE)
    page.evaluate(DRAWN)
    seen = page.evaluate(DOWN)
    assert seen["tall"] > 10_000 * 54  # all have their room
    assert seen["rows"] <= 7 * 40 and seen["nodes"] < 6000, seen
    assert seen["unread"] == 100


def test_the_cursor_goes_on_where_the_rows_were_out_of_reach(opened: Open) -> None:
    page = opened(count=1000, pageSize=1000)
    page.keyboard.press("j")
    for _ in range(3):
        page.keyboard.press("j")
    page.evaluate("document.querySelector('.tickets').scrollTop = 40_000")
    until(page, "document.querySelector('a[href=\"#ticket/t740\"]')")
    page.keyboard.press("j")  # from where it was, far above
    until(page, "document.activeElement.getAttribute('href') === '#ticket/t4'")
    for _ in range(90):
        page.keyboard.press("j")
    until(page, "document.activeElement.getAttribute('href') === '#ticket/t94'")
    assert page.locator("a[href='#ticket/t94']").evaluate("(row) => row.checkVisibility()")


def test_the_next_page_comes_on_the_way_down(opened: Open) -> None:
    page = opened(count=300)
    assert page.evaluate("desk.list.ids.peek().length") < 300
    for _ in range(20):
        page.evaluate("document.querySelector('.tickets').scrollTop = 1e9")
        page.evaluate(DRAWN)
    until(page, "desk.list.ids.peek().length === 300 && document.querySelector('a[href=\"#ticket/t299\"]')")


def test_the_desks_clock_counts_from_the_first_frame(opened: Open) -> None:
    began = """() => {
      let now = 0;
      const parts = {me: desk.desk.me.peek(), zone: "UTC", rest: {}, settings: desk.settings, storage: localStorage};
      const one = new desk.constructor({...parts, now: () => now});
      now = 5000;
      one.ears.ready({type: "ready", you: parts.me, people: [], tickets: [], rings: [], offers: []});
      return one.second.peek();
    }"""
    assert opened().evaluate(began) == 5000
