"""A press on a desk that somebody set up by its documents: the visitor's press rings the agent, who answers.

`python -m tests.support.first_press https://desk.example.com BUTTON ADDRESS PASSWORD [SIGN-IN LINK]`
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import httpx2

from server.demo.client import Client
from server.demo.ways import Credentials, door, visit_through


async def press(desk: str, button: str, email: str, password: str, link: str = "") -> None:
    """Through the front door, as browsers come. Raises AssertionError, or what the desk refused with."""
    trusted = ssl.create_default_context()  # with this machine's own authorities
    async with door(desk, httpx2.AsyncHTTPTransport(verify=trusted)) as http:
        if link:
            begun = await http.post(link, data={"password": password})
            assert begun.status_code == 303, begun.text
        signed = await http.post("/api/v1/sessions", json={"email": email, "password": password})
        signed.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in signed.cookies.items())
        http.cookies.clear()
        visitor = await visit_through(http, button)
    async with Client(desk, "agent", Credentials(cookie=cookie, csrf=signed.json()["csrf"])) as agent:
        await agent.ask("presence", status="available", auto_answer=False)
        async with Client(desk, "contact", visitor) as contact:
            pressed = await contact.ask("press", text="The feed has stopped.")
            ring = await agent.until(lambda frame: frame["type"] == "ring")
            assert ring["ticket"] == pressed["ticket"] and ring["why"]["step"] == "named", ring
            await agent.ask("accept", ring=ring["ring"])
            said = await contact.ask("say", ticket=pressed["ticket"], body="Thank you.")
            await contact.ask("leave", ticket=pressed["ticket"])  # or a restore would go on with this chat
            print(f"{ring['number']}: rang {email}, answered, and heard: {said['type']}")


if __name__ == "__main__":
    asyncio.run(press(*sys.argv[1:]))
