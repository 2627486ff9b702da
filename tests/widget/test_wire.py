"""The browser's side of the wire in a real Chromium, against a desk's end that the test plays."""

from __future__ import annotations

from playwright.async_api import Page

from tests.widget.peer import Peer

START = """async ({ who }) => {
  const { Line } = await import("/widget/wire/line.js");
  const seen = (window.seen = { events: [], states: [], frames: [], resets: [] });
  window.line = new Line({
    audience: "contact", lang: "en", zone: "Europe/London", who, credentials: async () => ({ token: "t1" }),
    on: {
      event: ({ seq }) => seen.events.push(seq),
      state: ({ state, code, way }) => seen.states.push([state, code, way]),
      frame: ({ type }) => seen.frames.push(type),
      reset: ({ seq }) => seen.resets.push(seq),
    },
  });
  window.line.start();
}"""

SHELVED = """async (count) => {
  const { Shelf } = await import("/widget/wire/shelf.js");
  return (await new Shelf("vipdesk-outbox").all())?.length === count;
}"""


async def start(page: Page, peer: Peer, who: str | None = None) -> None:
    await page.goto(peer.url)
    await page.evaluate(START, {"who": who})


async def test_the_first_frame_is_a_hello_with_all_it_needs(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    assert line.hello == {
        "type": "hello",
        "token": "t1",
        "epoch": None,
        "resume": {},
        "lang": "en",
        "zone": "Europe/London",
    }


async def test_twins_are_dropped_and_a_gap_is_held_and_asked_for(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    for seq in (1, 2, 2, 1, 5, 4):
        await line.event(seq)
    asked = await line.frame("resume")
    assert asked["resume"] == {"T": 2}
    await line.event(3)
    await page.wait_for_function("seen.events.length === 5")
    assert await page.evaluate("seen.events") == [1, 2, 3, 4, 5]


async def test_a_lost_last_event_is_found_by_the_heartbeat(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready(tickets=[{"ticket": "T", "seq": 7}])
    await line.send(type="heartbeat", now="2026-03-04T09:00:05.000000Z", heads={"T": 8})
    assert (await line.frame("resume"))["resume"] == {"T": 7}


async def test_a_heartbeat_is_answered(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await line.send(type="heartbeat", now="2026-03-04T09:00:05.000000Z", heads={})
    assert await line.frame("pong") == {"type": "pong"}


async def test_what_was_not_answered_goes_out_again_with_the_same_rid_after_a_loss(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await page.evaluate("""() => {
      for (const body of ["one", "two"])
        line.ask("say", { ticket: "T", body }).then(({ seq }) => seen.events.push(seq));
    }""")
    first = await line.frame("say")
    await line.close(1012)
    line = await peer.line()
    await line.ready()
    again = await line.frame("say")
    assert again == first
    await line.send(type="ok", rid=again["rid"], seq=1)
    second = await line.frame("say")
    assert second["body"] == "two"
    await line.send(type="ok", rid=second["rid"], seq=2)
    await page.wait_for_function("seen.events.length === 2")


async def test_what_is_kept_survives_a_reload_in_its_order(page: Page, peer: Peer) -> None:
    await start(page, peer, who="c1")
    line = await peer.line()
    await page.evaluate("""() => {
      for (const body of ["one", "two"]) line.put("say", { ticket: "T", body }, { kept: true });
    }""")
    await page.wait_for_function(SHELVED, arg=2)
    await start(page, peer, who="c1")
    line = await peer.line()
    await line.ready()
    for body in ("one", "two"):
        frame = await line.frame("say")
        assert frame["body"] == body
        await line.send(type="ok", rid=frame["rid"])
    await page.wait_for_function("line.outbox.items.length === 0")


async def test_what_another_person_left_on_this_device_stays_untouched(page: Page, peer: Peer) -> None:
    await start(page, peer, who="c1")
    await page.evaluate("() => { line.put('say', { ticket: 'T', body: 'private' }, { kept: true }); }")
    await page.wait_for_function(SHELVED, arg=1)
    await start(page, peer, who="c2")
    await peer.line()
    line = await peer.line()
    await line.ready()
    await line.send(type="heartbeat", now="2026-03-04T09:00:05.000000Z", heads={})
    await line.frame("pong")
    assert await page.evaluate("line.outbox.items.length") == 0


async def test_a_request_that_must_wait_goes_out_again_by_itself(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await page.evaluate("() => { line.ask('say', { ticket: 'T', body: 'x' }); }")
    first = await line.frame("say")
    await line.send(type="error", rid=first["rid"], code="slow_down", message="Slower, please.", retry_s=0.2)
    assert await line.frame("say") == first


async def test_a_refusal_of_something_kept_stays_visible_until_a_person_decides(page: Page, peer: Peer) -> None:
    await start(page, peer, who="c1")
    line = await peer.line()
    await line.ready()
    await page.evaluate("() => { line.put('say', { ticket: 'T', body: 'x' }, { kept: true }); }")
    frame = await line.frame("say")
    await line.send(type="error", rid=frame["rid"], code="too_large", message="This is too long.")
    await page.wait_for_function("line.outbox.items[0]?.state === 'refused'")
    assert await page.evaluate("line.outbox.items[0].refusal.message") == "This is too long."
    await page.evaluate("line.outbox.discard(line.outbox.items[0].rid)")
    assert await page.evaluate("line.outbox.items.length") == 0


async def test_a_close_that_needs_a_person_ends_the_reconnecting(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await line.close(4409)
    await page.wait_for_function("line.state.state === 'over'")
    assert await page.evaluate("line.state.code") == 4409


async def test_where_sockets_are_blocked_the_same_frames_go_over_http(page: Page, peer: Peer) -> None:
    peer.sockets = False
    await start(page, peer)
    line = await peer.line()
    assert line.hello["type"] == "hello"
    await line.ready()
    await page.wait_for_function("line.state.way === 'http'")
    await page.evaluate(
        "() => { line.ask('say', { ticket: 'T', body: 'x' }).then(({ seq }) => seen.events.push(seq)); }"
    )
    frame = await line.frame("say")
    await peer.answer(type="ok", rid=frame["rid"], seq=1)
    await page.wait_for_function("seen.events.length === 1")
    await line.close(4403)
    await page.wait_for_function("line.state.code === 4403")


async def test_a_reconnect_resumes_from_what_was_shown(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await line.event(1)
    await line.event(2)
    await page.wait_for_function("seen.events.length === 2")
    await line.close(1012)
    line = await peer.line()
    assert (line.hello["resume"], line.hello["epoch"]) == ({"T": 2}, "e1")


async def test_a_desk_that_moves_is_followed_without_a_word_of_loss(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await line.send(type="moving", retry_ms=50)
    line = await peer.line()
    await line.ready()
    await page.wait_for_function("seen.states.length === 2")
    assert await page.evaluate("seen.states") == [["live", None, "socket"], ["live", None, "socket"]]


async def test_the_desks_clock_is_told_apart_from_this_devices(page: Page, peer: Peer) -> None:
    await start(page, peer)
    line = await peer.line()
    await line.ready()
    await page.wait_for_function("line.state.state === 'live'")
    now = await page.evaluate("line.clock.now()")
    assert abs(now - 1772614800000) < 20000
