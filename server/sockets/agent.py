"""What an agent may send: one function for each frame type, one verb in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk import requests
from server.sockets import frames
from server.sockets.answering import answering
from server.sockets.shared import on_history, on_pong, on_resume, on_typing

if TYPE_CHECKING:
    from server.sockets.connection import Connection

__all__ = ["ANSWERING", "on_history", "on_pong", "on_resume", "on_typing"]


async def on_presence(connection: Connection, frame: requests.Presence) -> None:
    """The status an agent chose."""
    await connection.perform(frame)


async def on_accept(connection: Connection, frame: requests.Accept) -> None:
    """Picks up a ring; the slower of two hears `taken`."""
    await connection.perform(frame)


async def on_decline(connection: Connection, frame: requests.Decline) -> None:
    """Lets a ring go on to the next."""
    await connection.perform(frame)


async def on_say(connection: Connection, frame: requests.AgentSay) -> None:
    """A public answer or an internal note."""
    await connection.perform(frame)


async def on_take_back(connection: Connection, frame: requests.TakeBack) -> None:
    """A reply by mail that has not left."""
    await connection.perform(frame)


async def on_send_again(connection: Connection, frame: requests.SendAgain) -> None:
    """A mail in doubt goes once more."""
    await connection.perform(frame)


async def on_mark_arrived(connection: Connection, frame: requests.MarkArrived) -> None:
    """A mail in doubt did arrive."""
    await connection.perform(frame)


async def on_add_person(connection: Connection, frame: requests.AddPerson) -> None:
    """Somebody takes part from now on."""
    await connection.perform(frame)


async def on_remove_person(connection: Connection, frame: requests.RemovePerson) -> None:
    """A contact takes part no more."""
    await connection.perform(frame)


async def on_read(connection: Connection, frame: requests.Read) -> None:
    """Read up to a seq."""
    await connection.perform(frame)


async def on_view(connection: Connection, frame: requests.View) -> None:
    """Looks at a ticket, or away: its streams are followed meanwhile."""
    answer = await connection.perform(frame)
    if frame.on:
        await connection.look_at(frame.ticket, answer["seq"], answer["internal_seq"])
    else:
        connection.look_away(frame.ticket)


async def on_escalate(connection: Connection, frame: requests.Escalate) -> None:
    """Brings second level in."""
    await connection.perform(frame)


async def on_transfer(connection: Connection, frame: requests.Transfer) -> None:
    """Hands the chat, or the ticket, to somebody else."""
    await connection.perform(frame)


async def on_answer_offer(connection: Connection, frame: requests.AnswerOffer) -> None:
    """Yes or no to an offer."""
    await connection.perform(frame)


async def on_set_severity(connection: Connection, frame: requests.SetSeverity) -> None:
    """Another situation, or a correction."""
    await connection.perform(frame)


async def on_set_status(connection: Connection, frame: requests.SetStatus) -> None:
    """Open, waiting, solved; closed by a lead."""
    await connection.perform(frame)


async def on_leave(connection: Connection, frame: requests.Leave) -> None:
    """Leaves the chat."""
    await connection.perform(frame)


async def on_link(connection: Connection, frame: requests.Link) -> None:
    """A link to a file that expires."""
    await connection.perform(frame)


ANSWERING = answering(globals(), frames.AgentFrame)
