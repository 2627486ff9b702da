"""The button as a customer embeds it, on a page of another site under a strict policy, and the chat behind it."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import BrowserContext, Route, WebSocketRoute, expect

from tests.support.running import RunningDesk
from tests.widget.portal import KEY, Portal, agent

pytestmark = pytest.mark.browser
NAMED = re.compile(r"^Anna is here, until 17:00 CET \(16:00\xa0London\)$")


@pytest.fixture
def stranger(desk: RunningDesk) -> Iterator[str]:
    """A site that is not in the button's list and tries to hold the chat all the same."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><title>x</title><iframe src="{desk.origin}/b/{KEY}"></iframe>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


async def test_before_any_intent_the_page_asks_for_the_loader_and_a_small_state_and_shows_the_face(
    portal: Portal,
) -> None:
    async with agent(portal.desk, "anna"):
        await portal.open()
        face = portal.button.locator("canvas")
        assert await face.evaluate("(drawn) => [drawn.width, drawn.height, drawn.offsetWidth]") == [80, 80, 40]
        of_desk = [url.removeprefix(portal.desk.origin) for url in portal.requests if portal.desk.origin in url]
        assert of_desk == [f"/w/{KEY}.js", f"/b/{KEY}/state?lang=en-GB"]
        answer = await portal.page.request.get(f"{portal.desk.origin}/b/{KEY}/state")
        assert len(await answer.body()) < 2_500
        page = await portal.page.request.get(portal.page.url)
        assert portal.desk.origin not in re.findall(r"img-src ([^;]*)", page.headers["content-security-policy"])[0]
        assert await portal.page.evaluate("blocked") == []


async def test_nothing_is_ever_asked_of_a_third_party_and_no_policy_is_hurt(portal: Portal) -> None:
    async with agent(portal.desk, "anna"):
        await portal.open()
        await portal.press()
        await portal.says("Good morning.")
        await expect(portal.chat.locator(".meta").last).to_contain_text("sent")
        hosts = {url.split("/")[2] for url in portal.requests if not url.startswith(("blob:", "data:"))}
        assert hosts == {f"localhost:{portal.desk.port}", f"127.0.0.1:{portal.desk.port}"}
        assert await portal.blocked() == []
        assert portal.wrong == []
        for page in (portal.page.main_frame, portal.frame):
            made = await page.evaluate(
                "() => { try { document.body.innerHTML = '<b>x</b>'; } catch { return 0; } return 1; }"
            )
            assert made == 0, "Trusted Types are not in force here"


@pytest.mark.parametrize("frame", ["is there", "is on its way"])
async def test_the_button_is_a_real_one_in_a_shadow_root_and_the_focus_comes_back_to_it(
    portal: Portal, frame: str
) -> None:
    await portal.keep_real_focus()
    async with agent(portal.desk, "anna"):
        await portal.open()
        await expect(portal.button).to_have_accessible_name(NAMED)
        await portal.page.locator(".p-people a").last.focus()
        await portal.page.keyboard.press("Tab")
        assert await portal.page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "BUTTON"
        if frame == "is there":
            await portal.chat.locator("[aria-label^=Minimise]").wait_for(state="attached")
        await portal.page.keyboard.press("Enter")
        await expect(portal.field).to_be_focused()
        await portal.page.keyboard.type("Hello")
        await expect(portal.field).to_have_value("Hello")
        assert await portal.button.get_attribute("aria-expanded") == "true"
        await portal.page.keyboard.press("Escape")
        await expect(portal.page.locator("vipdesk-button iframe")).to_have_js_property("inert", True)
        assert await portal.page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "BUTTON"


UNDER = """() => {
  const {shadowRoot} = document.querySelector("vipdesk-button");
  const [frame, button] = ["iframe", "button"].map((each) => shadowRoot.querySelector(each).getBoundingClientRect());
  const inside = (box, x, y) => x > box.left && x < box.right && y > box.top && y < box.bottom;
  const met = new Set();
  for (let x = 5; x < innerWidth; x += 10)
    for (let y = 5; y < innerHeight; y += 10)
      if (inside(frame, x, y) && !inside(button, x, y)) met.add(document.elementFromPoint(x, y)?.tagName);
  return [...met];
}"""
"""What a pointer meets where the chat's frame lies, beside the button."""


@pytest.mark.parametrize("width", [1280, 320])
async def test_a_frame_that_waits_is_in_nobodys_way(portal: Portal, width: int) -> None:
    await portal.page.set_viewport_size({"width": width, "height": 700})
    await portal.open()
    await portal.button.hover()
    await portal.chat.locator("[aria-label^=Minimise]").wait_for(state="attached")
    assert "VIPDESK-BUTTON" not in await portal.page.evaluate(UNDER)
    assert await portal.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await portal.press()
    assert await portal.page.evaluate(UNDER) == ["VIPDESK-BUTTON"]


async def test_the_chat_is_there_before_its_script_and_keeps_what_was_typed(portal: Portal) -> None:
    arrived = asyncio.Event()

    async def late(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await portal.page.route("**/widget/chat.js", late)
    async with agent(portal.desk, "anna"):
        await portal.open()
        await portal.button.click()
        await expect(portal.chat.locator("h1")).to_have_text("Anna Kovács")
        await expect(portal.chat.locator("header")).to_contain_text("Anna is here")
        await portal.field.click()
        await portal.page.keyboard.type("Good morning")
        arrived.set()
        await expect(portal.chat.locator("header")).to_contain_text("here until 17:00 CET (16:00 London)")
        await expect(portal.field).to_be_focused()
        await portal.page.keyboard.type(", Anna.")
        await portal.page.keyboard.press("Enter")
        await expect(portal.chat.locator(".me .bub").last).to_have_text("Good morning, Anna.")
        assert await portal.blocked() == []


async def test_a_press_begins_a_chat_also_after_one_that_ended(portal: Portal) -> None:
    def without_promises(line: WebSocketRoute) -> None:
        """As on a quiet day: no change of the promise stirs the page."""
        desk = line.connect_to_server()
        desk.on_message(lambda frame: None if '"type":"promise"' in str(frame) else line.send(frame))

    await portal.page.route_web_socket("**/ws/contact", without_promises)
    async with agent(portal.desk, "anna"):
        await portal.open("owen")
        for _turn in range(2):
            await portal.press()
            await expect(portal.field).to_have_attribute("placeholder", "Write to Anna")
            await portal.chat.locator("summary").click()
            await portal.chat.get_by_role("button", name="End the chat").click()
            await expect(portal.chat.locator(".mid")).to_contain_text("How was this for you?")
            await portal.chat.locator("[aria-label^=Minimise]").click()


async def test_what_is_being_rated_stays_while_promises_change(portal: Portal) -> None:
    async with agent(portal.desk, "anna") as anna:
        await portal.open()
        async with portal.page.expect_websocket() as begun:
            await portal.press()
        line = await begun.value
        await expect(portal.field).to_have_attribute("placeholder", "Write to Anna")
        await portal.chat.locator("summary").click()
        await portal.chat.get_by_role("button", name="End the chat").click()
        await portal.chat.get_by_text("Good", exact=True).click()
        words = portal.chat.get_by_label("Anything we should read?")
        await words.fill("Quick.")
        async with line.expect_event("framereceived", lambda frame: '"promise"' in str(frame)):
            await anna.ask("presence", status="away")
        await expect(words).to_have_value("Quick.")


async def test_messages_of_others_are_not_heard_on_either_side(portal: Portal) -> None:
    await portal.page.add_init_script("""addEventListener("message", ({data}) => {
      if (data?.vipdesk === "ready") document.documentElement.dataset.greeted = "";
    })""")
    await portal.open()
    await portal.button.hover()
    await expect(portal.page.locator("html")).to_have_attribute("data-greeted", "")  # the frame knows its page now
    await portal.page.evaluate(  # this page, but not its frame: another window says it
        """(desk) => {
          const data = {vipdesk: "note", note: {title: "Pwned"}};
          for (const origin of [desk, location.origin])
            for (const source of [window, null])
              dispatchEvent(new MessageEvent("message", {source, origin, data}));
          postMessage(data, "*");
        }""",
        portal.desk.origin,
    )
    await portal.frame.evaluate(  # the frame itself, and the right window under a wrong origin
        """(portal) => {
          postMessage({vipdesk: "show"}, "*");
          for (const [source, origin] of [[window, location.origin], [window, portal], [parent, "https://evil.example"]])
            dispatchEvent(new MessageEvent("message", {source, origin, data: {vipdesk: "show"}}));
        }""",
        portal.desk.portal,
    )
    await portal.page.evaluate(  # the right window with something that is not ours
        """(desk) => {
          const data = JSON.parse('{"vipdesk": "close", "__proto__": {"owned": 1}}');
          const {shadowRoot} = document.querySelector("vipdesk-button");
          shadowRoot.querySelector("iframe").contentWindow.postMessage(data, desk);
        }""",
        portal.desk.origin,
    )
    await asyncio.sleep(3.5)  # a chat that was opened asks its page for a token, in vain, for three seconds
    assert [await each.evaluate("({}).owned") for each in (portal.page, portal.frame)] == [None, None]
    assert "Pwned" not in await portal.button.inner_text()
    await expect(portal.page.locator("vipdesk-button iframe")).to_have_js_property("inert", True)
    assert not any(url.endswith("/session") for url in portal.requests)


async def test_a_page_that_is_not_in_the_buttons_list_gets_neither_frame_nor_state(
    portal: Portal, stranger: str
) -> None:
    await portal.page.goto(stranger)
    [frame] = portal.page.main_frame.child_frames
    await frame.wait_for_url("chrome-error:**")
    answer = await portal.page.evaluate(
        "(url) => fetch(url).then(() => 'read', () => 'refused')", f"{portal.desk.origin}/b/{KEY}/state"
    )
    assert answer == "refused"


async def test_the_plain_link_is_a_chat_of_its_own_on_a_phone(browser: BrowserContext, desk: RunningDesk) -> None:
    async with agent(desk, "anna"):
        page = await browser.new_page()
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.goto(f"{desk.origin}/b/{KEY}")
        await page.get_by_role("button", name="Ring Anna").click()
        await expect(page.locator(".w-head")).to_contain_text("Anna")
        await page.locator("textarea").fill("From my phone.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".me .meta")).to_contain_text("sent")
        assert await page.get_by_role("button", name="Minimise").count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_press_rings_also_where_the_line_was_there_before_it(portal: Portal) -> None:
    await portal.page.add_init_script("sessionStorage.vipdesk = 'true'")  # a chat was going on, on the page before
    beats = asyncio.Semaphore(0)

    def hear(frame: str | bytes) -> None:
        if json.loads(frame)["type"] == "heartbeat":
            beats.release()

    portal.page.on("websocket", lambda socket: socket.on("framereceived", hear))
    async with agent(portal.desk, "anna"):
        await portal.open("mei")
        for _ in range(2):
            await beats.acquire()  # by then everything that the desk says by itself was said
        await portal.press()
        await expect(portal.chat.locator(".w-promise")).to_be_visible()


async def test_a_menu_closes_when_something_else_is_touched(portal: Portal) -> None:
    async with agent(portal.desk, "anna"):
        await portal.open()
        await portal.press()
        await portal.chat.get_by_label("More").click()
        await expect(portal.chat.locator("details[open]")).to_have_count(1)
        await portal.field.click()
        await expect(portal.chat.locator("details[open]")).to_have_count(0)


async def test_what_nobody_can_answer_is_said_as_it_is(portal: Portal) -> None:
    await portal.open("owen")
    await expect(portal.button).to_have_accessible_name("Anna is not here now, wait in line or leave a message")
