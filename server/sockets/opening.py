"""From `hello` to `ready`: follow first, then read, then say exactly what was missed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from routing.errors import DeskError, NotFound
from server.sockets import frames
from server.sockets.frames import Hello
from server.sockets.heartbeat import instant
from server.sockets.streams import streams_of, ticket_of

if TYPE_CHECKING:
    from desk.reading import Opening
    from server.sockets.connection import Connection


log = logging.getLogger(__name__)


class Refused(Exception):
    """The line cannot be opened; `code` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def log_unopened(error: Exception) -> None:
    """A refusal of the desk is its own affair; anything else is a fault of ours."""
    if isinstance(error, DeskError | TimeoutError):
        log.warning("socket.unopened error=%s", type(error).__name__)
    else:
        log.error("socket.unopened", exc_info=error)


async def open_line(connection: Connection, hello: Hello) -> None:
    """Signs the person in, sends `ready` and starts what is missing. Raises Refused, DeskError when the desk is away.

    Cancelling leaves a half-open line that `Sockets.left` takes away.
    """
    async with connection.sockets.gate.turn(returning=bool(hello.resume)):
        await _open(connection, hello)


async def _open(connection: Connection, hello: Hello) -> None:
    sockets = connection.sockets
    signed = await connection.authenticate()
    if signed is None:
        raise Refused(4401)
    connection.signed = signed.speaking(hello.lang, hello.zone)
    sockets.admit(connection)
    for topic in connection.topics():
        sockets.live.follow(topic, connection.receive)
    await connection.alive(sockets.monotonic())
    await sockets.live.announced()
    opening = await sockets.reading.opening(connection.who)
    unknown = await _follow(connection, hello, opening)
    await sockets.live.announced()
    unsure = [each.stream for each in connection.following.streams.values() if not each.behind]
    heads = await sockets.reading.heads(unsure) if unsure else {}
    _send_ready(connection, opening)
    for stream in unknown:
        connection.refuse(None, NotFound(), stream=stream)
    _start(connection, heads)
    connection.opened()
    if opening.awaited:
        sockets.spawn(sockets.verbs.person_here(connection.audience, connection.person))


async def _follow(connection: Connection, hello: Hello, opening: Opening) -> list[str]:
    """Follows the tickets and what is resumed; answers the streams that this person may not follow."""
    followed: dict[str, int] = {}
    for summary in opening.tickets:
        ticket = summary["ticket"]
        connection.following.own.add(ticket)
        followed[ticket] = summary["seq"]
        if connection.audience == "agent" and "internal_seq" in summary:
            followed[streams_of(ticket, internal=True)[1]] = summary["internal_seq"]
    others = [stream for stream in hello.resume if stream not in followed]
    allowed = await connection.sockets.reading.may_follow(connection.who, others) if others else set()
    known = [stream for stream in hello.resume if stream in followed or stream in allowed]
    for stream in known:  # in the client's order: so the missing events come
        connection.following.own.add(ticket_of(stream))
        connection.following.follow(stream, hello.resume[stream], resumed=True, anew=hello.epoch != opening.epoch)
    for stream, seq in followed.items():
        if stream not in hello.resume:
            connection.following.follow(stream, seq)
        connection.following.streams[stream].head = seq
    return [stream for stream in others if stream not in allowed]


def _start(connection: Connection, heads: Mapping[str, int]) -> None:
    for followed in list(connection.following.streams.values()):
        followed.head = max(followed.head, heads.get(followed.stream, 0))
        if followed.anew or followed.head != followed.last:
            connection.following.seek(followed.stream)
        else:
            connection.following.replayed(followed)


def _send_ready(connection: Connection, opening: Opening) -> None:
    frame: dict[str, object] = {
        "type": "ready",
        "epoch": opening.epoch,
        "now": instant(connection.sockets),
        "you": opening.you,
        "tickets": opening.tickets,
        "rings": opening.rings,
        "offers": opening.offers,
        "heartbeat_s": connection.sockets.heartbeat.every_s,
    }
    if opening.people is not None:
        frame["people"] = opening.people
    connection.rings = frozenset(str(ring["ring"]) for ring in opening.rings)
    connection.answer(frames.encode(frame))
