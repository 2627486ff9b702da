"""A desk of paper: streams in lists, one `say`, whatever a test of the wire needs to bring about at will."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from desk.actors import Signed
from desk.reading import Opening
from live.base import Live, Published
from routing.allow import Actor
from routing.errors import Forbidden, NotFound
from server.sockets.ports import Acknowledge, Audience


class PaperDesk:
    """Verbs, reading and identity in one. `token-<id>` signs a contact in, `session-<id>` with `csrf` an agent."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.streams: dict[str, list[bytes]] = {}
        self.tickets: dict[str, list[str]] = {}
        self.rings: dict[str, list[str]] = {}
        self.epoch = "epoch-1"
        self.calls: list[str] = []
        self.head_queries = 0
        self.gone: list[str] = []
        self.revoked: set[str] = set()
        self.away = False

    def share(self, other: PaperDesk) -> None:
        """The same record as another process."""
        self.streams, self.tickets, self.rings = other.streams, other.tickets, other.rings

    # Bringing things about --------------------------------------------------------------------------------------------

    def ticket(self, ticket: str, *people: str) -> None:
        """A ticket that these people follow."""
        self.streams.setdefault(ticket, [])
        self.streams.setdefault(f"{ticket}/i", [])
        for person in people:
            self.tickets.setdefault(person, []).append(ticket)

    def write(self, stream: str, body: str = "hello", rid: str | None = None) -> Published:
        """A durable event that nobody is told of yet."""
        ticket = stream.removesuffix("/i")
        seq = len(self.streams[stream]) + 1
        event = {
            "type": "event",
            "ticket": ticket,
            "stream": stream,
            "seq": seq,
            "at": "2026-03-04T09:00:00.000000Z",
            "kind": "message",
            "by": None,
            "data": {"body": body, "rid": rid},
        }
        frame = json.dumps(event, separators=(",", ":")).encode()
        self.streams[stream].append(frame)
        return Published((stream,), frame, stream, seq, "message")

    def say(self, stream: str, body: str = "hello", rid: str | None = None) -> int:
        """A durable event, published."""
        item = self.write(stream, body, rid)
        self.live.publish([item])
        return item.seq

    # Verbs ------------------------------------------------------------------------------------------------------------

    async def perform(self, signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        verb = type(request).__struct_config__.tag
        self.calls.append(verb)
        if verb == "say":
            if request.ticket not in self.streams:
                raise NotFound
            item = self.write(request.ticket, request.body, request.rid)
            acknowledge({"ticket": request.ticket, "seq": item.seq})
            self.live.publish([item])
        elif verb == "press":
            self._press(signed, acknowledge)
        elif verb == "view":
            acknowledge({"seq": len(self.streams[request.ticket]), "internal_seq": 0} if request.on else {})
        elif verb == "leave":
            raise RuntimeError("a fault of ours that nobody may read")
        else:
            raise Forbidden

    def _press(self, signed: Signed, acknowledge: Acknowledge) -> None:
        ticket = f"ticket-of-{signed.actor.id}"
        self.ticket(ticket, signed.actor.id)
        events = [self.write(ticket, "pressed"), self.write(ticket, "waiting")]
        acknowledge({"ticket": ticket, "seq": 2, "chat": {"id": "chat"}})
        topics = (f"contact:{signed.actor.id}",)
        inbox = json.dumps({"type": "inbox", "ticket": ticket, "seq": 2}).encode()
        self.live.publish(
            [
                Published(topics, ticket.encode(), kind="follow"),
                Published(topics, inbox, kind="inbox"),
                *events,
            ]
        )

    async def typing(self, signed: Signed, ticket: str, on: bool) -> None:
        by = {"id": signed.actor.id, "role": signed.actor.kind, "name": signed.name}
        frame = json.dumps({"type": "typing", "ticket": ticket, "on": on, "by": by}).encode()
        self.live.publish([Published((ticket,), frame, kind="typing")])

    async def person_here(self, kind: Audience, person: str) -> None:
        self.calls.append(f"here {person}")

    async def person_gone(self, kind: Audience, person: str) -> None:
        self.gone.append(person)

    # Reading ----------------------------------------------------------------------------------------------------------

    async def opening(self, signed: Signed) -> Opening:
        tickets: list[dict[str, Any]] = []
        for ticket in self.tickets.get(signed.actor.id, []):
            summary: dict[str, Any] = {"ticket": ticket, "seq": len(self.streams[ticket])}
            if signed.actor.kind == "agent":
                summary["internal_seq"] = len(self.streams[f"{ticket}/i"])
            tickets.append(summary)
        rings = [{"ring": ring, "kind": "serve"} for ring in self.rings.get(signed.actor.id, [])]
        you = {"id": signed.actor.id, "name": signed.name}
        return Opening(you=you, tickets=tickets, rings=rings, offers=[], epoch=self.epoch)

    async def may_follow(self, signed: Signed, streams: Sequence[str]) -> set[str]:
        mine = self.tickets.get(signed.actor.id, [])
        own = set(mine) | ({f"{ticket}/i" for ticket in mine} if signed.actor.kind == "agent" else set())
        return {stream for stream in streams if stream in own}

    async def own_tickets(self, signed: Signed) -> list[str]:
        return self.tickets.get(signed.actor.id, [])

    async def missed(self, stream: str, after: int, limit: int) -> tuple[int, list[bytes]]:
        self._read()
        found = self.streams[stream]
        return len(found), found[after : after + limit]

    async def snapshot(self, signed: Signed, stream: str) -> tuple[int, dict[str, Any]]:
        found = self.streams[stream]
        return len(found), {"ticket": {"ticket": stream}, "events": [json.loads(frame) for frame in found[-50:]]}

    async def history(self, signed: Signed, stream: str, before: int, limit: int) -> list[bytes]:
        return self.streams[stream][max(0, before - 1 - limit) : before - 1]

    async def heads(self, streams: Sequence[str]) -> Mapping[str, int]:
        self._read()
        self.head_queries += 1
        return {stream: len(self.streams[stream]) for stream in streams if stream in self.streams}

    async def open_rings(self, agents: Sequence[str]) -> Mapping[str, list[str]]:
        return {agent: self.rings.get(agent, []) for agent in agents}

    def _read(self) -> None:
        if self.away:
            raise RuntimeError("the record is away on purpose")

    # Identity ---------------------------------------------------------------------------------------------------------

    async def contact(self, token: str) -> Signed | None:
        person = token.removeprefix("token-")
        if not token.startswith("token-") or person in self.revoked:
            return None
        return Signed(Actor(id=person, kind="contact"), name=person, button_id="button")

    async def agent(self, cookie: str, csrf: str) -> Signed | None:
        person = cookie.removeprefix("session-")
        if not cookie.startswith("session-") or csrf != "csrf" or person in self.revoked:
            return None
        return Signed(Actor(id=person, kind="agent", roles=frozenset({"agent"})), name=person)
