"""Mail that came becomes what is said on a ticket. How it is fetched and read: the mailbox; where it belongs: routing.

Each mail is one transaction, run as often as it takes: a copy that comes by another way, or once more, joins the item
that the first one made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from desk import acknowledging, braking, joining, mail_people, mail_threads, retiring, returning, too_large
from desk.actors import Signed
from desk.frames import maybe_written, written
from desk.letters import ALONE, SILENT, SPOKEN, Around, Letter
from desk.mail_views import Named
from desk.statuses import set_status, tell_status
from desk.work import Work
from desk.writing import write_message
from routing import mail as rules
from routing.allow import Actor
from routing.hours import Calendar
from routing.ticket import contact_wrote
from store import calendars, files, incoming
from store.contacts import Person
from store.ids import new_id
from store.incoming import Item, State, Stored
from store.mailboxes import Mailbox
from store.tickets import Found
from store.times import instant, micros

MOST_TEXT = 100_000
"""Characters of a mail that are shown in the ticket; all of it is in the original."""
MOST_NAMED = 50
"""People of each line of a mail's head that are told at once; all of them are in what is kept for showing."""
MOST_NOTE = 2_000
"""Characters of what an agent wrote above a mail that they passed on."""


def land(work: Work, box: Mailbox, mail: Stored, letter: Letter, around: Around = ALONE) -> None:
    """The mail becomes an item, and where it is one, what is said on a ticket. Nothing when it was dealt with.

    Raises ValueError for a mailbox without office hours: the mail waits.
    """
    letter = mail_people.judged(work, letter)
    state: State = "quarantined" if letter.kind == "unreadable" else "landed"
    calendar = calendars.at(work.connection, box.calendar_id, work.now)
    if calendar is None:
        raise ValueError(f"The office hours {box.calendar_id} are not there.")
    starts = _starts(letter, mail, calendar)
    item, is_new = incoming.item(work.connection, _item(letter, mail, starts), micros(work.now))
    if letter.erased or (not is_new and incoming.was_erased(work.connection, item.id)):
        return _forget(work, mail, letter, item)
    if not incoming.end(work.connection, mail.id, state, item.id, letter.reason) or not is_new:
        return
    if letter.view is not None:
        incoming.show(work.connection, item.id, letter.view)
    if letter.kind in SILENT:
        _of_ours(work, item, letter)
    elif not _answers_invitation(work, letter, around):
        _take_in(work, box, mail, item, letter, calendar, around)


def _take_in(
    work: Work, box: Mailbox, mail: Stored, item: Item, letter: Letter, calendar: Calendar, around: Around
) -> None:
    """Said on its ticket, and told to whom it concerns."""
    letter, passed_by = mail_people.passed_on(work, letter)
    known = mail_people.is_known(work, letter.sender)
    at = mail_threads.placed(work, box, letter, calendar, brakes=not _is_history(mail), proven=bool(item.proven))
    opens = letter.kind in (*SPOKEN, "unreadable") and not _is_history(mail)
    seq = _say(work, at.found, at.person, item, letter, opens=opens)
    _wait_for_answer(at.found, item.starts_at)
    incoming.place(work.connection, item.id, at.found.ticket.id, seq)
    out_of_hours = item.starts_at is not None and item.starts_at > item.received_at
    if _is_history(mail):
        _settle_history(work, at.found, at.joined)
    elif letter.kind == "unreadable" and not at.braked:
        _alarm_unread(work, at.found)
    elif letter.urgent and letter.kind in SPOKEN and not at.braked:
        _offer_to_pool(work, at.found, out_of_hours)
    told = {
        "new_person": at.decided.new_person,
        "review": at.decided.review,
        "strangers": _copied(work, at.found, letter),
        "forwarded_by": None if passed_by is None else {"id": passed_by.id, "name": passed_by.name},
        "note": "" if passed_by is None or letter.forwarded is None else letter.forwarded.note[:MOST_NOTE],
    }
    _tell(work, at.found, item, letter, mail, seq, told)
    if at.braked:
        braking.alarm(work, at.found, None if at.crowded else at.person, proven=bool(item.proven))
    elif passed_by is None and not mail.moved_in:
        too_large.tell(work, at.found, at.person, letter, known)
        if not at.joined and out_of_hours and letter.kind in SPOKEN:
            acknowledging.acknowledge(work, at.found, at.person, letter, known, calendar, item.starts_at, around)


def _is_history(mail: Stored) -> bool:
    """It was imported: it starts no clock, opens nothing, is not answered, and nobody is called because of it."""
    return mail.folder == incoming.IMPORTED


def _settle_history(work: Work, found: Found, joins: bool) -> None:
    """A ticket of days long gone waits for nobody."""
    if not joins:
        found.ticket.pooled = 0
        set_status(work, found, "solved", "imported")


def _answers_invitation(work: Work, letter: Letter, around: Around) -> bool:
    invitation = letter.invitation
    if letter.kind != "calendar" or invitation is None or invitation.method != "REPLY" or not letter.proven:
        return False
    return around.answered(work, invitation, letter.sender)


def _copied(work: Work, found: Found, letter: Letter) -> list[str]:
    """Who is in copy and does not take part: those of the customer's own domains join, when the sender is proven."""
    ours = {agent.email.lower() for agent in work.agents.values()}
    others = [each for each in letter.others if each.lower() not in ours]
    home = work.customer(found.ticket.customer_id)
    may_bring = letter.proven and letter.kind in SPOKEN and home is not None
    return joining.join_copied(work, found, others, home.domains if home is not None and may_bring else ())


def _offer_to_pool(work: Work, found: Found, out_of_hours: bool) -> None:
    """It speaks of something that may be severity 1 or 2: the pool, which is there at any hour, says whether it is."""
    found.ticket.pooled = 1
    if out_of_hours or found.ticket.owner_id is None:
        pool = tuple(f"agent:{agent.id}" for agent in work.agents.values() if "pool" in agent.teams)
        fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "classify"}
        work.tell(pool, "alarm", fields)


def _alarm_unread(work: Work, found: Found) -> None:
    """Somebody has to read the original: who owns the ticket, else the pool; leads hear of it too."""
    owner = work.agents.get(found.ticket.owner_id or "")
    concerned = [owner] if owner is not None else [each for each in work.agents.values() if "pool" in each.teams]
    leads = [each for each in work.agents.values() if "lead" in each.roles]
    topics = tuple(sorted({f"agent:{each.id}" for each in (*concerned, *leads)}))
    work.tell(topics, "alarm", {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "unreadable"})


def _forget(work: Work, mail: Stored, letter: Letter, item: Item) -> None:
    """Its sender asked to be forgotten: a copy that turns up later is not taken in again, and its bytes go."""
    incoming.forget(work.connection, mail.id, item.id)
    blobs = {mail.sha256, *(each.sha256 for each in letter.files)}
    named = retiring.payload(each for each in blobs if each is not None)
    work.job(retiring.KIND, f"{retiring.KIND}:{mail.id}", payload=named)


def _of_ours(work: Work, item: Item, letter: Letter) -> None:
    """What is about mail that we sent."""
    if letter.own is not None:
        returning.came_back(work, letter.own, letter.message_id)
    for each in letter.returned:
        returning.returned(work, item.id, each)


def _starts(letter: Letter, mail: Stored, calendar: Calendar) -> datetime | None:
    counts = letter.kind in (*SPOKEN, "unreadable") and not letter.erased and not _is_history(mail)
    return rules.starts(instant(mail.received_at), calendar) if counts else None


def _item(letter: Letter, mail: Stored, starts: datetime | None) -> Item:
    return Item(
        id=new_id(),
        key=letter.key,
        message_id=letter.message_id,
        kind=letter.kind,
        reason=letter.reason,
        sender=letter.sender,
        subject=letter.subject[:998],
        ticket_id=None,
        seq=None,
        sent_at=None if letter.sent_at is None else micros(letter.sent_at),
        relayed_at=None if letter.relayed_at is None else micros(letter.relayed_at),
        received_at=mail.received_at,
        starts_at=None if starts is None else micros(starts),
        proven=int(letter.proven),
        urgent=int(letter.urgent),
    )


# What is said -----------------------------------------------------------------------------------------------------


def _say(work: Work, found: Found, person: Person, item: Item, letter: Letter, *, opens: bool) -> int:
    """The message; its seq. What a machine wrote opens nothing again."""
    at = micros(work.now)
    kept = [replace(each, by_id=person.id) for each in letter.files]
    for each in kept:
        files.add(work.connection, each, at)
    was = found.ticket.status
    if opens:
        found.ticket.status = contact_wrote(was)
    signed = Signed(Actor(person.id, "contact"), person.name)
    body = letter.text[:MOST_TEXT] or letter.subject
    said = write_message(work, found, signed, body, [each.id for each in kept], rid=item.id, channel="mail")
    tell_status(work, found, was)
    return said.seq


def _wait_for_answer(found: Found, starts_at: int | None) -> None:
    """The ticket waits since its earliest mail that nobody answered."""
    if starts_at is not None:
        since = found.ticket.starts_at
        found.ticket.starts_at = starts_at if since is None else min(since, starts_at)


def _tell(
    work: Work, found: Found, item: Item, letter: Letter, mail: Stored, seq: int, more: Mapping[str, Any]
) -> None:
    """Agents are told how the mail came, when, and what there is to look at."""
    work.event(
        found,
        "received",
        {
            "mail": mail.id,
            "seq": seq,
            "from": letter.sender,
            "kind": letter.kind,
            "reason": letter.reason,
            "received_at": written(instant(item.received_at)),
            "starts_at": None if item.starts_at is None else written(instant(item.starts_at)),
            "sent_at": maybe_written(letter.sent_at),
            "relayed_at": maybe_written(letter.relayed_at),
            "polled_at": written(instant(mail.polled_at)),
            "proven": letter.proven,
            "others": list(letter.others),
            "to": [_named_in_head(each) for each in letter.to[:MOST_NAMED]],
            "cc": [_named_in_head(each) for each in letter.cc[:MOST_NAMED]],
            "quoted": letter.quoted,
            "html": letter.html,
            "remote": letter.remote,
            "too_large": letter.too_large_bytes,
            "urgent": letter.urgent,
            "defects": list(letter.defects),
            **more,
        },
        internal=True,
        by=None,
    )
    work.show(found)


def _named_in_head(person: Named) -> dict[str, str]:
    return {"name": person.name, "address": person.address}
