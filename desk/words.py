"""What the desk says to contacts, plainly: who, what, by when; in the contact's language."""

from __future__ import annotations

from datetime import timedelta

from desk.texts import say
from routing.chat import EndedBecause


def first(name: str) -> str:
    """The first name."""
    return name.split()[0] if name.strip() else name


def ringing(language: str, agent: str, following: str | None, ring: timedelta) -> str:
    """Before it happens: who is rung, and who is next."""
    who, seconds = first(agent), round(ring.total_seconds())
    if following is None:
        return say(
            language,
            "Ringing {agent}. If that takes longer than {seconds} s, you keep your place in the queue.",
            agent=who,
            seconds=seconds,
        )
    return say(
        language,
        "Ringing {agent}. If {agent} cannot pick up in {seconds} s, {following} takes over.",
        agent=who,
        seconds=seconds,
        following=first(following),
    )


def live(language: str, agent: str, step: str | None, named: str | None) -> str:
    """Who is here, and in whose place."""
    who = first(agent)
    if step == "stand_in" and named is not None:
        return say(language, "{agent} is here and covers for {named}.", agent=who, named=first(named))
    elif step == "pool":
        return say(language, "{agent} of the 24/7 team is here.", agent=who)
    elif step == "technical":
        return say(language, "{agent}, technical specialist, is here.", agent=who)
    else:
        return say(language, "{agent} is here.", agent=who)


def waiting(language: str, alarm: bool, alerted: bool, again: bool, busy: bool) -> str:
    """In the queue: what that means. `alerted`: there is a lead who was told; `busy`: somebody is there, and has no
    hand free."""
    if again:
        return say(language, "Sorry for the interruption. You are at your old place, with everything you wrote.")
    elif alarm and alerted:
        return say(
            language,
            "Nobody is at the desk this minute. We have alerted the lead. You can wait here or leave a message.",
        )
    elif alarm:
        return say(language, "Nobody is at the desk this minute. You can wait here or leave a message.")
    elif not busy:
        return say(
            language,
            "Nobody has picked up. We ask again within a minute; you keep your place here, or leave a message.",
        )
    else:
        return say(
            language,
            "Everybody is in a conversation. You keep your place here, or leave a message that is answered first.",
        )


def sorry(language: str) -> str:
    """Before the words for who is asked next, when an agent was lost in the middle of it."""
    return say(language, "Sorry for the interruption. Whoever comes now sees everything you wrote.")


def grace(language: str, agent: str) -> str:
    """The agent's line broke."""
    return say(
        language,
        "{agent} lost the connection. If it is not back in 30 s, a colleague takes over and sees everything.",
        agent=first(agent),
    )


def ended(language: str, because: EndedBecause | None, agent: str | None) -> str:
    """Why it is over; the ticket stays."""
    if because == "left":
        return say(language, "You ended the chat. What you wrote is kept.")
    elif because == "contact_gone":
        return say(language, "You were away, so the chat ended. What you wrote is kept and will be answered.")
    elif because == "silence":
        return say(language, "Nobody wrote for 30 minutes, so the chat ended. Write again whenever you like.")
    elif because == "solved" and agent is not None:
        return say(language, "Solved with {agent}.", agent=first(agent))
    elif because == "solved":
        return say(language, "Solved.")
    else:
        return say(language, "The chat has ended. What you wrote is kept.")


def change_agent(language: str, agent: str, serving: str) -> str:
    """The named agent is free again: an offer, never a move."""
    return say(
        language,
        "{agent} is free now and has read everything. {serving} can also finish this with you.",
        agent=first(agent),
        serving=first(serving),
    )


def subject(text: str | None) -> str:
    """The first line of what was said, at most 80 characters; empty while nothing was."""
    line = (text or "").strip().splitlines()[0].strip() if (text or "").strip() else ""
    return line if len(line) <= 80 else line[:79].rstrip() + "…"
