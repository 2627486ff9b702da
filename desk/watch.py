"""Compares, each second, who serves, rings or waits with who is there: consoles and pages that vanished are noticed."""

from __future__ import annotations

from desk.deciding import freed
from desk.desk import Desk
from desk.work import Work
from store import chats, people, rings
from store.engine import Connection


class Watch:
    """One in every process that runs the clock; a loss that two notice is one loss."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._present: frozenset[str] = frozenset()

    async def look(self) -> None:
        """Once. Raises Unavailable."""
        agents = await self._desk.agents()
        contacts = await self._desk.live.present("contact")
        concerned, pages, away = await self._desk.record.read(_concerned)
        if agents.settled:
            for gone in sorted(concerned - agents.people):
                await self._desk.person_gone("agent", gone)
        if agents.people != self._present:
            self._present = agents.people
            await self._desk.run("people", _came_or_went, decides=False)
        if contacts.settled:
            for gone in sorted(pages - contacts.people):
                await self._desk.person_gone("contact", gone)
        now_here = (
            await self._desk.live.present("contact")
        ).people  # asked behind the record: who goes leaves here first
        for back in sorted(away & now_here):  # they came in while their going was still being noted
            await self._desk.person_here("contact", back)


def _came_or_went(work: Work) -> None:
    """Colleagues and buttons are told, and who waits is decided anew."""
    work.job("people", "people")
    freed(work)


def _concerned(connection: Connection) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Agents who serve live chats or are rung; contacts of open chats who count as here; those who count as away."""
    open_chats = chats.people_of_open(connection)
    serving = {row.serving for row in open_chats if row.serving is not None and row.state == "live"}
    rung = {
        ring.agent_id for ring in rings.open_of_agents(connection, [agent.id for agent in people.agents(connection)])
    }
    here = {row.contact for row in open_chats if row.gone_at is None}
    away = {row.contact for row in open_chats if row.gone_at is not None}
    return frozenset(serving | rung), frozenset(here), frozenset(away)
