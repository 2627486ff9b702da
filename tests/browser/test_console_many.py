"""Ten thousand tickets at the running desk: each is reached, one is found, and the newest still comes to the top."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, insert, select

from store import schema
from tests.console.waiting import until
from tests.support.running import RunningDesk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser
COUNT = 10_000
ROWS = "document.querySelectorAll('.tk').length"
MOST_ROWS = 7 * 40  # the chunks in reach, and that of the cursor
END = "document.querySelector('.tickets').scrollHeight"
EVERY_PAGE = """async () => {
  const seen = [];
  let cursor = "";
  do {
    const answer = await (await fetch(`/api/v1/tickets?view=mine${cursor && `&cursor=${cursor}`}`)).json();
    seen.push(...answer.tickets.map(({ticket}) => ticket));
    cursor = answer.next;
  } while (cursor);
  return seen;
}"""


def test_ten_thousand_tickets_are_all_there_and_the_page_keeps_those_in_reach(
    chromium: Browser, tmp_path: Path
) -> None:
    with RunningDesk(tmp_path / "desk", {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z"}) as desk:
        desk.stop()
        before = multiply(tmp_path / "desk")
        desk.start()
        page = chromium.new_page(reduced_motion="reduce", locale="en-GB")
        sign_in(page, desk)
        count = page.get_by_role("link", name="Mine", exact=True).locator(".count")
        expect(count).to_have_text(str(before + COUNT))
        seen = page.evaluate(EVERY_PAGE)
        assert len(seen) == len(set(seen)) == before + COUNT
        page.keyboard.press("/")
        page.keyboard.type("Seeded 9876")
        expect(page.locator(".tk")).to_have_count(1)
        expect(page.locator(".tk")).to_contain_text("Seeded 9876")
        page.keyboard.press("Escape")
        with Visitor.contact(desk.origin, "bw_4f9c2a71") as visitor:
            visitor.ask("press", text="The newest of all")
            page.get_by_role("alertdialog").get_by_role("button", name="Pick up").click()
            expect(page.locator(".tk").first).to_contain_text("The newest of all")
            expect(page.get_by_role("log")).to_contain_text("The newest of all")
        scroll_through(page, pages=12)
        with ExitStack() as here:
            for name in ("one", "two", "three"):  # each may say so much at once
                visitor = here.enter_context(Visitor.contact(desk.origin, "bw_4f9c2a71"))
                ticket = visitor.ask("press", text=f"Burst {name}", message_only=True)["ticket"]
                for n in range(34):
                    visitor.ask("say", ticket=ticket, body=f"{name} {n}")
        page.evaluate("document.querySelector('.tickets').scrollTop = 0")
        expect(page.locator(".tk", has_text="Burst three")).to_contain_text("35")
        assert page.evaluate(ROWS) <= MOST_ROWS
        page.keyboard.press("Control+k")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.close()


def scroll_through(page: Page, pages: int) -> None:
    """Down to the end of what is loaded, again and again; of all that came the page keeps what is near."""
    for _ in range(pages):
        before = page.evaluate(END)
        page.evaluate("document.querySelector('.tickets').scrollTop = 1e9")
        until(page, f"{END} > {before}")
        assert page.evaluate(ROWS) <= MOST_ROWS


def sign_in(page: Page, desk: RunningDesk) -> None:
    page.goto(f"{desk.origin}/login")
    page.get_by_label("Mail address").fill("anna@larkfield.example")
    page.get_by_label("Password").fill("demo-anna")
    page.keyboard.press("Enter")
    page.locator(".tk").first.wait_for()


def multiply(folder: Path) -> int:
    """One of Anna's open tickets, as many times more; how many of hers were open before."""
    engine = create_engine(f"sqlite:///{folder / 'vipdesk.db'}")
    ticket = schema.ticket
    its = ticket.c.owner_id == "anna", ticket.c.status.in_(("new", "open", "waiting"))
    with engine.begin() as connection:
        rows = connection.execute(select(ticket).where(*its)).mappings().all()
        one = dict(rows[0])
        copies = [
            one | {"id": f"seeded-{n}", "number": 20_000 + n, "subject": f"Seeded {n}", "last_at": one["last_at"] - n}
            for n in range(COUNT)
        ]
        connection.execute(insert(ticket), copies)
    engine.dispose()
    return len(rows)
