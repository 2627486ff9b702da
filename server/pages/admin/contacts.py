"""A contact of a customer: a new one, and one as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from starlette.responses import Response

from desk.administration.contacts import ContactDraft
from desk.administration.sessions import contact_used_after
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import Asked, saved, taken
from store import contacts, customers, sessions
from store.contacts import Person
from store.customers import Customer
from store.engine import Connection
from store.sessions import OpenVisit


async def begin(asked: Asked) -> Response:
    """`GET /admin/customers/{id}/contacts/new`"""
    return await _new(asked, ContactDraft("", ""))


async def add(asked: Asked) -> Response:
    """`POST /admin/customers/{id}/contacts/new`"""
    draft = _draft(asked)
    doing = asked.admin.contacts.add(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/customers/{asked.id}", lambda error: _new(asked, draft, error))


async def show(asked: Asked) -> Response:
    """`GET /admin/contacts/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}`"""
    draft = _draft(asked)
    doing = asked.admin.contacts.change(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/contacts/{asked.id}", lambda error: _one(asked, draft, error))


async def sign_out(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}/sessions/end`"""
    doing = asked.admin.sessions.end_visit(asked.signed, asked.id, asked.text("session"))
    return await taken(doing, f"/admin/contacts/{asked.id}", lambda error: _one(asked, None, error), "#sessions")


async def sign_out_everywhere(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}/sessions/end-all`"""
    await asked.admin.sessions.end_of_contact(asked.signed, asked.id)
    return saved(f"/admin/contacts/{asked.id}", "#sessions")


def _draft(asked: Asked) -> ContactDraft:
    name, email, title, subject = (asked.text(each) for each in ("name", "email", "title", "subject"))
    return ContactDraft(name, email, title, "coordinator" in asked.form, subject)


async def _new(asked: Asked, draft: ContactDraft, error: DeskError | None = None) -> Response:
    customer = await asked.read(lambda connection: customer_of(connection, asked.id))
    return _page(asked, draft, error, customer, None)


async def _one(asked: Asked, draft: ContactDraft | None = None, error: DeskError | None = None) -> Response:
    after = contact_used_after(asked.parts.desk.clock.real())

    def query(connection: Connection) -> tuple[Person, Customer, list[OpenVisit]]:
        kept = the(connection, asked.id)
        return kept, customer_of(connection, kept.customer_id), sessions.open_of_contact(connection, kept.id, after)

    kept, customer, visits = await asked.read(query)
    was = ContactDraft(kept.name, kept.email or "", kept.title or "", kept.coordinator, kept.subject or "")
    return _page(asked, draft or was, error, customer, kept, visits)


def _page(
    asked: Asked, draft: ContactDraft, error: DeskError | None, customer: Customer, kept: Person | None,
    visits: Sequence[OpenVisit] = (),
) -> Response:  # fmt: skip
    return asked.page("contact.html", "customers", asdict(draft), error, customer=customer, kept=kept, visits=visits)


def the(connection: Connection, id: str) -> Person:
    """Somebody who is known, not a passing visitor. Raises NotFound."""
    kept = contacts.find(connection, id)
    if kept is None or not (kept.verified or kept.email):
        raise NotFound
    return kept


def customer_of(connection: Connection, id: str) -> Customer:
    """Whose contact it is, or is to be. Raises NotFound."""
    found = customers.find(connection, id)
    if found is None:
        raise NotFound
    return found
