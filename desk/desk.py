"""The desk: performs verbs. One transaction each, acknowledged after its commit, published after that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from desk import frames, presence, verifying
from desk.actors import Signed
from desk.clock import Clock
from desk.registry import VERBS, Verb
from desk.saying import answer_said
from desk.viewing import Viewers
from desk.work import Done, LostRace, Work
from desk.writing import digest_of
from live.base import Live, Presence, Published
from routing.allow import allow
from routing.errors import BadRequest, Conflict, DeskError, Expired, NotFound, Unavailable
from store import crash, events, receipts, tickets
from store.engine import Connection, Record, Violation

Acknowledge = Callable[[dict[str, Any]], None]
SignLink = Callable[[str, bool, str], str]
TRIES = 5
_encoder = msgspec.json.Encoder()


class Desk:
    """Composition of record, live and clock; made in the wiring, used by every edge."""

    def __init__(
        self, record: Record, live: Live, clock: Clock, sign_link: SignLink = lambda file, preview, until: ""
    ) -> None:
        """`sign_link(file, preview, until)` makes the address of a file, by whoever serves it."""
        self.record = record
        self.live = live
        self.clock = clock
        self.elsewhere = Presence(frozenset(), settled=False)
        self.sign_link = sign_link
        self.viewers = Viewers(clock.monotonic)

    async def perform(self, signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        """Performs one verb: `acknowledge(answer)` after the commit and before anything is published.

        Raises DeskError when it is refused: then nothing has changed. Cancelling leaves open whether it was done; the
        same rid tells.
        """
        verb = VERBS.get((signed.actor.kind, type(request)))
        if verb is None:
            raise BadRequest("There is no request of this type here.", field="type")
        present = await self.present() if verb.decides else frozenset()
        done = await self._write(
            lambda connection: self._perform(connection, verb, signed, request, present), verb.name
        )
        self._after(verb, signed, request, done)
        acknowledge(done.answer)
        crash.at(verb.name, "after_ack")
        self.publish(done, verb.name)

    async def run(self, name: str, function: Callable[[Work], None], *, decides: bool = True) -> None:
        """A verb of the desk itself: what fell due, who came or went. Raises Unavailable."""
        present = await self.present() if decides else frozenset()

        def transaction(connection: Connection) -> Done:
            work = Work(connection, self.clock.now(), None, present)
            function(work)
            return work.finish({})

        self.publish(await self._write(transaction, name), name)

    async def agents(self) -> Presence:
        """Agents with a lease, or told by another process while not all of them reach each other (desk/roll.py)."""
        found = await self.live.present("agent")
        settled = found.settled if found.whole else self.elsewhere.settled
        return Presence(found.people | self.elsewhere.people, settled, found.whole)

    async def present(self) -> frozenset[str] | None:
        """The same, when nobody is taken for gone by it: whether they are, watch judges."""
        return (await self.agents()).people

    def publish(self, done: Done, name: str) -> None:
        """To this process' sockets at once, to the others bundled; the doorbell for what falls due."""
        self.live.publish(done.items[:1])
        crash.at(name, "during_fanout")  # some have heard it, others have not: the heads tell them
        self.live.publish(done.items[1:])
        if done.bell:
            self.live.bell()

    async def _write(self, transaction: Callable[[Connection], Done], name: str) -> Done:
        for _ in range(TRIES):
            try:
                return await self.record.write(transaction, name=name)
            except (LostRace, Violation):
                continue  # somebody was faster with the same chat, number or rid: judged again on what is there now
        raise Unavailable(retry_s=1.0)

    def _perform(
        self, connection: Connection, verb: Verb, signed: Signed, request: Any, present: frozenset[str] | None
    ) -> Done:
        digest = digest_of(request) if verb.keeps != "nothing" else ""
        if digest:
            repeated = _repeated(connection, verb, signed, request.rid, digest)
            if repeated is not None:
                return repeated
        now = self.clock.now()
        work = Work(connection, now, signed, present, digest if verb.keeps == "message" else "")
        try:
            done = work.finish(verb.function(work, signed, request))
        except DeskError as error:
            if digest and receipts.find(connection, signed.actor.id, request.rid) is not None:
                raise LostRace from error  # another process did it while this one waited for its locks: so it answers
            raise
        if verb.keeps == "receipt":
            receipts.keep(
                connection, signed.actor.id, request.rid, verb.name, digest, _encoder.encode(done.answer).decode(), now
            )
        return done

    # Presence --------------------------------------------------------------------------------------------------------

    async def person_here(self, kind: Literal["agent", "contact"], person: str) -> None:
        """The first line of a person is open."""
        await self._person(kind, person, presence.agent_back, presence.contact_here, "here")

    async def person_gone(self, kind: Literal["agent", "contact"], person: str) -> None:
        """The last line of a person is closed."""
        for ticket in self.viewers.gone(person):
            self._show_viewers(ticket)
        await self._person(kind, person, presence.agent_lost, presence.contact_away, "gone")

    async def _person(
        self,
        kind: str,
        person: str,
        agent: Callable[[Work, str], None],
        contact: Callable[[Work, str], None],
        what: str,
    ) -> None:
        function = agent if kind == "agent" else contact
        await self.run(f"{kind}_{what}", lambda work: function(work, person))

    async def verified(self, visitor: str, contact: str) -> None:
        """A visitor turned out to be this contact: their tickets and chat go on as theirs. Raises Unavailable."""
        await self.run("verified", lambda work: verifying.verified(work, visitor, contact))

    # What is never stored --------------------------------------------------------------------------------------------

    async def typing(self, signed: Signed, ticket: str, on: bool) -> None:
        """Told to the others on the ticket. Raises NotFound."""
        await self._may(signed, ticket, "typing")
        fields = {"ticket": ticket, "on": on, "by": signed.by}
        self.live.publish([frames.ephemeral((ticket,), "typing", fields)])
        if signed.actor.kind == "agent" and self.viewers.writing(ticket, signed.actor.id, on):
            self._show_viewers(ticket)

    def _after(self, verb: Verb, signed: Signed, request: Any, done: Done) -> None:
        """What a verb's answer gets from outside the record."""
        if verb.name == "link":
            url = self.sign_link(done.answer.pop("file"), bool(done.answer.pop("preview")), str(done.answer["until"]))
            done.answer["url"] = url
        elif verb.name == "view" and self.viewers.look(request.ticket, signed.actor.id, signed.name, request.on):
            done.items.append(self._viewers_frame(request.ticket))

    def _show_viewers(self, ticket: str) -> None:
        self.live.publish([self._viewers_frame(ticket)])

    def _viewers_frame(self, ticket: str) -> Published:
        fields = {"ticket": ticket, "agents": self.viewers.of(ticket)}
        return frames.ephemeral((ticket + events.INTERNAL,), "viewers", fields)

    async def _may(self, signed: Signed, ticket: str, verb: str) -> None:
        found = await self.record.read(lambda connection: tickets.find(connection, ticket))
        if found is None or not allow(signed.actor, verb, found.facts).allowed:
            raise NotFound


def _repeated(connection: Connection, verb: Verb, signed: Signed, rid: str, digest: str) -> Done | None:
    """The answer that was given to this rid; what it published is published again. Raises Conflict, Expired."""
    receipt = receipts.find(connection, signed.actor.id, rid)
    if receipt is None:
        return None
    if receipt.expired:
        raise Expired("This was done too long ago to be repeated.")
    if receipt.digest != digest or receipt.verb != verb.name:
        raise Conflict("This rid was used for something else.", field="rid")
    answer = answer_said(signed, receipt.said) if receipt.said else json.loads(receipt.answer or "")
    return Done(answer, _again(connection, answer))


def _again(connection: Connection, answer: dict[str, Any]) -> list[Published]:
    stream, seq = answer.get("stream", answer.get("ticket")), answer.get("seq")
    frame = events.one(connection, str(stream), seq) if isinstance(seq, int) and stream else None
    if frame is None:
        return []
    kind = json.loads(frame)["kind"]
    return [Published((str(stream),), frame, str(stream), int(str(seq)), kind)]
