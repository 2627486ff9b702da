"""What both audiences may send besides verbs; every function answers one frame type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.errors import BadRequest
from server.sockets import frames
from server.sockets.frames import History, Pong, Resume, Typing

if TYPE_CHECKING:
    from server.sockets.connection import Connection

MOST_HISTORY = 100


async def on_resume(connection: Connection, frame: Resume) -> None:
    """What came after the given seqs; after an emptied queue, or with none given, also the open rings."""
    if connection.pump.held:
        raise BadRequest("Over HTTP a new stream resumes.", field="type")
    await connection.resume(frame.resume)


async def on_history(connection: Connection, frame: History) -> None:
    """Events before a seq, the newest that fit into one frame."""
    if not 1 <= frame.limit <= MOST_HISTORY:
        raise BadRequest("Between 1 and 100 events can be asked for.", field="limit")
    reading = connection.sockets.reading
    events = await reading.history(connection.who, frame.stream, frame.before, frame.limit)
    connection.answer(frames.ok(frame.rid, {"events": frames.fitting(events)}))


async def on_typing(connection: Connection, frame: Typing) -> None:
    """Shown to the others on the ticket, kept nowhere."""
    await connection.sockets.verbs.typing(connection.who, frame.ticket, frame.on)


async def on_pong(connection: Connection, frame: Pong) -> None:
    """The answer to a heartbeat: that it came was all."""
