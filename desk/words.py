"""What the desk says to contacts, plainly: who, what, by when. Every text is a msgid of the catalogues."""

from __future__ import annotations

from datetime import timedelta

from routing.chat import EndedBecause


def first(name: str) -> str:
    """The first name."""
    return name.split()[0] if name.strip() else name


def ringing(agent: str, following: str | None, ring: timedelta) -> str:
    """Before it happens: who is rung, and who is next."""
    seconds = round(ring.total_seconds())
    if following is None:
        return f"Ringing {first(agent)}. If that takes longer than {seconds} s, you keep your place in the queue."
    return f"Ringing {first(agent)}. If {first(agent)} cannot pick up in {seconds} s, {first(following)} takes over."


def live(agent: str, step: str | None, named: str | None) -> str:
    """Who is here, and in whose place."""
    if step == "stand_in" and named is not None:
        return f"{first(agent)} is here and covers for {first(named)}."
    elif step == "pool":
        return f"{first(agent)} of the 24/7 team is here."
    elif step == "technical":
        return f"{first(agent)}, technical specialist, is here."
    else:
        return f"{first(agent)} is here."


def waiting(alarm: bool, again: bool) -> str:
    """In the queue: what that means."""
    if again:
        return "Sorry, the line to your agent broke off. You are at your old place, with everything you wrote."
    elif alarm:
        return "Nobody is at the desk this minute. We have alerted the lead. You can wait here or leave a message."
    else:
        return "Everybody is in a conversation. You keep your place here, or leave a message that is answered first."


def grace(agent: str) -> str:
    """The agent's line broke."""
    return f"{first(agent)} lost the connection. If it is not back in 30 s, a colleague takes over and sees everything."


def ended(because: EndedBecause | None, agent: str | None) -> str:
    """Why it is over; the ticket stays."""
    if because == "left":
        return "You ended the chat. What you wrote is kept."
    elif because == "contact_gone":
        return "You were away, so the chat ended. What you wrote is kept and will be answered."
    elif because == "silence":
        return "Nobody wrote for 30 minutes, so the chat ended. Write again whenever you like."
    elif because == "solved":
        return f"Solved with {first(agent)}." if agent else "Solved."
    else:
        return "The chat has ended. What you wrote is kept."


def change_agent(agent: str, serving: str) -> str:
    """The named agent is free again: an offer, never a move."""
    return f"{first(agent)} is free now and has read everything. {first(serving)} can also finish this with you."


def subject(text: str | None, fallback: str) -> str:
    """The first line of what was said, at most 80 characters."""
    line = (text or "").strip().splitlines()[0].strip() if (text or "").strip() else ""
    if not line:
        return fallback
    return line if len(line) <= 80 else line[:79].rstrip() + "…"


BUTTON = {
    "named_here": "{agent} is here",
    "named_busy": "{agent} is busy",
    "stand_in": "{agent} covers for {named}",
    "technical": "{agent}, technical, is here",
    "pool": "The 24/7 team is here",
    "pool_for_named": "{named} is back later",
    "nobody": "Leave a message",
}
