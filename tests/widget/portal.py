"""A customer's portal with the real button on it, a running desk behind, and what tests need to look at both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Frame, FrameLocator, Locator, Page, expect

from tests.support.client import Client, sign_in
from tests.support.running import RunningDesk

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
KEY = "bw_4f9c2a71"
BLOCKED = """() => {
  window.blocked = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    blocked.push(`${event.violatedDirective} ${event.blockedURI}`));
}"""


class Portal:
    """One tab of the portal; `requests` are the addresses that it and its frames asked for, `wrong` what went wrong."""

    def __init__(self, page: Page, desk: RunningDesk) -> None:
        self.page = page
        self.desk = desk
        self.requests: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.set_default_timeout(PATIENCE_MS)

    async def open(self, who: str = "priya") -> None:
        """The page, until the button is on it."""
        await self.page.add_init_script(f"({BLOCKED})()")
        await self.page.goto(f"{self.desk.portal}/?customer=brightwater&as={who}")
        await self.button.wait_for()

    @property
    def button(self) -> Locator:
        return self.page.locator("vipdesk-button button")

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("vipdesk-button iframe")

    @property
    def field(self) -> Locator:
        return self.chat.locator(".compose textarea")

    @property
    def frame(self) -> Frame:
        """The chat's own document."""
        [found] = [each for each in self.page.frames if "/b/" in each.url]
        return found

    async def press(self) -> None:
        """The chat is open and can be written into."""
        await self.button.click()
        await self.chat.locator("[aria-label^=Minimise]").wait_for()

    async def keep_real_focus(self) -> None:
        """Playwright lets every page believe that it has the focus, and frames of other sites then lose keys."""
        session = await self.page.context.new_cdp_session(self.page)
        await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
        await self.page.bring_to_front()

    async def says(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def blocked(self) -> list[str]:
        """What a content policy forbade, on either side."""
        found: list[str] = []
        for frame in self.page.frames:
            found += await frame.evaluate("blocked")
        return found


@asynccontextmanager
async def agent(desk: RunningDesk, name: str, **presence: Any) -> AsyncIterator[Client]:
    """One of the seeded agents at their desk, available."""
    credentials = await sign_in(desk.origin, f"{name}@larkfield.example", f"demo-{name}")
    async with Client(desk.origin, "agent", credentials) as client:
        await client.ask("presence", status="available", **({"auto_answer": True} | presence))
        yield client
