"""Fields that take an agent: what a browser offers to them while somebody types."""

from __future__ import annotations

from dataclasses import dataclass

from desk.administration.checking import last_day_in
from desk.administration.picking import Crew
from server.pages.texts import _
from store import agents
from store.engine import Connection
from store.times import instant


@dataclass(frozen=True)
class Offer:
    """One agent: what the field would say, and what speaks against them today."""

    text: str
    absent_until: str
    """The last day of it; empty: not absent."""

    @property
    def away(self) -> str:
        """Said where the page is made: the record's threads do not know whose language it is in."""
        return _("absent until {day}", day=self.absent_until) if self.absent_until else ""

    @property
    def label(self) -> str:
        """What is read in the list: some browsers show it instead of the text."""
        return f"{self.text}, {self.away}" if self.away else ""


def offers(connection: Connection, now: int, but: str = "") -> list[Offer]:
    """Who answers chats here."""
    crew = Crew(agents.every(connection))
    until = {each.agent_id: each.until for each in agents.absences(connection, now) if each.since <= now}
    return [
        Offer(
            crew.written(each.id),
            last_day_in(instant(until[each.id]), each.zone) if each.id in until else "",
        )
        for each in crew.answering
        if each.id != but
    ]
