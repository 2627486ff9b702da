"""What the console does on a page under its strict policy: everything by keyboard, nothing said twice or lost, ten
thousand tickets as quick as fifty."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.states import Open, enter, hold, open_first, rung
from tests.console.waiting import until

pytestmark = pytest.mark.browser

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
