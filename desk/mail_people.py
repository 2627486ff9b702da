"""Of whom a mail is: their customer, the contact they are there, whom they reach; and what agents pass on of others."""

from __future__ import annotations

import re
from dataclasses import replace

from desk import joining, returning
from desk.letters import Letter
from desk.tickets import Place
from desk.work import Work
from routing.hours import Calendar
from routing.mail import Sender
from store import candidates, contacts, customers, outgoing, people
from store.contacts import Person
from store.customers import Customer
from store.mailboxes import Mailbox
from store.people import Agent
from store.tickets import Found
from store.times import micros

NOBODYS = "unknown-senders"
"""The customer under which mail from people of no customer is kept."""


_MACHINE = re.compile(
    r"(mailer-?daemon|mail-?daemon|postmaster|microsoftexchange\w*|bounces?|no-?reply|do-?not-?reply)([+@]|$)"
)


def judged(work: Work, letter: Letter) -> Letter:
    """A mail that says it is ours, and is none that we sent, is somebody's; so is a person's that looks like one of a
    mail server and says nothing of a mail of ours.
    """
    if letter.kind == "loop":
        is_theirs = letter.own is None or outgoing.find(work.connection, letter.own) is None
    else:
        is_theirs = letter.kind == "bounce" and _is_persons(letter) and not returning.names_ours(work, letter.returned)
    return replace(letter, kind="human", reason="") if is_theirs else letter


def _is_persons(letter: Letter) -> bool:
    """Proven to come from an address that people have."""
    return letter.proven and "@" in letter.sender and _MACHINE.match(letter.sender) is None


def passed_on(work: Work, letter: Letter) -> tuple[Letter, Agent | None]:
    """A mail that one of our agents forwarded is the customer's, as far as it says: nothing proves it. Who forwarded
    it; None for any other mail.
    """
    if letter.forwarded is None or not letter.proven or letter.kind != "human":
        return letter, None
    agent = next((each for each in work.agents.values() if each.email.lower() == letter.sender), None)
    inner = letter.forwarded
    if agent is None or any(each.email.lower() == inner.sender for each in work.agents.values()):
        return letter, None
    theirs = replace(
        letter, sender=inner.sender, sender_name=inner.sender_name, subject=inner.subject, text=inner.text,
        sent_at=inner.sent_at, proven=False, tokens=(), references=(), others=(),
    )  # fmt: skip
    return theirs, agent


def relation(work: Work, found: Found, sender: str) -> Sender:
    """How the sender stands to a ticket."""
    person = contacts.by_address(work.connection, found.ticket.customer_id, sender)
    if person is not None and person.id in found.participants:
        return "participant"
    customer = work.customer(found.ticket.customer_id)
    at_home = customer is not None and domain_of(sender) in customer.domains
    return "colleague" if at_home or (person is not None and person.verified) else "stranger"


def is_known(work: Work, sender: str) -> bool:
    """Whether somebody verified has this address already."""
    return bool(sender) and contacts.customer_of(work.connection, sender) is not None


def joining_person(work: Work, found: Found, letter: Letter) -> Person:
    """The sender, who takes part in the ticket from now on."""
    person = person_of(work, found.ticket.customer_id, letter)
    joining.join(work, found, person)
    return person


def by_whom(work: Work, customer: Customer, letter: Letter, calendar: Calendar) -> tuple[Person, Place]:
    """The sender as a contact, and whom their mail reaches: their own customer's agent, else the mailbox's."""
    line = candidates.line_of(work.connection, customer.id, customer.named_id, "open", work.now)
    return person_of(work, customer.id, letter), Place(customer.id, None, line, calendar)


def customer_of(work: Work, box: Mailbox, letter: Letter) -> Customer:
    """Whose domain it is, who knows the address, whose mailbox it came to; nobody's else."""
    theirs = customers.of_domain(work.connection, domain_of(letter.sender)) if letter.sender else []
    known = contacts.customer_of(work.connection, letter.sender) if letter.sender and not theirs else None
    id = theirs[0].id if theirs else known or box.customer_id
    if any(agent.email.lower() == letter.sender for agent in work.agents.values()):
        id = None  # one of us is nobody's contact, whoever wrote in their name
    return (None if id is None else work.customer(id)) or _nobodys(work)


def _nobodys(work: Work) -> Customer:
    found = work.customer(NOBODYS)
    if found is None:
        found = Customer(NOBODYS, "Unknown senders", (), "UTC", "en", "", None)
        customers.add(work.connection, found, micros(work.now))
        work.audit("customer_added", NOBODYS, {"by": "mail"})
    return found


def person_of(work: Work, customer: str, letter: Letter) -> Person:
    """A contact with the sender's address; proven and of the customer's own domain, they count as verified."""
    home = work.customer(customer)
    verified = letter.proven and home is not None and domain_of(letter.sender) in home.domains
    return joining.known_or_new(work, customer, letter.sender, letter.sender_name, verified=verified)


def contact_of(person: Person) -> people.Contact:
    """The same as tickets know them."""
    return people.Contact(
        person.id, person.customer_id, person.name, person.email, person.verified, person.coordinator,
        person.language, person.zone,
    )  # fmt: skip


def domain_of(address: str) -> str:
    """Behind the @, in small letters."""
    return address.rpartition("@")[2].lower()
