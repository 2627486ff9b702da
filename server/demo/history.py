"""What happened at the demo's desk before today: scripts of chats and tickets, run by the desk's own verbs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from desk import handing, presses, ringing, saying, ticketing
from desk.actors import Signed
from desk.requests import (
    Accept,
    AgentSay,
    AskTechnical,
    ContactSay,
    Leave,
    Press,
    Rate,
    Read,
    SetSeverity,
    SetStatus,
)
from desk.work import Work
from routing.allow import Actor
from routing.hours import Calendar, is_open
from server.demo import cast
from store import jobs, rings
from store.engine import Connection

Act = Callable[[Connection], None]


@dataclass(frozen=True)
class Line:
    """One thing that somebody did, so many seconds after the one before: `who` an agent's or contact's id."""

    after_s: int
    who: str
    what: str
    text: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A chat or ticket: so many office days ago at an office time (0: today; negative hours never)."""

    days_ago: int
    at: str
    customer: str
    contact: str
    present: frozenset[str]
    lines: tuple[Line, ...]


def _said(after_s: int, who: str, text: str, **more: Any) -> Line:
    return Line(after_s, who, "say", text, more)


DESK = frozenset({"anna", "ben", "clara", "petra"})

STORIES = (
    Story(13, "10:12", "brightwater", "owen", DESK, (
        Line(0, "owen", "press", "We would like the weekly report on Mondays instead of Fridays.", {"severity": 4}),
        Line(9, "anna", "accept"),
        _said(40, "anna", "Good morning Owen. Yes, I can move it. The first one on Monday would then cover ten days, is that fine?"),
        _said(55, "owen", "Ten days once is fine, thank you."),
        _said(120, "anna", "Done: Mondays at 8:00 London, to the same four people.", next="solved"),
        Line(600, "owen", "read"),
        Line(30, "owen", "rate", "Took three minutes.", {"score": 5}),
    )),
    Story(10, "11:31", "halden", "jonas", DESK, (
        Line(0, "jonas", "press", "Order 88-1204 shows the old delivery address.", {"severity": 3}),
        Line(7, "ben", "accept"),
        _said(35, "ben", "Hello Jonas, I see it. The address was changed after the order was confirmed, so it kept the old one."),
        _said(40, "jonas", "Can you still change it? The truck leaves tomorrow."),
        _said(240, "ben", "Changed, and the carrier has confirmed it: Speicherstrasse 9, ramp 2.", next="solved"),
        Line(300, "jonas", "read"),
        Line(20, "jonas", "rate", "", {"score": 4}),
    )),
    Story(7, "22:05", "brightwater", "priya", frozenset({"petra"}), (
        Line(0, "priya", "press", "The Brighton property shows no availability for tonight, guests are at the door.", {"severity": 2}),
        Line(6, "petra", "accept"),
        _said(28, "petra", "Good evening Priya. I see the feed stopped at 21:40. I start it again now, that takes about two minutes."),
        Line(10, "petra", "note", "Feed restarted by hand. Second time this month, Anna should look at the token's lifetime."),
        _said(130, "petra", "It is back: 14 rooms for tonight. Anna reads this in the morning and looks for the cause."),
        _said(25, "priya", "Wonderful, it shows. Thank you."),
        Line(15, "priya", "leave"),
        _said(40000, "anna", "Good morning Priya. The cause was a token that expired; it now renews itself an hour before. I keep an eye on it tonight.", next="solved"),
        Line(1200, "priya", "read"),
        Line(60, "priya", "rate", "Quick at night, and Anna followed up without being asked.", {"score": 5}),
    )),
    Story(6, "14:20", "lumen", "hugo", DESK, (
        Line(0, "hugo", "press", "How do we add a second editor to the calendar?"),
        Line(11, "petra", "accept"),
        _said(50, "petra", "Hello Hugo. Under Team, then Invite. The second editor sees everything but the invoices."),
        _said(60, "hugo", "Found it, thanks."),
        Line(30, "hugo", "leave"),
        Line(60, "petra", "status", "", {"status": "solved"}),
    )),
    Story(5, "09:48", "brightwater", "mei", DESK, (
        Line(0, "mei", "press", "The export of October's rates has two columns swapped.", {"severity": 3}),
        Line(8, "anna", "accept"),
        _said(45, "anna", "Hello Mei. Thank you for the sharp eye: commission and tax are swapped since Tuesday's change. I ask Clara to look."),
        Line(5, "mei", "technical"),
        Line(9, "clara", "accept"),
        Line(30, "clara", "note", "Mapping v41 swapped the two fields. Fix is small, needs a new export for everybody since Tuesday."),
        _said(90, "clara", "Hello Mei, Clara here. The mapping is corrected; I make October's file again and check it against the bookings."),
        _said(900, "clara", "October's file is right now, and in your folder. November was never wrong."),
        _said(120, "mei", "Checked, the sums agree. Thank you both."),
        Line(30, "anna", "status", "", {"status": "solved"}),
    )),
    Story(4, "15:37", "halden", "sofia", DESK, (
        Line(0, "sofia", "press", "Invoice 2026-1187 has the wrong cost centre. Could you issue it again?", {"severity": 3}),
        Line(10, "ben", "accept"),
        _said(60, "ben", "Hello Sofia. I can, once I have the right cost centre from you. Is it 4410, as on the one before?"),
        _said(200, "sofia", "I have to ask Jonas. He is away until Thursday."),
        _said(30, "ben", "No hurry on our side. I keep it open and ask again on Thursday at 10:00.", next="customer"),
        Line(20, "sofia", "leave"),
        Line(60, "ben", "note", "Needs two names above 50,000 EUR. Jonas and Sofia, see the playbook."),
    )),
    Story(3, "11:02", "brightwater", "owen", DESK - {"anna"}, (
        Line(0, "owen", "press", "Anna, could we go through the plan for the Bristol opening?", {"severity": 5}),
        Line(12, "ben", "accept"),
        _said(30, "ben", "Hello Owen, Ben here. I cover for Anna, who is back at 13:00. Shall I take it, or do you wait for her?"),
        _said(45, "owen", "I wait for her, it is not urgent."),
        _said(20, "ben", "Then it is on her desk. She writes to you after 13:00.", next="desk"),
        Line(15, "owen", "leave"),
        _said(8000, "anna", "Owen, I have the plan open. Three properties need their tax rates before the 1st. Could you send me Bristol's?", next="customer"),
        Line(4000, "owen", "read"),
    )),
    Story(2, "16:14", "brightwater", "priya", DESK, (
        Line(0, "priya", "press", "Two bookings from Saturday came through twice.", {"severity": 3}),
        Line(7, "anna", "accept"),
        _said(38, "anna", "Hello Priya. I see them, both of Leeds, four minutes apart. The second ones can go; nobody was charged twice."),
        _said(50, "priya", "Can you remove them? I do not dare to."),
        _said(75, "anna", "Removed. Clara looks why the second message was not recognised; I tell you by tomorrow noon.", next="desk"),
        Line(20, "priya", "leave"),
        Line(120, "anna", "note", "Both messages carry different ids from the channel, so our check cannot see it. Clara has ticket with the channel."),
    )),
    Story(1, "13:25", "brightwater", "mei", DESK, (
        Line(0, "mei", "message", "Please add mei-reports@brightwater.example to the daily mail.", {"severity": 5}),
    )),
    Story(1, "18:40", "halden", "jonas", frozenset({"paul"}), (
        Line(0, "jonas", "press", "Is the planned maintenance on Sunday still at 6 in the morning?", {"severity": 5}),
        Line(8, "paul", "accept"),
        _said(30, "paul", "Guten Abend Jonas. Yes, Sunday 6:00 to 6:30 CET. Orders placed meanwhile are kept and sent afterwards."),
        _said(25, "jonas", "Perfect."),
        Line(10, "jonas", "leave"),
        Line(200, "paul", "status", "", {"status": "solved"}),
    )),
)  # fmt: skip


def acts(now: datetime) -> Iterator[Act]:
    """Every story as one transaction, ending before `now`."""
    calendar = Calendar.from_json(cast.CALENDAR)
    for story in STORIES:
        begins = _begins(story, now, calendar)
        yield partial(_tell, story=story, begins=begins, now=now)


def _begins(story: Story, now: datetime, calendar: Calendar) -> datetime:
    zone = ZoneInfo(cast.ZONE)
    day, left = now.astimezone(zone).date(), story.days_ago
    while left:
        day -= timedelta(days=1)
        noon = datetime.combine(day, time(12), zone)
        left -= is_open(calendar, noon)
    return datetime.combine(day, time.fromisoformat(story.at), zone)


def _tell(connection: Connection, story: Story, begins: datetime, now: datetime) -> None:
    at, ticket = begins, ""
    for number, line in enumerate(story.lines):
        at += timedelta(seconds=line.after_s)
        if at >= now:
            return
        signed = _signed(line.who, story)
        work = Work(connection, at.astimezone(now.tzinfo), signed, story.present)
        rid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{story.days_ago}/{story.at}/{story.customer}/{number}"))
        done = work.finish(_do(work, signed, line, ticket, rid))
        ticket = ticket or done.answer["ticket"]
        if line.what == "say":
            _also_read(connection, story, ticket, done.answer["seq"], at.astimezone(now.tzinfo))
    for key in (f"unread:{ticket}", "people", "promises", "queue", "decide"):
        jobs.cancel(connection, key)


def _also_read(connection: Connection, story: Story, ticket: str, seq: int, at: datetime) -> None:
    """Who takes part in a chat sees what is said."""
    for who in (story.contact, *sorted(story.present)):
        signed = _signed(who, story)
        work = Work(connection, at + timedelta(seconds=1), signed, story.present)
        found = work.ticket(ticket)
        if found.chat is not None and who in (found.chat.state.serving, story.contact):
            jobs.cancel(connection, f"read:{ticket}:contact")
            jobs.cancel(connection, f"read:{ticket}:desk")
            ticketing.read(work, signed, Read(str(uuid.uuid4()), ticket, seq))
            work.finish({})


def _do(work: Work, signed: Signed, line: Line, ticket: str, rid: str) -> dict[str, Any]:
    is_contact = signed.actor.kind == "contact"
    if line.what == "press":
        return presses.press(work, signed, Press(rid, severity=line.more.get("severity"), text=line.text))
    elif line.what == "message":
        request = Press(rid, severity=line.more.get("severity"), text=line.text, message_only=True)
        return presses.press(work, signed, request)
    elif line.what == "accept":
        [ring] = [each for each in rings.open_of_agents(work.connection, [line.who])]
        jobs.cancel(work.connection, f"ring:{ring.id}")
        return ringing.accept(work, signed, Accept(rid, ring.id))
    elif line.what == "say" and is_contact:
        return saying.say_as_contact(work, signed, ContactSay(rid, ticket, line.text))
    elif line.what == "say":
        return saying.say_as_agent(
            work, signed, AgentSay(rid, ticket, line.text, anyway=True, next=line.more.get("next", "desk"))
        )
    elif line.what == "note":
        return saying.say_as_agent(work, signed, AgentSay(rid, ticket, line.text, visibility="internal"))
    elif line.what == "technical":
        return handing.ask_technical(work, signed, AskTechnical(rid, ticket))
    elif line.what == "leave" and is_contact:
        return handing.leave_as_contact(work, signed, Leave(rid, ticket))
    elif line.what == "leave":
        return handing.leave_as_agent(work, signed, Leave(rid, ticket))
    elif line.what == "read":
        return ticketing.read(work, signed, Read(rid, ticket, work.ticket(ticket).ticket.public_seq))
    elif line.what == "rate":
        return ticketing.rate(work, signed, Rate(rid, ticket, line.more["score"], line.text))
    elif line.what == "severity":
        return ticketing.set_severity(
            work, signed, SetSeverity(rid, ticket, line.more["severity"], "situation", line.text)
        )
    else:
        return ticketing.set_status(work, signed, SetStatus(rid, ticket, line.more["status"]))


def _signed(who: str, story: Story) -> Signed:
    for agent in cast.AGENTS:
        if agent.id == who:
            return Signed(Actor(who, "agent", frozenset(agent.roles), frozenset(agent.teams)), agent.name)
    customer = next(each for each in cast.CUSTOMERS if each.id == story.customer)
    contact = next(each for each in customer.contacts if each.id == who)
    actor = Actor(who, "contact", customer=customer.id, coordinator=contact.coordinator, verified=True)
    return Signed(actor, contact.name, f"button-{customer.id}", "en", customer.zone)
