"""A day at the desk, played at random from a seed in virtual time: people press, talk, vanish, come back, hand over."""

from __future__ import annotations

import random
import uuid
from collections.abc import Awaitable, Callable
from operator import itemgetter
from typing import Any

from desk import requests
from routing.errors import DeskError, NotFound
from server.demo import cast
from server.demo.client import ClientLog
from store import chats, jobs
from store.engine import Connection, Record
from tests.support.checker import check
from tests.support.reduce import differences, reduce
from tests.support.world import NIGHT, OPEN, Kind, World

CONTACTS = ("priya", "owen", "mei", "jonas", "hugo", "visitor")
AGENTS = tuple(each.id for each in cast.AGENTS if each.teams)
LOOKS = 0.3
"""How often viewers compare what they believe with the record; what came since is reduced then."""
WORDS = ("Hello", "It is down again", "Thank you", "One moment", "Could you look?")
Action = Callable[["Simulation"], Awaitable[None]]


class Simulation:
    """`await Simulation(seed, record, url).play(steps)` gives every broken promise as a sentence."""

    def __init__(self, seed: int, record: Record, url: str) -> None:
        """`record`: an empty one; `url`: where the checker finds it."""
        self.chance = random.Random(seed)
        self.record = record
        self.url = url
        self.done: set[str] = set()
        self.faults: list[str] = []
        self.tickets: list[str] = []
        self.pressed: dict[str, str] = {}
        self.logs: dict[str, ClientLog] = {}
        self.frames: dict[str, list[dict[str, Any]]] = {}
        self.believed: dict[tuple[str, str], dict[str, Any]] = {}
        self.world: World

    async def play(self, steps: int) -> list[str]:
        """Plays, brings everybody back, lets the queue empty, compares."""
        here = tuple(agent for agent in AGENTS if self.chance.random() < 0.6)
        start = OPEN if self.chance.random() < 0.7 else NIGHT
        self.world = await World.make(self.record, start=start, here=here)
        await self.world.visitor()
        for contact in CONTACTS:
            await self.world.comes("contact", contact)
        for person in (*CONTACTS, *AGENTS):
            kind: Kind = "contact" if person in CONTACTS else "agent"
            self.logs[person] = ClientLog(person, kind)
            self.frames[person] = self.world.listen(f"{kind}:{person}")
        for _ in range(steps):
            await self.chance.choices(_ACTIONS, _WEIGHTS)[0](self)
            await self.world.due()
            if self.chance.random() < LOOKS:
                await self._compare()
        await self._compare()
        await self._come_to_rest()
        await self.world.record.close()
        self.faults += check(self.url, list(self.logs.values()), settled=False)
        return self.faults

    # Doing --------------------------------------------------------------------------------------------------------

    async def ask(self, who: str, request: type, **fields: Any) -> dict[str, Any] | None:
        """Performs a verb; None when the desk refuses it, which is its right."""
        rid = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        verb = str(request.__struct_config__.tag)  # type: ignore[attr-defined]  # every request is a tagged struct
        try:
            answer = await self.world.ask(who, request, rid=rid, **fields)
        except DeskError:
            return None
        self.done.add(f"{self.logs[who].kind} {verb}")
        log = self.logs[who]
        log.acked[rid], log.verbs[rid] = answer, verb
        if verb == "say":
            log.bodies[rid] = fields["body"]
        if self.chance.random() < 0.1 and verb not in ("view", "link"):
            again = await self.world.ask(who, request, rid=rid, **fields)
            if again != answer:
                self.faults.append(f"{who}: {verb} was answered {answer}, repeated {again}")
        return answer

    def follow(self, ticket: str) -> None:
        """Viewers begin to listen to a ticket they may see."""
        if ticket not in self.tickets:
            self.tickets.append(ticket)

    def somebody_of(self, ticket: str) -> str:
        """Mostly whose ticket it is, else anybody."""
        return self.pressed.get(ticket, "owen") if self.chance.random() < 0.7 else self.chance.choice(CONTACTS)

    def a_ticket(self) -> str:
        return self.chance.choice(self.tickets) if self.tickets else "none"

    # Looking ------------------------------------------------------------------------------------------------------

    async def _compare(self) -> None:
        """Every viewer's old snapshot with the frames since is the fresh one, ticket by ticket."""
        for ticket in self.tickets:
            for viewer in (*CONTACTS, *AGENTS):
                try:
                    fresh = await self.world.summary(viewer, ticket)
                except NotFound:
                    self.believed.pop((viewer, ticket), None)
                    continue
                if f"{viewer} {ticket}" not in self.frames:
                    self.frames[f"{viewer} {ticket}"] = self._listening(viewer, ticket)
                heard = self.frames[f"{viewer} {ticket}"]
                believed = self.believed.get((viewer, ticket))
                mine = [frame for frame in self.frames[viewer] if frame.get("ticket") == ticket]
                if believed is not None:
                    for frame in sorted([*heard, *mine], key=itemgetter("heard")):
                        believed = reduce(believed, frame)
                    untold = {side: believed[side] for side in await self._untold(ticket)}
                    self.faults += [f"{viewer} of {ticket}: {each}" for each in differences(believed, fresh | untold)]
                    fresh |= untold
                heard.clear()
                self.believed[viewer, ticket] = fresh
        for person in (*CONTACTS, *AGENTS):
            self._no_secrets(person)
            self.frames[person].clear()

    async def _untold(self, ticket: str) -> list[str]:
        """Read marks are told at most once a second: those that will be told at the end of this one."""

        def query(connection: Connection) -> list[str]:
            return [f"read_{side}" for side in ("contact", "desk") if jobs.exists(connection, f"read:{ticket}:{side}")]

        return await self.world.record.read(query)

    def _listening(self, viewer: str, ticket: str) -> list[dict[str, Any]]:
        streams = (ticket,) if viewer in CONTACTS else (ticket, f"{ticket}/i")
        return self.world.listen(*streams)

    def _no_secrets(self, person: str) -> None:
        if person in CONTACTS:
            for frame in self.frames[person]:
                if frame["type"] not in ("inbox", "queue", "promise", "follow", "unfollow", "revoked"):
                    self.faults.append(f"{person} was sent {frame['type']}")
                elif "internal_seq" in frame:
                    self.faults.append(f"{person} was told of an internal stream")

    async def _come_to_rest(self) -> None:
        """Everybody is back and answers: nobody may be left waiting."""
        for agent in AGENTS:
            await self.world.comes("agent", agent)
            await self.ask(agent, requests.Presence, status="available", auto_answer=False)
        for _ in range(30):
            await self.world.due()
            open_rings = await self.world.reading.open_rings(AGENTS)
            for agent, ids in open_rings.items():
                for ring in ids:
                    await self.ask(agent, requests.Accept, ring=ring)
            await self.world.go_on(5)
        waiting = await self.world.record.read(chats.waiting)
        if waiting:
            self.faults.append(f"still waiting with everybody at the desk: {sorted(waiting)}")


# What people do -----------------------------------------------------------------------------------------------------


async def _press(play: Simulation) -> None:
    who = play.chance.choice(CONTACTS)
    text = play.chance.choice([*WORDS, None])
    answer = await play.ask(
        who, requests.Press, text=text, severity=play.chance.choice([None, 1, 3, 5]),
        technical=play.chance.random() < 0.1, message_only=text is not None and play.chance.random() < 0.1,
    )  # fmt: skip
    if answer is not None:
        play.follow(answer["ticket"])
        play.pressed[answer["ticket"]] = who


async def _contact_says(play: Simulation) -> None:
    ticket = play.a_ticket()
    answer = await play.ask(
        play.somebody_of(ticket), requests.ContactSay, ticket=ticket, body=play.chance.choice(WORDS)
    )
    if answer is not None:
        play.follow(answer["ticket"])


async def _agent_says(play: Simulation) -> None:
    ticket = play.a_ticket()
    await play.ask(
        play.chance.choice(AGENTS), requests.AgentSay, ticket=ticket, body=play.chance.choice(WORDS),
        visibility=play.chance.choice(["public", "internal"]), anyway=True,
        next=play.chance.choice([None, "customer", "desk", "desk", "solved"]),
    )  # fmt: skip


async def _answers_rings(play: Simulation) -> None:
    for agent, ids in (await play.world.reading.open_rings(AGENTS)).items():
        for ring in ids:
            if play.chance.random() < 0.7:
                await play.ask(agent, requests.Accept, ring=ring)
            elif play.chance.random() < 0.6:
                await play.ask(agent, requests.Decline, ring=ring, reason="busy")


async def _contact_acts(play: Simulation) -> None:
    ticket = play.a_ticket()
    who, (verb, fields) = play.somebody_of(ticket), play.chance.choice(_CONTACT_ACTS)
    await play.ask(who, verb, ticket=ticket, **fields)


async def _agent_acts(play: Simulation) -> None:
    who, ticket = play.chance.choice(AGENTS), play.a_ticket()
    verb, fields = play.chance.choice(_AGENT_ACTS)
    await play.ask(who, verb, ticket=ticket, **fields)


async def _transfers(play: Simulation) -> None:
    to = play.chance.choice([*AGENTS, "pool", "technical"])
    owner = play.chance.random() < 0.3
    await play.ask(play.chance.choice(AGENTS), requests.Transfer, ticket=play.a_ticket(), to=to, note="?", owner=owner)


async def _answers_offers(play: Simulation) -> None:
    for contact in CONTACTS:
        for offer in (await play.world.reading.opening(await play.world.signed(contact))).offers:
            yes = play.chance.random() < 0.5
            await play.ask(contact, requests.AnswerOffer, ticket=offer["ticket"], offer=offer["offer"], yes=yes)


async def _chooses_status(play: Simulation) -> None:
    status = play.chance.choice(["available", "available", "away", "offline"])
    auto = play.chance.choice([None, None, True, False])
    await play.ask(play.chance.choice(AGENTS), requests.Presence, status=status, auto_answer=auto)


async def _comes_or_goes(play: Simulation) -> None:
    person = play.chance.choice((*AGENTS, *CONTACTS))
    kind: Kind = "contact" if person in CONTACTS else "agent"
    if (kind, person) not in play.world.there:
        await play.world.comes(kind, person)
    elif play.chance.random() < 0.5:
        await play.world.goes(kind, person)
    else:
        play.world.there.discard((kind, person))  # the line dies without a word


async def _is_verified(play: Simulation) -> None:
    """The visitor turns out to be somebody, and is nobody again."""
    await play.world.desk.verified("visitor", play.chance.choice(["priya", "mei"]))


async def _time_passes(play: Simulation) -> None:
    await play.world.go_on(play.chance.choice([1, 5, 20, 26, 40]))


_CONTACT_ACTS: tuple[tuple[type, dict[str, Any]], ...] = (
    (requests.Leave, {}),
    (requests.AskTechnical, {}),
    (requests.AskSeverity, {"severity": 2, "reason": "worse"}),
    (requests.Read, {"seq": 3}),
    (requests.Rate, {"score": 4}),
)
_AGENT_ACTS: tuple[tuple[type, dict[str, Any]], ...] = (
    (requests.Leave, {}),
    (requests.Escalate, {"note": "please"}),
    (requests.SetSeverity, {"severity": 2, "mode": "situation", "reason": "wide"}),
    (requests.SetSeverity, {"severity": 4, "mode": "correction", "reason": "not so bad"}),
    (requests.SetStatus, {"status": "waiting"}),
    (requests.SetStatus, {"status": "solved"}),
    (requests.SetStatus, {"status": "open"}),
    (requests.SetStatus, {"status": "closed"}),
    (requests.Read, {"seq": 5}),
    (requests.View, {"on": True}),
)
_WEIGHED: tuple[tuple[Action, int], ...] = (
    (_press, 8), (_contact_says, 6), (_agent_says, 6), (_answers_rings, 9), (_contact_acts, 4), (_agent_acts, 5),
    (_transfers, 3), (_answers_offers, 2), (_chooses_status, 4), (_comes_or_goes, 4), (_time_passes, 6),
    (_is_verified, 1),
)  # fmt: skip
_ACTIONS = [action for action, _ in _WEIGHED]
_WEIGHTS = [weight for _, weight in _WEIGHED]
