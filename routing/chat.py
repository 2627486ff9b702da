"""The life of a chat as pure moves: waiting, ringing, live, grace, ended; whom to ring is decided in choose.py.

            decided_ring                accepted                 agent_lost
  waiting ---------------> ringing -----------------> live -----------------> grace
     ^                        |                        |  ^                     |
     |  declined, timed_out,  |                        |  '----- agent_back ----'
     '--- given_up, agent_lost'                        |                        |
     ^                                                 |                        |
     '------------------- agent_left, grace_over ------'------------------------'

auto_answered goes from waiting to live; taken_over from anywhere to live; left, contact_gone, silent_too_long and ended
from anywhere to ended. A move that does not fit raises Conflict, a lost race for an accept Taken. Whoever stores a chat
compares its version; nothing here knows of it. Join and transfer rings stand beside a chat and are no part of it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from routing.choose import Step
from routing.errors import Conflict, Taken

RING = timedelta(seconds=25)
"""How long one agent is rung, unless their own setting says otherwise."""
GRACE = timedelta(seconds=30)
"""How long a live chat waits for an agent whose console is gone."""
CONTACT_GONE = timedelta(minutes=2)
"""A waiting chat whose contact is gone so long ends; the ticket stays."""
SILENCE = timedelta(minutes=30)
"""A live chat in which nobody spoke so long ends."""
FORGIVE = timedelta(seconds=60)
"""After so long in the queue the tried may be asked again."""
UNREAD_MAIL = timedelta(seconds=60)
"""Messages that a contact who is away has not read for so long go out by mail."""
REOPEN = timedelta(days=14)
"""A solved ticket becomes closed after so long; a message before that reopens it."""
SAME_TICKET = timedelta(hours=24)
"""A press continues the newest ticket that had a public message in so long."""

State = Literal["waiting", "ringing", "live", "grace", "ended"]
EndedBecause = Literal["left", "contact_gone", "silence", "solved", "agent", "lead"]


@dataclass(frozen=True)
class Ring:
    """The open serve ring of a chat."""

    agent: str
    ring_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Chat:
    """A chat at an instant.

    `waiting_since` is that of the press, kept over rings and graces. `tried`: who declined or let it ring in this
    round; `forgiven_at`: when they may be asked again. `gone_since`: the contact has no socket since then. `said_at`:
    the last public word of anyone. `served_at`: since when the present or last serving agent serves.
    """

    state: State
    waiting_since: datetime
    said_at: datetime
    serving: str | None = None
    served_at: datetime | None = None
    ring: Ring | None = None
    grace_until: datetime | None = None
    step: Step | None = None
    tried: frozenset[str] = frozenset()
    forgiven_at: datetime | None = None
    gone_since: datetime | None = None
    ended_because: EndedBecause | None = None


def pressed(now: datetime) -> Chat:
    """A new chat, to be decided in the same breath."""
    return Chat("waiting", waiting_since=now, said_at=now)


# Decisions --------------------------------------------------------------------------------------------------------


def decided_ring(chat: Chat, ring: Ring, step: Step) -> Chat:
    """The decision rings an agent."""
    _expect(chat, "waiting")
    if ring.agent in chat.tried:
        raise Conflict("This agent was already asked in this round.")
    return replace(chat, state="ringing", ring=ring, step=step)


def auto_answered(chat: Chat, agent: str, step: Step, now: datetime) -> Chat:
    """The decision falls on an agent who answers automatically: live at once, no ring."""
    _expect(chat, "waiting")
    return _live(chat, agent, step, now)


def decided_queue(chat: Chat, now: datetime) -> Chat:
    """Nobody can be rung: the chat keeps its place in the queue; the tried are forgiven in a while."""
    _expect(chat, "waiting")
    forgiven_at = now + FORGIVE if chat.tried and chat.forgiven_at is None else chat.forgiven_at
    return replace(chat, step=None, forgiven_at=forgiven_at)


def forgiven(chat: Chat, now: datetime) -> Chat:
    """The tried may be asked again; a decision follows."""
    _expect(chat, "waiting", "ringing")
    if chat.forgiven_at is None or now < chat.forgiven_at:
        raise Conflict("The agents who were tried are not forgiven yet.")
    return replace(chat, tried=frozenset(), forgiven_at=None)


# The ring -------------------------------------------------------------------------------------------------------------


def accepted(chat: Chat, ring_id: str, now: datetime) -> Chat:
    """The agent who is rung takes the chat. Raises Taken when this ring is not open any more."""
    ring = _open_ring(chat, ring_id)
    return _live(chat, ring.agent, chat.step, now)


def declined(chat: Chat, ring_id: str) -> Chat:
    """The agent says no: among the tried; the next decision follows. Raises Taken when this ring is over."""
    ring = _open_ring(chat, ring_id)
    return _waiting(chat, tried=chat.tried | {ring.agent})


def timed_out(chat: Chat, ring_id: str, now: datetime) -> Chat:
    """Nobody answered the ring in time: as declined."""
    ring = _open_ring(chat, ring_id)
    if now < ring.expires_at:
        raise Conflict("This ring has not run out yet.")
    return _waiting(chat, tried=chat.tried | {ring.agent})


def given_up(chat: Chat, ring_id: str) -> Chat:
    """The desk takes the ring back (the agent is gone, or the chat is decided anew); nobody is to blame."""
    _open_ring(chat, ring_id)
    return _waiting(chat, tried=chat.tried)


# The agent --------------------------------------------------------------------------------------------------------


def agent_lost(chat: Chat, agent: str, now: datetime) -> Chat:
    """The console of the serving or rung agent is gone: a live chat waits in grace, a ring is given up."""
    if chat.state == "live" and chat.serving == agent:
        return replace(chat, state="grace", grace_until=now + GRACE)
    elif chat.state == "ringing" and chat.ring is not None and chat.ring.agent == agent:
        return given_up(chat, chat.ring.ring_id)
    else:
        raise Conflict("This agent neither serves the chat nor is rung for it.")


def agent_back(chat: Chat, agent: str) -> Chat:
    """The agent is back within the grace and goes on."""
    _expect(chat, "grace")
    _expect_serving(chat, agent)
    return replace(chat, state="live", grace_until=None)


def grace_over(chat: Chat, now: datetime) -> Chat:
    """The agent did not come back: routed again in a new round, with the place of the first press."""
    _expect(chat, "grace")
    if chat.grace_until is None or now < chat.grace_until:
        raise Conflict("The grace still runs.")
    return _waiting(chat, tried=frozenset())


def agent_left(chat: Chat, agent: str) -> Chat:
    """The serving agent leaves without handing over: routed again, not to the same agent in this round."""
    _expect(chat, "live", "grace")
    _expect_serving(chat, agent)
    return _waiting(chat, tried=frozenset({agent}))


def handed_over(chat: Chat, giver: str, receiver: str, step: Step | None, now: datetime) -> Chat:
    """The receiver of a transfer, or of an offered change, has accepted."""
    _expect(chat, "live", "grace")
    _expect_serving(chat, giver)
    return _live(chat, receiver, step, now)


def taken_over(chat: Chat, agent: str, step: Step | None, now: datetime) -> Chat:
    """A lead gives the chat to an agent, whatever its state; an open ring of it is over."""
    _expect_not_ended(chat)
    return _live(chat, agent, step, now)


# The contact ------------------------------------------------------------------------------------------------------


def contact_away(chat: Chat, now: datetime) -> Chat:
    """The contact's last socket is gone; the first such instant counts until they are back."""
    _expect_not_ended(chat)
    return replace(chat, gone_since=now if chat.gone_since is None else chat.gone_since)


def contact_here(chat: Chat) -> Chat:
    """The contact is back."""
    _expect_not_ended(chat)
    return replace(chat, gone_since=None)


def contact_gone(chat: Chat, now: datetime) -> Chat:
    """Nobody is left to be answered: ends a chat that still waits."""
    _expect(chat, "waiting", "ringing")
    if chat.gone_since is None or now < chat.gone_since + CONTACT_GONE:
        raise Conflict("The contact is not gone for long enough.")
    return ended(chat, "contact_gone")


def left(chat: Chat) -> Chat:
    """The contact stops waiting or ends the chat."""
    return ended(chat, "left")


def silent_too_long(chat: Chat, now: datetime) -> Chat:
    """Nobody spoke for SILENCE: ends a chat that is served."""
    _expect(chat, "live", "grace")
    if now < silent_at(chat):
        raise Conflict("The chat is not silent for long enough.")
    return ended(chat, "silence")


def silent_at(chat: Chat) -> datetime:
    """When the silence will be too long; a long wait before the answer is none of it."""
    return max(chat.said_at, chat.served_at or chat.said_at) + SILENCE


def ended(chat: Chat, because: EndedBecause) -> Chat:
    """The chat is over; `serving` stays, as the record of who served last."""
    _expect_not_ended(chat)
    return replace(chat, state="ended", ring=None, grace_until=None, forgiven_at=None, ended_because=because)


# The invariant ----------------------------------------------------------------------------------------------------


def broken(chat: Chat, present: Collection[str] | None = None) -> str | None:
    """What is wrong with a chat, as a sentence, or None.

    An un-ended chat has exactly one of: a serving agent who is present, a serve ring, a place in the queue, a running
    grace. `present`: the agents with a lease; None when that is not known.
    """
    if chat.state == "ended":
        return None if chat.ring is None and chat.grace_until is None else "an ended chat still rings or is in grace"
    elif (chat.ring is not None) != (chat.state == "ringing"):
        return f"a chat that is {chat.state} {'has no' if chat.ring is None else 'has a'} serve ring"
    elif (chat.serving is not None) != (chat.state in ("live", "grace")):
        return f"a chat that is {chat.state} {'has no' if chat.serving is None else 'has a'} serving agent"
    elif (chat.grace_until is not None) != (chat.state == "grace"):
        return f"a chat that is {chat.state} {'has no' if chat.grace_until is None else 'has a'} grace"
    elif chat.state == "live" and present is not None and chat.serving not in present:
        return "the serving agent of a live chat is not present"
    elif chat.ring is not None and chat.ring.agent in chat.tried:
        return "an agent is rung who was already tried in this round"
    else:
        return None


# Beneath ----------------------------------------------------------------------------------------------------------


def _live(chat: Chat, agent: str, step: Step | None, now: datetime) -> Chat:
    return replace(
        chat,
        state="live",
        serving=agent,
        served_at=now,
        ring=None,
        grace_until=None,
        step=step,
        tried=frozenset(),
        forgiven_at=None,
    )


def _waiting(chat: Chat, tried: frozenset[str]) -> Chat:
    return replace(
        chat,
        state="waiting",
        serving=None,
        ring=None,
        grace_until=None,
        step=None,
        tried=tried,
        forgiven_at=chat.forgiven_at if tried else None,
    )


def _open_ring(chat: Chat, ring_id: str) -> Ring:
    if chat.state != "ringing" or chat.ring is None or chat.ring.ring_id != ring_id:
        raise Taken("This ring is over.")
    return chat.ring


def _expect(chat: Chat, *states: State) -> None:
    if chat.state not in states:
        wanted = {"state": chat.state, "states": " or ".join(states)}
        raise Conflict("The chat is {state}, not {states}.", values=wanted)


def _expect_not_ended(chat: Chat) -> None:
    if chat.state == "ended":
        raise Conflict("The chat has ended.")


def _expect_serving(chat: Chat, agent: str) -> None:
    if chat.serving != agent:
        raise Conflict("Another agent serves this chat.")
