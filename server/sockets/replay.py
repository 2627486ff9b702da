"""Sends one connection what it misses of a stream, read from the record and paced by the peer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from server.sockets import frames
from server.sockets.streams import Followed

if TYPE_CHECKING:
    from server.sockets.connection import Connection

log = logging.getLogger(__name__)

MOST_MISSED = 500
PORTION = 100


async def replay_some(connection: Connection, followed: Followed) -> None:
    """One portion; the caller comes again until the stream is whole. Cancelling loses nothing: seqs tell.

    Raises OSError when the peer is gone.
    """
    try:
        if followed.anew:
            await _snapshot(connection, followed)
        else:
            await _portion(connection, followed)
    except OSError:
        raise
    except Exception:  # the record is away: the stream is tried again at the next heartbeat
        log.exception("socket.replay_failed stream=%s", followed.stream)
        connection.following.broken(followed)


async def _portion(connection: Connection, followed: Followed) -> None:
    turn, after = followed.turn, followed.last
    head, events = await connection.sockets.reading.missed(followed.stream, after, PORTION)
    if followed.turn != turn:
        return
    followed.head = max(followed.head, head)
    if head < after or head - after > MOST_MISSED:
        followed.anew = True
        return
    if not events:
        followed.head = followed.last  # what was announced is not in the record: the record is right
    for event in events:
        if connection.closed or followed.turn != turn:
            return
        followed.last += 1
        await connection.pump.send(event)
    if followed.turn == turn and followed.last >= followed.head:
        connection.following.replayed(followed)


async def _snapshot(connection: Connection, followed: Followed) -> None:
    turn = followed.turn
    seq, snapshot = await connection.sockets.reading.snapshot(connection.who, followed.stream)
    if followed.turn != turn:
        return
    followed.anew = followed.resumed = False
    followed.last, followed.head = seq, max(seq, followed.head)
    await connection.pump.send(
        frames.encode({"type": "reset", "stream": followed.stream, "seq": seq, "snapshot": snapshot})
    )
    if followed.turn == turn and followed.last >= followed.head:
        connection.following.replayed(followed)
