"""Sessions, as admins see them: who is signed in, and ending it; lines close within a moment."""

from __future__ import annotations

from datetime import datetime

from desk.actors import Signed
from desk.administration.agents import the as the_agent
from desk.administration.changing import Change, Changing
from desk.administration.contacts import the as the_contact
from desk.agent_identity import AGENT_LASTS
from desk.contact_identity import CONTACT_LASTS
from routing.errors import Conflict
from store import sessions
from store.times import micros


class Sessions:
    """Ends them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def end(self, signed: Signed | None, id: str) -> None:
        """One session. Raises Conflict when it has ended already."""

        def verb(change: Change) -> None:
            owner = sessions.owner_of(change.connection, id)
            if owner is None:
                raise Conflict("This session has ended already.")
            sessions.end_agent(change.connection, id, micros(change.real))
            _tell(change, owner)
            change.audit("session_ended", owner, {"session": id[:12]})

        await self._changing.change(signed, "end_session", verb)

    async def end_of_agent(self, signed: Signed | None, agent: str, kept: str = "") -> int:
        """All of one agent, but for `kept`; how many. Raises NotFound."""

        def verb(change: Change) -> int:
            the_agent(change, agent)
            ended = sessions.end_others_of_agent(change.connection, agent, kept, micros(change.real))
            _tell(change, agent)
            change.audit("sessions_ended", agent, {"count": ended})
            return ended

        return await self._changing.change(signed, "end_sessions", verb)

    async def end_of_contact(self, signed: Signed | None, contact: str) -> int:
        """All of one contact, in every browser; how many. Raises NotFound."""

        def verb(change: Change) -> int:
            the_contact(change, contact)
            ended = sessions.end_all_of_contact(change.connection, contact, micros(change.real))
            _tell_contact(change, contact)
            change.audit("contact_sessions_ended", contact, {"count": ended})
            return ended

        return await self._changing.change(signed, "end_contact_sessions", verb)

    async def end_visit(self, signed: Signed | None, contact: str, id: str) -> None:
        """One of a contact, in one browser. Raises NotFound, Conflict when it has ended already."""

        def verb(change: Change) -> None:
            the_contact(change, contact)
            after = contact_used_after(change.real)
            if id not in {each.id for each in sessions.open_of_contact(change.connection, contact, after)}:
                raise Conflict("This session has ended already.")
            sessions.end_contact(change.connection, id, micros(change.real))
            _tell_contact(change, contact)
            change.audit("contact_session_ended", contact, {"session": id[:12]})

        await self._changing.change(signed, "end_contact_session", verb)

    async def end_all(self, signed: Signed | None, kept: str = "") -> int:
        """Everybody's, but for `kept`; how many."""

        def verb(change: Change) -> int:
            ended = sessions.end_all_but(change.connection, kept, micros(change.real))
            for agent in sorted(set(ended)):
                _tell(change, agent)
            change.audit("all_sessions_ended", "sessions", {"count": len(ended)})
            return len(ended)

        return await self._changing.change(signed, "end_all_sessions", verb)


def used_after(real: datetime) -> int:
    """Sessions that were last used before do not hold any more."""
    return micros(real - AGENT_LASTS)


def contact_used_after(real: datetime) -> int:
    """Likewise of contacts."""
    return micros(real - CONTACT_LASTS)


def _tell(change: Change, agent: str) -> None:
    """Lines are looked at again, in every process."""
    change.job("revoked", f"revoked:{agent}", payload={"agent": agent})


def _tell_contact(change: Change, contact: str) -> None:
    change.job("revoked", f"revoked:{contact}", payload={"contact": contact})
