"""What commands call things by."""

from __future__ import annotations

from server.commands.reaching import Reach, the
from store import agents, buttons, calendars, contacts, customers, mailboxes
from store.agents import Profile
from store.buttons import Button
from store.calendars import Version
from store.contacts import Person
from store.customers import Customer
from store.mailboxes import Mailbox


async def customer(reach: Reach, name: str) -> Customer:
    """By name, domain or id."""
    return the(await reach.read(customers.every), name, "customer", lambda each: (each.name, each.id, *each.domains))


async def agent(reach: Reach, name: str) -> Profile:
    """By mail address, name or id."""
    return the(await reach.read(agents.every), name, "agent", lambda each: (each.email, each.name, each.id))


async def calendar(reach: Reach, name: str) -> Version:
    """By name or id."""
    return the(await reach.read(calendars.every), name, "calendar", lambda each: (each.name, each.id))


async def button(reach: Reach, name: str) -> Button:
    """By public key, also the former one, or id."""
    return the(await reach.read(buttons.every), name, "button", lambda each: (each.key, each.id, each.former_key))


async def mailbox(reach: Reach, name: str) -> Mailbox:
    """By address or id."""
    return the(await reach.read(mailboxes.every), name, "mailbox", lambda each: (each.address, each.id))


async def contact(reach: Reach, customer_id: str, name: str) -> Person:
    """Of a customer, by mail address, name or id."""
    known = await reach.read(lambda connection: contacts.of_customer(connection, customer_id))
    return the(known, name, "contact", lambda each: (each.email or each.name, each.name, each.id))
