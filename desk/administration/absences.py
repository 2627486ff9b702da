"""Absences of agents: planned from a day to a day, obeyed by routing and by what buttons promise."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from desk.actors import Signed
from desk.administration.agents import the as the_agent
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check, day_in, last_day_in
from routing.errors import Conflict
from store import agents
from store.agents import Leave, Profile
from store.engine import Connection
from store.ids import new_id
from store.times import instant, micros

MOST = 100
"""That are not over, of one agent."""


@dataclass(frozen=True)
class AbsenceDraft:
    """As entered: days in the agent's zone, the last included, or instants such as `2026-03-04 12:00`."""

    since: str = ""
    until: str = ""
    reason: str = ""


class Absences:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def add(self, signed: Signed | None, agent: str, draft: AbsenceDraft) -> str:
        """Somebody will not be there; the absence's id."""

        def verb(change: Change) -> str:
            check = Check()
            new = _checked(change, check, the_agent(change, agent), draft)
            check.done()
            assert new is not None, "checked"
            agents.add_absence(change.connection, new)
            detail = {"absence": new.id, "since": _said(new.since), "until": _said(new.until)}
            change.audit("absence_added", agent, detail)
            return new.id

        return await self._changing.change(signed, "add_absence", verb)

    async def end(self, signed: Signed | None, agent: str, id: str) -> None:
        """It was not so; one that has begun ends now. Raises Conflict when it is over."""

        def verb(change: Change) -> None:
            found = agents.find_absence(change.connection, id)
            if found is None or found.agent_id != agent or found.until <= change.at:
                raise Conflict("This absence is over already.")
            agents.end_absence(change.connection, id)
            if found.since < change.at:
                agents.add_absence(change.connection, Leave(id, agent, found.since, change.at, found.reason))
            change.audit("absence_ended", agent, {"absence": id})

        await self._changing.change(signed, "end_absence", verb)


def coming(connection: Connection, agent: str, now: int) -> list[Leave]:
    """Of an agent, what is not over, the next first."""
    return [each for each in agents.absences(connection, now) if each.agent_id == agent]


def drafted(kept: Leave, zone: str) -> AbsenceDraft:
    """An absence as it is entered."""
    return AbsenceDraft(_day(kept.since, zone, last=False), _day(kept.until, zone, last=True), kept.reason)


def _checked(change: Change, check: Check, who: Profile, draft: AbsenceDraft) -> Leave | None:
    since, until = check.begin("since", draft.since, who.zone), check.end("until", draft.until, who.zone)
    reason = check.line("reason", draft.reason)
    if not who.active:
        raise Conflict("{name} does not work here any more.", values={"name": who.name})
    if not draft.since.strip():
        check.refuse("since", "Enter the first day of the absence, such as 2026-07-01.")
    if not draft.until.strip():
        check.refuse("until", "Enter the last day of the absence, such as 2026-07-14.")
    if since is None or until is None:
        return None
    if until <= since:
        check.refuse("until", "Ends before it starts. The first day is {day}.", day=day_in(since, who.zone))
    elif until <= change.now:
        check.refuse("until", "This absence would be over already.")
    kept = coming(change.connection, who.id, change.at)
    if len(kept) >= MOST:
        check.refuse("since", "At most {most} absences are planned for one person.", most=MOST)
    for each in kept:
        if each.since < micros(until) and micros(since) < each.until:
            day, last = drafted(each, who.zone).since, drafted(each, who.zone).until
            check.refuse("since", "There is an absence from {day} until {last} already.", day=day, last=last)
    return Leave(new_id(), who.id, micros(since), micros(until), reason)


def _day(at: int, zone: str, *, last: bool) -> str:
    """A day where the instant is its edge, else the instant by the zone's clock."""
    day = last_day_in(instant(at), zone) if last else day_in(instant(at), zone)
    check = Check()
    whole = check.end("day", day, zone) if last else check.begin("day", day, zone)
    return day if whole == instant(at) else f"{instant(at).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _said(at: int) -> str:
    return instant(at).isoformat()
