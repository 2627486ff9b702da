"""The ways in, for the tests of who comes in: signing in, visiting, and what a customer's site vouches for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from typing import Any

import jwt

from desk.identity import AgentSignedIn, ContactSignedIn, Identity
from live.base import Published
from server.demo.cast import CUSTOMERS, KID
from store import buttons, outgoing
from store.engine import Connection
from store.schema import agent as agent_table
from store.schema import agent_session, contact_session, mailed_code, sign_in_link
from tests.support.world import BUTTON, SEALER, World

KEY, OTHER_KEY = CUSTOMERS[0].key, CUSTOMERS[1].key
ANNA, PASSWORD = "anna@larkfield.example", "demo-anna"
PRIYA = "priya.raman@brightwater.example"


class Doors:
    """A world and its identity."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.identity = Identity(world.desk, SEALER)

    async def sign_in(self, password: str = PASSWORD, totp: str | None = None, email: str = ANNA) -> AgentSignedIn:
        return await self.identity.sign_in(email, password, totp, "192.0.2.1")

    async def visit(self, key: str = KEY, **body: Any) -> ContactSignedIn:
        begun = await self.identity.open_session(key, body, "192.0.2.2")
        assert begun is not None
        return begun

    async def secret(self, button: str = BUTTON) -> str:
        [kept] = await self.world.record.read(lambda connection: buttons.secrets_of(connection, button))
        return SEALER.unseal(kept.sealed).decode()

    async def token(self, *, key: str = "", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed as the customer's site does, but for what is given."""
        return jwt.encode(
            good() | claims, key or await self.secret(), algorithm="HS256", headers=headers or {"kid": KID}
        )

    async def code(self) -> str:
        """The one that was mailed last."""
        [*_, mail] = sorted(await self.world.record.read(outgoing.latest), key=lambda mail: mail.created_at)
        return mail.subject.split()[0]

    async def change_button(self, **fields: Any) -> None:
        def verb(connection: Connection) -> None:
            kept = buttons.find(connection, BUTTON)
            assert kept is not None
            buttons.change(connection, replace(kept, **fields))

        await self.world.record.write(verb, name="button")

    def closed(self, topic: str) -> list[bytes]:
        """Close codes that lines of this person are told from now on."""
        codes: list[bytes] = []

        def receive(item: Published) -> None:
            if item.kind == "revoked":
                codes.append(item.frame)

        self.world.live.follow(topic, receive)
        return codes

    async def kept(self) -> str:
        """Everything that is kept of sessions, links, codes and agents."""

        def query(connection: Connection) -> str:
            tables = (agent_session, contact_session, sign_in_link, mailed_code, agent_table)
            return repr([connection.all(table.select()) for table in tables])

        return await self.world.record.read(query)


def good() -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": "u-1",
        "aud": KEY,
        "iat": now,
        "exp": now + 300,
        "jti": "j-1",
        "name": "Ada",
        "email": "ada@x.example",
    }


def by_hand(secret: str, header: bytes, payload: bytes) -> str:
    """A token whose parts no library would make."""
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    mark = base64.urlsafe_b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).rstrip(b"=")
    return (body + b"." + mark).decode()
