"""One opened line of one person, whatever carries it: requests in, what concerns them out, when it is given up."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

from desk.actors import Signed
from desk.texts import ENGLISH
from live.base import Published
from routing.errors import BadRequest, DeskError, NotFound, SlowDown, Unavailable
from server.sockets import frames
from server.sockets.buckets import Exhausted, Patience
from server.sockets.following import Following
from server.sockets.ports import Audience, Authenticate, Transport
from server.sockets.pump import Portion, Pump
from server.sockets.streams import streams_of, ticket_of

if TYPE_CHECKING:
    from server.sockets.sockets import Sockets

log = logging.getLogger(__name__)

SILENT_S = 15.0
ORIGIN_GONE = 4403
OPEN_ANEW = 1012
LATEST_WINS = frozenset({"typing", "queue", "promise", "people", "viewers"})
FOR_CONTACTS = frozenset({"typing", "queue", "promise", "inbox"})

performing: ContextVar[Connection | None] = ContextVar("performing", default=None)
"""The connection whose request runs: what the verb publishes reaches it within the same call."""


class View(msgspec.Struct):
    """What a single request over HTTP tells this person's streams."""

    ticket: str
    on: bool = True
    seq: int = 0
    internal_seq: int = 0


class _About(msgspec.Struct):
    """What tells two ephemeral frames of one kind apart."""

    ticket: str = ""
    ring: str = ""
    by: msgspec.Raw = msgspec.Raw(b"")


_about = msgspec.json.Decoder(_About)


class Connection:
    """From the opening until the close. Lives on the event loop; `receive` and `shut` never wait."""

    def __init__(
        self, sockets: Sockets, audience: Audience, transport: Transport, name: str, authenticate: Authenticate
    ) -> None:
        now = sockets.monotonic()
        self.sockets = sockets
        self.audience: Audience = audience
        self.transport = transport
        self.name = name
        self.authenticate = authenticate
        self.signed: Signed | None = None
        self.near = False
        """It comes from this machine."""
        self.following = Following(self)
        self.pump = Pump(sockets, transport, self._fell_behind, self._next_portion)
        self.patience = Patience(sockets.rate, now)
        self.ready = False
        self.left = False
        self.over = False
        """Its session has ended: nobody comes back with it."""
        self.busy = False
        self.heard_at = self.asked_at = self.checked_at = now
        self.rings: frozenset[str] = frozenset()
        """Rings this agent was told of; one that is open and not here got lost."""
        self._was_behind = False
        self._beaten_at = 0.0
        self._early: list[Published] = []

    @property
    def who(self) -> Signed:
        """Whose line it is. Only after the opening."""
        assert self.signed is not None
        return self.signed

    @property
    def person(self) -> str:
        return self.who.actor.id

    @property
    def closed(self) -> bool:
        return self.pump.ended

    def topics(self) -> tuple[str, ...]:
        """What concerns this person besides streams."""
        if self.audience == "agent":
            return (f"agent:{self.person}", "desk")
        elif self.who.button_id is not None:
            return (f"contact:{self.person}", f"button:{self.who.button_id}")
        else:
            return (f"contact:{self.person}",)

    # Requests ---------------------------------------------------------------------------------------------------------

    async def take(self, text: str | None) -> None:
        """One frame of the client; None for one that is no text. Answers by itself; cancelling may lose an answer."""
        now = self.sockets.monotonic()
        if self._lease_is_due(now):
            await self.alive(now)
        self.heard_at = now
        try:
            wait_s = self.patience.take(now)
            frame = self._read(text)
        except Exhausted:
            self.shut(4029)
        except frames.Unread as unread:
            self.refuse(unread.rid, _slow_down(wait_s) if wait_s else unread.error)
        else:
            await self._take(frame, wait_s, now)

    def _read(self, text: str | None) -> Any:
        if text is None:
            raise frames.Unread(None, BadRequest("Frames are text."))
        return frames.read_frame(text, frames.AGENT if self.audience == "agent" else frames.CONTACT)

    async def _take(self, frame: Any, wait_s: float, now: float) -> None:
        rid = getattr(frame, "rid", None)
        if wait_s:
            self.refuse(rid, _slow_down(wait_s))
        elif not isinstance(frame, frames.Pong):
            self.asked_at = now
            await self._run(frame, rid)

    async def _run(self, frame: Any, rid: str | None) -> None:
        token = performing.set(self)
        self.busy = True
        try:
            await self.sockets.answer(self, frame)
        except DeskError as error:
            self.refuse(rid, error)
        except Exception:  # the edge: a fault of ours is logged, the client may send it again
            log.exception("socket.request_failed type=%s", type(frame).__name__)
            self.refuse(rid, Unavailable())
        finally:
            self.busy = False
            performing.reset(token)
            self.sockets.progressed()

    def refuse(self, rid: str | None, error: DeskError, **more: Any) -> None:
        """Says why not, in the person's language."""
        language = ENGLISH if self.signed is None else self.signed.language
        self.answer(frames.refused(rid, error, language, **more))

    async def perform(self, request: Any) -> dict[str, Any]:
        """Runs one verb; `ok` is queued before what the verb publishes. Raises DeskError when refused."""
        given: dict[str, Any] = {}

        def acknowledge(answer: dict[str, Any]) -> None:
            given.update(answer)
            self.answer(frames.ok(request.rid, answer))

        await self.sockets.verbs.perform(self.who, request, acknowledge)
        return given

    async def resume(self, cursors: dict[str, int]) -> None:
        """What is missing; agents hear open rings again when they were behind, or ask with no stream."""
        await self.following.resume(cursors)
        if self.audience == "agent" and (self._was_behind or not cursors):
            self._was_behind = False
            await self.repeat_rings()

    async def look_at(self, ticket: str, seq: int, internal_seq: int) -> None:
        """Follows both streams of a ticket that is looked at, from the seqs of the answer."""
        if self.pump.held:
            self._pass_on(View(ticket=ticket, seq=seq, internal_seq=internal_seq))
        else:
            cursors = zip(streams_of(ticket, internal=True), (seq, internal_seq), strict=True)
            new = {stream: after for stream, after in cursors if stream not in self.following.streams}
            await self.following.follow_from(new)

    def look_away(self, ticket: str) -> None:
        """What is followed by right stays followed."""
        if self.pump.held:
            self._pass_on(View(ticket=ticket, on=False))
        elif ticket not in self.following.own:
            self.following.unfollow(ticket)

    def _pass_on(self, view: View) -> None:
        """The person's streams over HTTP, wherever they are held, look where this request said."""
        item = Published((f"agent:{self.person}",), msgspec.json.encode(view), kind="view")
        self.sockets.live.publish([item])

    # What comes in through live ---------------------------------------------------------------------------------------

    def receive(self, item: Published) -> None:
        """One published item: passed on, noted, or dropped."""
        if self.closed:
            return
        elif item.stream is not None:
            self.following.event(item.stream, item)
        elif item.kind == "revoked":
            self.sockets.spawn(self.check(int(item.frame or b"4410")))
        elif item.kind in ("pulse", "view"):
            if self.transport.streaming:
                self.sockets.spawn(self._told_by_request(item))
        elif self.ready:
            self._ephemeral(item)
        else:
            self._early.append(item)

    def opened(self) -> None:
        """`ready` is queued: what came before it follows."""
        self.ready = True
        early, self._early = self._early, []
        for item in early:
            self.receive(item)
        self.pump.wake()

    def _ephemeral(self, item: Published) -> None:
        match item.kind:
            case "follow":
                if performing.get() is self or self.transport.streaming:
                    self.following.follow_ticket(item.frame.decode())
            case "unfollow":
                self.following.unfollow(item.frame.decode())
            case "rights":
                self.sockets.spawn(self.review(item.frame.decode()))
            case "typing" if performing.get() is self:
                pass
            case _ if self.audience == "agent" or item.kind in FOR_CONTACTS:
                self._whisper(item)

    def _whisper(self, item: Published) -> None:
        about = _about.decode(item.frame)
        if item.kind == "ring":
            self.rings |= {about.ring}
        if item.kind == "inbox" and self.following.waits(about.ticket, item.frame):
            return
        latest = bytes(about.by) if item.kind in LATEST_WINS else item.frame
        self.pump.whisper((item.kind, about.ticket, about.ring, latest), item.frame)

    async def _told_by_request(self, item: Published) -> None:
        """A request of this person came in through another door, perhaps another process."""
        if item.kind == "pulse":
            await self.alive(self.sockets.monotonic())
            return
        view = msgspec.json.decode(item.frame, type=View)
        if view.on:
            await self.look_at(view.ticket, view.seq, view.internal_seq)
        else:
            self.look_away(view.ticket)

    async def repeat_rings(self) -> None:
        """Every ring that is open for this agent, once more."""
        opening = await self.sockets.reading.opening(self.who)
        self.rings = frozenset(str(ring["ring"]) for ring in opening.rings)
        for ring in opening.rings:
            self.answer(frames.encode({"type": "ring"} | dict(ring)))

    def missed_ring(self, open_rings: Iterable[str]) -> None:
        """Tells the agent of rings whose frame got lost."""
        if not self.rings.issuperset(open_rings):
            self.sockets.spawn(self.repeat_rings())

    # Outgoing ---------------------------------------------------------------------------------------------------------

    def answer(self, frame: bytes) -> None:
        """Queues an answer, or another frame that must not be dropped."""
        self.pump.answer(frame)

    def _fell_behind(self) -> None:
        log.info("socket.behind person=%s", self.person)
        self._was_behind = True
        self.following.rest()

    def _next_portion(self) -> Portion | None:
        return self.following.next_portion() if self.ready else None

    # Health -----------------------------------------------------------------------------------------------------------

    async def alive(self, now: float) -> None:
        """The peer gave a sign of life: its lease is renewed, at most once a second."""
        self.heard_at = now
        if self._lease_is_due(now):
            self._beaten_at = now
            await self.sockets.live.beat(self.audience, self.person, self.name)

    def _lease_is_due(self, now: float) -> bool:
        return now - self._beaten_at >= 1.0 and self.signed is not None and not self.pump.held

    async def check(self, code: int) -> None:
        """Closes the line unless its own session still holds: another one of the person may have ended.

        A person who may do other things than when the line was opened opens it anew. What became theirs while live
        lost the word is followed; of an agent's streams, those that concern them no more are dropped.
        """
        now = None if code == ORIGIN_GONE or self.signed is None else await self.authenticate()
        if now is None or self.signed is None:
            self.over = code != ORIGIN_GONE
            self.shut(code)
        elif now.actor != self.signed.actor:
            self.shut(OPEN_ANEW)
        else:
            for ticket in await self.sockets.reading.own_tickets(self.who):
                if ticket not in self.following.own:
                    self.following.follow_ticket(ticket)
            if self.audience == "agent":
                await self.review()

    async def review(self, ticket: str = "") -> None:
        """Drops the streams, of one ticket or of all, that this person may not follow any more."""
        streams = [stream for stream in self.following.streams if not ticket or ticket_of(stream) == ticket]
        allowed = await self.sockets.reading.may_follow(self.who, streams) if streams else set()
        for stream in streams:
            if stream not in allowed:
                self.following.unfollow(ticket_of(stream))
                self.refuse(None, NotFound(), stream=stream)

    def give_up_if_dead(self, now: float) -> None:
        """Closes a line whose peer does not read, drops one whose peer is silent."""
        if self.pump.stuck(now):
            self.shut(4008)
        elif not self.busy and now - self.heard_at > SILENT_S:
            log.info("socket.silent person=%s", self.person)
            self.pump.end()
            self.transport.abort()

    def shut(self, code: int) -> None:
        """Closes with this code."""
        if not self.closed:
            self.pump.end()
            self.transport.shut(code)

    def leave(self) -> None:
        """Follows nothing any more."""
        self.pump.end()
        self.following.leave()
        if self.signed is not None:
            for topic in self.topics():
                self.sockets.live.unfollow(topic, self.receive)


class SingleRequest(Connection):
    """One request over HTTP: it follows nothing, and its answer is taken from the queue."""

    def __init__(
        self, sockets: Sockets, audience: Audience, transport: Transport, authenticate: Authenticate, signed: Signed
    ) -> None:
        super().__init__(sockets, audience, transport, "", authenticate)
        self.signed = signed
        self.pump.held = True
        self.patience = sockets.patience(audience, signed.actor.id)


def _slow_down(wait_s: float) -> SlowDown:
    return SlowDown(retry_s=round(wait_s, 3))
