"""Every verb of the registry on a small stage: what must have happened before, who then asks for what.

Used where processes die: a rehearsal needs nobody else, and leaves nothing behind when its contact leaves.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from desk import mailing, posting, requests
from desk.actors import Signed
from desk.letters import Letter
from desk.posting import Outcome
from desk.registry import VERBS
from desk.work import Work
from store import contacts, files, incoming, mailboxes, offers, outgoing, tickets
from store.contacts import Person
from store.engine import Connection
from store.files import File
from store.ids import new_id
from store.incoming import Fetched, Stored
from store.mailboxes import Mailbox
from store.offers import Offer
from store.times import micros
from tests.support.world import World

BOX = Mailbox("box", "brightwater@larkfield.example", "Larkfield", "brightwater", "office", {}, b"", True, None)
HERE = ("anna", "ben", "clara")
REQUESTS = {(verb.audience, verb.name): request for (_, request), verb in VERBS.items()}
KEEPS_RECEIPT = {(verb.audience, verb.name): verb.keeps != "nothing" for verb in VERBS.values()}


@dataclass(frozen=True)
class Asked:
    """One request, as it can be sent again by another process."""

    who: str
    contact: str
    audience: str
    verb: str
    fields: Mapping[str, Any]

    @property
    def request(self) -> Any:
        return REQUESTS[self.audience, self.verb](**self.fields)


class Scene:
    """A world with the agents of HERE at their consoles and one contact of its own."""

    def __init__(self, world: World, contact: str) -> None:
        self.world = world
        self.contact = contact

    @property
    def address(self) -> str:
        """The contact's, for mail."""
        return f"{self.contact.lower()}@brightwater.example"

    async def begin(self) -> None:
        """Leases are taken; no verb is performed."""
        await self.world.live.start()
        for agent in HERE:
            await self.world.live.beat("agent", agent, "socket")

    async def prepare(self, audience: str, verb: str) -> Asked:
        """Whatever must be there before the verb, and then the request itself."""
        await self._enter()
        who, fields = await REHEARSALS[audience, verb](self)
        return Asked(who, self.contact, audience, verb, {"rid": str(uuid.uuid4())} | fields)

    async def perform(self, asked: Asked, acknowledge: Callable[[dict[str, Any]], None]) -> None:
        """Asks for it, or asks again. Raises DeskError."""
        signed: Signed = await self.world.signed(asked.who)
        await self.world.desk.perform(signed, asked.request, acknowledge)

    async def end(self, ticket: str | None) -> None:
        """The contact leaves, so that the agents are free for the next."""
        if ticket is not None and (await self.world.summary(self.contact, ticket))["chat"] is not None:
            await self.world.ask(self.contact, requests.Leave, ticket=ticket)

    async def _enter(self) -> None:
        person = Person(self.contact, "brightwater", "Somebody", self.address, None, verified=True, coordinator=False)
        at = micros(self.world.clock.now())
        await self.world.record.write(lambda connection: contacts.add(connection, person, at))

    async def pressed(self) -> str:
        """The contact has pressed, Anna is rung."""
        ticket: str = (await self.world.ask(self.contact, requests.Press, text="Hello"))["ticket"]
        return ticket

    async def talking(self) -> str:
        """Anna has picked up."""
        ticket = await self.pressed()
        await self.world.ask("anna", requests.Accept, ring=await self.world.ring_of("anna"))
        return ticket

    async def offered(self) -> dict[str, Any]:
        """Something stands to be answered with yes or no."""
        ticket = await self.talking()
        now = self.world.clock.now()
        offer = Offer(new_id(), ticket, "call", "A call?", {}, now + timedelta(minutes=10), None)
        await self.world.record.write(lambda connection: offers.add(connection, offer, now))
        return {"ticket": ticket, "offer": offer.id, "yes": True}

    async def with_file(self) -> dict[str, Any]:
        """The contact has sent a file."""
        ticket = await self.talking()
        file = File(new_id(), "feed.txt", "text/plain", 4, "0" * 64, None, self.contact)
        at = micros(self.world.clock.now())
        await self.world.record.write(lambda connection: files.add(connection, file, at))
        await self.world.ask(self.contact, requests.ContactSay, ticket=ticket, body="See", files=[file.id])
        return {"ticket": ticket, "file": file.id}

    async def mailed(self) -> str:
        """The contact has written a mail."""
        now = micros(self.world.clock.now())

        def arrives(connection: Connection) -> Stored:
            if mailboxes.find(connection, BOX.id) is None:
                mailboxes.add(connection, BOX, now)
            uid = len(incoming.uids(connection, BOX.id, "INBOX", 1)) + 1
            mail = Fetched(uid, f"{uid:064}", 100, now, now)
            incoming.put(connection, BOX.id, "INBOX", 1, [mail], polled_at=now, now=now)
            return incoming.waiting(connection, BOX.id)[-1]

        mail = await self.world.record.write(arrives)
        letter = Letter(new_id(), "human", self.address, "Feed stopped", "It stopped.", proven=True)
        await self.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letter), decides=False)
        [ticket, *_] = await self.world.record.read(lambda connection: tickets.of_contact(connection, self.contact))
        return ticket

    async def answered(self) -> dict[str, Any]:
        """Anna has answered the mail."""
        ticket = await self.mailed()
        seq = len(await self.world.events(ticket))
        await self.world.ask("anna", requests.AgentSay, ticket=ticket, body="It is back.", base_seq=seq)
        [mail, *_] = [each for each in await self.world.record.read(outgoing.latest) if each.ticket_id == ticket]
        return {"ticket": ticket, "mail": mail.id}

    async def in_doubt(self) -> dict[str, Any]:
        """Anna's answer was sent, nobody heard whether it was taken, and she is asked."""
        fields = await self.answered()
        id = fields["mail"]

        def lost(work: Work) -> None:
            mail = posting.begin(work, id, f"<{id}@larkfield.example>", "0" * 64, (self.address,))
            assert mail is not None
            posting.move(work, id, {self.address: Outcome("ambiguous", "The connection broke.")})
            posting.ask(work, work.ticket(fields["ticket"]), mail, since=micros(work.now))

        await self.world.desk.run("lost", lost, decides=False)
        return fields

    async def joined(self) -> dict[str, Any]:
        """Somebody else takes part."""
        ticket = await self.talking()
        added = await self.world.ask("anna", requests.AddPerson, ticket=ticket, address="guest@elsewhere.example")
        return {"ticket": ticket, "contact": added["contact"]["id"]}


Rehearsal = Callable[[Scene], Awaitable[tuple[str, dict[str, Any]]]]


def _by_contact(before: Callable[[Scene], Awaitable[str]], **fields: Any) -> Rehearsal:
    async def rehearsal(scene: Scene) -> tuple[str, dict[str, Any]]:
        return scene.contact, {"ticket": await before(scene)} | fields

    return rehearsal


def _by_anna(**fields: Any) -> Rehearsal:
    async def rehearsal(scene: Scene) -> tuple[str, dict[str, Any]]:
        return "anna", {"ticket": await scene.talking()} | fields

    return rehearsal


async def _press(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.contact, {"text": "Hello"}


async def _presence(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "jana", {"status": "away"}


async def _accept(scene: Scene) -> tuple[str, dict[str, Any]]:
    await scene.pressed()
    return "anna", {"ring": await scene.world.ring_of("anna")}


async def _decline(scene: Scene) -> tuple[str, dict[str, Any]]:
    who, fields = await _accept(scene)
    return who, fields | {"reason": "in a call"}


async def _contact_answers(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.contact, await scene.offered()


async def _agent_answers(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "anna", await scene.offered()


async def _contact_links(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.contact, await scene.with_file()


async def _agent_links(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "anna", await scene.with_file()


async def _take_back(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "anna", await scene.answered()


async def _of_doubt(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "anna", await scene.in_doubt()


async def _remove_person(scene: Scene) -> tuple[str, dict[str, Any]]:
    return "anna", await scene.joined()


REHEARSALS: dict[tuple[str, str], Rehearsal] = {
    ("contact", "press"): _press,
    ("contact", "say"): _by_contact(Scene.talking, body="Is it back?"),
    ("contact", "read"): _by_contact(Scene.talking, seq=1),
    ("contact", "ask_technical"): _by_contact(Scene.talking),
    ("contact", "answer_offer"): _contact_answers,
    ("contact", "ask_severity"): _by_contact(Scene.talking, severity=2, reason="it spreads"),
    ("contact", "leave"): _by_contact(Scene.pressed),
    ("contact", "rate"): _by_contact(Scene.talking, score=5),
    ("contact", "link"): _contact_links,
    ("agent", "presence"): _presence,
    ("agent", "accept"): _accept,
    ("agent", "decline"): _decline,
    ("agent", "say"): _by_anna(body="It is back.", base_seq=3),
    ("agent", "take_back"): _take_back,
    ("agent", "send_again"): _of_doubt,
    ("agent", "mark_arrived"): _of_doubt,
    ("agent", "add_person"): _by_anna(address="guest@elsewhere.example"),
    ("agent", "remove_person"): _remove_person,
    ("agent", "read"): _by_anna(seq=1),
    ("agent", "view"): _by_anna(on=True),
    ("agent", "escalate"): _by_anna(note="Token expired?"),
    ("agent", "transfer"): _by_anna(to="ben", note="Knows the contract"),
    ("agent", "answer_offer"): _agent_answers,
    ("agent", "set_severity"): _by_anna(severity=2, mode="situation", reason="all hotels"),
    ("agent", "set_status"): _by_anna(status="solved"),
    ("agent", "leave"): _by_anna(),
    ("agent", "link"): _agent_links,
}
