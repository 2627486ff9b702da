"""Mail that came becomes what is said on a ticket. How it is fetched and read: the mailbox; where it belongs: routing.

Each mail is one transaction, run as often as it takes: a copy that comes by another way, or once more, joins the item
that the first one made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk import joining, retiring
from desk.actors import Signed
from desk.frames import maybe_written, written
from desk.mail_views import Named
from desk.statuses import tell_status
from desk.tickets import Place, new_ticket
from desk.work import Work
from desk.writing import write_message
from routing import mail as rules
from routing.allow import Actor
from routing.hours import Calendar
from routing.mail import Evidence, Sender, Thread
from routing.ticket import contact_wrote, landing
from store import calendars, candidates, contacts, customers, files, incoming, people, tickets
from store.contacts import Person
from store.customers import Customer
from store.files import File
from store.ids import new_id
from store.incoming import Item, Kind, State, Stored
from store.mailboxes import Mailbox
from store.tickets import Found
from store.times import instant, micros

MOST_TEXT = 100_000
"""Characters of a mail that are shown in the ticket; all of it is in the original."""
MOST_NAMED = 50
"""People of each line of a mail's head that are told at once; all of them are in what is kept for showing."""
SILENT: frozenset[Kind] = frozenset(("bounce", "receipt", "loop"))
"""What says nothing on a ticket by itself."""
SPOKEN: frozenset[Kind] = frozenset(("human", "calendar"))
"""What a person wrote: it starts a clock, opens again, and is answered."""
NOBODYS = "unknown-senders"
"""The customer under which mail from people of no customer is kept."""


@dataclass(frozen=True)
class Letter:
    """A mail as it was read. `key`: what makes two copies the same mail. `sender`: address in lower case. `proven`: our
    own server saw that it comes from there. `text`: what they wrote, without quotes. `tokens`: tickets that valid
    tokens of ours name, `references`: Message-IDs it answers; the newest first, both. `others`: whom else it went to,
    without addresses of the desk. `urgent`: words of severity 1 or 2. `files`: their bytes are blobs already, and so is
    what is kept for showing it, if there is more than text. `quoted`: it ends with what was said before. `remote`: so
    many pictures would be fetched from elsewhere. `erased`: its sender was forgotten; it holds nothing else.
    """

    key: str
    kind: Kind
    sender: str
    subject: str = ""
    text: str = ""
    sender_name: str = ""
    reason: str = ""
    message_id: str | None = None
    sent_at: datetime | None = None
    relayed_at: datetime | None = None
    proven: bool = False
    tokens: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    urgent: bool = False
    files: tuple[File, ...] = ()
    to: tuple[Named, ...] = ()
    cc: tuple[Named, ...] = ()
    quoted: bool = False
    html: bool = False
    remote: int = 0
    view_sha256: str | None = None
    erased: bool = False
    defects: tuple[str, ...] = ()


def unreadable(mail: Stored, reason: str) -> Letter:
    """What is known of a mail that could not be read: that it came, when, and why it is not shown."""
    return Letter(f"unreadable:{mail.sha256}", "unreadable", "", reason=reason)


def land(work: Work, box: Mailbox, mail: Stored, letter: Letter) -> None:
    """The mail becomes an item, and where it is one, what is said on a ticket. Nothing when it was dealt with.

    Raises ValueError for a mailbox without office hours: the mail waits.
    """
    state: State = "quarantined" if letter.kind == "unreadable" else "landed"
    calendar = calendars.at(work.connection, box.calendar_id, work.now)
    if calendar is None:
        raise ValueError(f"The office hours {box.calendar_id} are not there.")
    starts = _starts(letter, mail, calendar)
    item, is_new = incoming.item(work.connection, _item(letter, mail, starts), micros(work.now))
    if letter.erased or incoming.was_erased(work.connection, item.id):
        return _forget(work, mail, letter, item)
    if not incoming.end(work.connection, mail.id, state, item.id, letter.reason) or not is_new:
        return
    if letter.kind in SILENT:
        return
    named, decided = _named(work, letter)
    if named is not None and decided.joins and not _too_old(work, named):
        found, person = named, _joining(work, named, letter)
    else:
        person, place = _by_whom(work, box, letter, calendar)
        linked = named.ticket.id if named is not None and (decided.linked or decided.joins) else None
        found = new_ticket(work, _contact(work, person), place, "mail", letter.subject or None, None, linked=linked)
        found.ticket.pooled = int(found.ticket.owner_id is None)
    seq = _say(work, found, person, item, letter)
    _wait_for_answer(found, item.starts_at)
    incoming.place(work.connection, item.id, found.ticket.id, seq)
    if letter.urgent and letter.kind in SPOKEN:
        found.ticket.pooled = 1
    _tell(work, found, item, letter, mail, decided, seq)


def _forget(work: Work, mail: Stored, letter: Letter, item: Item) -> None:
    """Its sender asked to be forgotten: a copy that turns up later is not taken in again, and its bytes go."""
    incoming.forget(work.connection, mail.id, item.id)
    blobs = {mail.sha256, letter.view_sha256, *(each.sha256 for each in letter.files)}
    named = retiring.payload(each for each in blobs if each is not None)
    work.job(retiring.KIND, f"{retiring.KIND}:{mail.id}", payload=named)


def _starts(letter: Letter, mail: Stored, calendar: Calendar) -> datetime | None:
    counts = letter.kind in (*SPOKEN, "unreadable") and not letter.erased
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
        view_sha256=letter.view_sha256,
    )


# Which ticket -----------------------------------------------------------------------------------------------------


def _named(work: Work, letter: Letter) -> tuple[Found | None, Thread]:
    """The ticket that the mail names, our own tokens first, and what that is worth for this sender."""
    for pointer, ids in (("token", letter.tokens), ("reference", _referred(work, letter))):
        for id in ids:
            if tickets.find(work.connection, id) is not None:
                found = work.ticket(id)
                sender = _relation(work, found, letter.sender)
                return found, rules.thread(
                    Evidence("token" if pointer == "token" else "reference", sender, letter.proven)
                )
    return None, rules.thread(Evidence(None, "stranger", letter.proven))


def _referred(work: Work, letter: Letter) -> Sequence[str]:
    known = incoming.tickets_of(work.connection, letter.references)
    return [known[each] for each in letter.references if each in known]


def _relation(work: Work, found: Found, sender: str) -> Sender:
    person = contacts.by_address(work.connection, found.ticket.customer_id, sender)
    if person is not None and person.id in found.participants:
        return "participant"
    customer = customers.find(work.connection, found.ticket.customer_id)
    at_home = customer is not None and _domain(sender) in customer.domains
    return "colleague" if at_home or (person is not None and person.verified) else "stranger"


def _too_old(work: Work, found: Found) -> bool:
    solved_at = None if found.ticket.solved_at is None else instant(found.ticket.solved_at)
    return landing(found.ticket.status, solved_at, work.now) == "linked"


# Who --------------------------------------------------------------------------------------------------------------


def _joining(work: Work, found: Found, letter: Letter) -> Person:
    """The sender, who takes part in the ticket from now on."""
    person = _person(work, found.ticket.customer_id, letter)
    joining.join(work, found, person)
    return person


def _by_whom(work: Work, box: Mailbox, letter: Letter, calendar: Calendar) -> tuple[Person, Place]:
    """The sender as a contact, and whom their mail reaches: their own customer's agent, else the mailbox's."""
    customer = _customer(work, box, letter)
    line = candidates.line_of(work.connection, customer.id, customer.named_id, "open", work.now)
    return _person(work, customer.id, letter), Place(customer.id, None, line, calendar)


def _customer(work: Work, box: Mailbox, letter: Letter) -> Customer:
    """Whose domain it is, who knows the address, whose mailbox it came to; nobody's else."""
    theirs = customers.of_domain(work.connection, _domain(letter.sender)) if letter.sender else []
    known = contacts.customer_of(work.connection, letter.sender) if letter.sender and not theirs else None
    id = theirs[0].id if theirs else known or box.customer_id
    return (None if id is None else customers.find(work.connection, id)) or _nobodys(work)


def _nobodys(work: Work) -> Customer:
    found = customers.find(work.connection, NOBODYS)
    if found is None:
        found = Customer(NOBODYS, "Unknown senders", (), "UTC", "en", "", None)
        customers.add(work.connection, found, micros(work.now))
        work.audit("customer_added", NOBODYS, {"by": "mail"})
    return found


def _person(work: Work, customer: str, letter: Letter) -> Person:
    """A contact with the sender's address; proven and of the customer's own domain, they count as verified."""
    home = customers.find(work.connection, customer)
    verified = letter.proven and home is not None and _domain(letter.sender) in home.domains
    return joining.known_or_new(work, customer, letter.sender, letter.sender_name, verified=verified)


def _contact(work: Work, person: Person) -> people.Contact:
    found = people.find_contact(work.connection, person.id)
    assert found is not None
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


# What is said -----------------------------------------------------------------------------------------------------


def _say(work: Work, found: Found, person: Person, item: Item, letter: Letter) -> int:
    """The message; its seq. What a machine wrote opens nothing again."""
    at = micros(work.now)
    kept = [replace(each, by_id=person.id) for each in letter.files]
    for each in kept:
        files.add(work.connection, each, at)
    was = found.ticket.status
    if letter.kind in (*SPOKEN, "unreadable"):
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


def _tell(work: Work, found: Found, item: Item, letter: Letter, mail: Stored, decided: Thread, seq: int) -> None:
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
            "new_person": decided.new_person,
            "review": decided.review,
            "others": list(letter.others),
            "to": [_named_in_head(each) for each in letter.to[:MOST_NAMED]],
            "cc": [_named_in_head(each) for each in letter.cc[:MOST_NAMED]],
            "quoted": letter.quoted,
            "html": letter.html,
            "remote": letter.remote,
            "urgent": letter.urgent,
            "defects": list(letter.defects),
        },
        internal=True,
        by=None,
    )
    work.show(found)


def _named_in_head(person: Named) -> dict[str, str]:
    return {"name": person.name, "address": person.address}
