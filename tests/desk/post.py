"""Mail that arrives in a world, at the mailbox of a customer or at the pool's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select

from desk import mailing
from desk.letters import Letter
from store import incoming, mailboxes, tickets
from store.engine import Connection, Row
from store.incoming import Fetched, Stored
from store.mailboxes import Mailbox
from store.schema import incoming_mail, mail_item
from store.tickets import Found
from store.times import micros
from tests.support.world import World

BOX = Mailbox("box", "brightwater@larkfield.example", "Larkfield", "brightwater", "office", {}, b"", True, None)
POOL = replace(BOX, id="pool", address="support@larkfield.example", customer_id=None)
PRIYA = "priya.raman@brightwater.example"


_OF_MAIL = (
    select(mail_item)
    .join(incoming_mail, incoming_mail.c.item_id == mail_item.c.id)
    .where(incoming_mail.c.id == bindparam("mail"))
)


def item_of(connection: Connection, mail: str) -> Row | None:
    """What this mail is; None: not known yet."""
    return connection.one(_OF_MAIL, mail=mail)


class Post:
    """Mail that arrives in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.uid = 0

    async def stored(self, box: Mailbox = BOX, *, ago: timedelta = timedelta(), moved_in: bool = False) -> Stored:
        """As the poller stores it."""
        self.uid += 1
        now = self.world.clock.now()
        mail = Fetched(self.uid, f"{self.uid:064}", 100, micros(now - ago), micros(now - ago), moved_in)

        def verb(connection: Connection) -> Stored:
            incoming.put(connection, box.id, "INBOX", 1, [mail], polled_at=micros(now), now=micros(now))
            return incoming.waiting(connection, box.id)[-1]

        return await self.world.record.write(verb, name="mail")

    async def lands(self, letter: Letter, box: Mailbox = BOX, *, ago: timedelta = timedelta()) -> str | None:
        """The ticket on which it landed; None: on none."""
        mail = await self.stored(box, ago=ago)
        await self.world.desk.run("mail", lambda work: mailing.land(work, box, mail, letter))
        assert await self.world.record.read(lambda connection: incoming.waiting(connection, box.id)) == []

        def query(connection: Connection) -> str | None:
            found = item_of(connection, mail.id)
            assert found is not None
            ticket: str | None = found.ticket_id
            return ticket

        return await self.world.record.read(query)

    async def said(self, ticket: str) -> list[tuple[str, str]]:
        """Who said what, in public."""
        events = [each for each in await self.world.events(ticket) if each["kind"] == "message"]
        return [(each["by"]["name"], each["data"]["body"]) for each in events]

    async def found(self, ticket: str) -> Found:
        """As rules see it."""
        found = await self.world.record.read(lambda connection: tickets.find(connection, ticket))
        assert found is not None
        return found

    async def told(self, ticket: str) -> dict[str, Any]:
        """What agents read of the newest mail."""
        [*_, last] = [each for each in await self.world.events(f"{ticket}/i") if each["kind"] == "received"]
        data: dict[str, Any] = last["data"]
        return data


async def opened(world: World) -> Post:
    def verb(connection: Connection) -> None:
        for box in (BOX, POOL):
            mailboxes.add(connection, box, 1)

    await world.record.write(verb, name="boxes")
    return Post(world)


def letter(key: str = "one", sender: str = PRIYA, **fields: Any) -> Letter:
    """A proven mail of a person."""
    known: dict[str, Any] = {"kind": "human", "subject": "Feed stopped", "text": "It stopped.", "proven": True}
    return Letter(key=key, sender=sender, **(known | fields))
