"""What a contact may send: one function for each frame type, one verb in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk import requests
from routing.errors import SlowDown
from server.sockets import frames
from server.sockets.answering import answering
from server.sockets.shared import on_history, on_pong, on_resume, on_typing

if TYPE_CHECKING:
    from server.sockets.connection import Connection

__all__ = ["ANSWERING", "on_history", "on_pong", "on_resume", "on_typing"]


PRESSES, PRESSES_S = 120, 300
"""Of people whom nobody vouches for, on one button, from all networks together: else they could fill the pool with one
customer's chats, and keep everybody else's waiting."""


async def on_press(connection: Connection, frame: requests.Press) -> None:
    """The button was pressed, in the chat page. Raises SlowDown."""
    if not (connection.near or connection.who.actor.verified):
        bucket = f"presses:{connection.who.button_id}"
        wait_s = await connection.sockets.live.take(bucket, PRESSES / PRESSES_S, PRESSES)
        if wait_s > 0:
            raise SlowDown(retry_s=round(wait_s, 1))
    await connection.perform(frame)


async def on_say(connection: Connection, frame: requests.ContactSay) -> None:
    """A message to the desk."""
    await connection.perform(frame)


async def on_read(connection: Connection, frame: requests.Read) -> None:
    """Read up to a seq of the public stream."""
    await connection.perform(frame)


async def on_ask_technical(connection: Connection, frame: requests.AskTechnical) -> None:
    """Asks for second level."""
    await connection.perform(frame)


async def on_answer_offer(connection: Connection, frame: requests.AnswerOffer) -> None:
    """Yes or no to an offer."""
    await connection.perform(frame)


async def on_ask_severity(connection: Connection, frame: requests.AskSeverity) -> None:
    """Asks for another severity."""
    await connection.perform(frame)


async def on_leave(connection: Connection, frame: requests.Leave) -> None:
    """Stops waiting, or ends the chat; the ticket stays."""
    await connection.perform(frame)


async def on_rate(connection: Connection, frame: requests.Rate) -> None:
    """How it was, 1 to 5."""
    await connection.perform(frame)


async def on_link(connection: Connection, frame: requests.Link) -> None:
    """A link to a file that expires."""
    await connection.perform(frame)


ANSWERING = answering(globals(), frames.ContactFrame)
