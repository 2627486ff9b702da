"""A contact of a customer: a new one, and one as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from starlette.responses import Response

from desk.administration.contacts import ContactDraft
from desk.administration.sessions import contact_used_after
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, saved
from store import contacts, customers, sessions
from store.contacts import Person
from store.customers import Customer
from store.engine import Connection


async def begin(asked: Asked) -> Response:
    """`GET /admin/customers/{id}/contacts/new`"""
    return await _new(asked, ContactDraft("", ""))


async def add(asked: Asked) -> Response:
    """`POST /admin/customers/{id}/contacts/new`"""
    draft = _draft(asked)
    try:
        await asked.admin.contacts.add(asked.signed, asked.id, draft)
    except REFUSED as error:
        return await _new(asked, draft, error)
    return saved(f"/admin/customers/{asked.id}")


async def show(asked: Asked) -> Response:
    """`GET /admin/contacts/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}`"""
    draft = _draft(asked)
    try:
        await asked.admin.contacts.change(asked.signed, asked.id, draft)
    except REFUSED as error:
        return await _one(asked, draft, error)
    return saved(f"/admin/contacts/{asked.id}")


async def sign_out(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}/sessions/end`"""
    await asked.admin.sessions.end_of_contact(asked.signed, asked.id)
    return saved(f"/admin/contacts/{asked.id}")


def _draft(asked: Asked) -> ContactDraft:
    name, email, title, subject = (asked.text(each) for each in ("name", "email", "title", "subject"))
    return ContactDraft(name, email, title, "coordinator" in asked.form, subject)


async def _new(asked: Asked, draft: ContactDraft, error: DeskError | None = None) -> Response:
    customer = await asked.read(lambda connection: _customer(connection, asked.id))
    return _page(asked, draft, error, customer, None)


async def _one(asked: Asked, draft: ContactDraft | None = None, error: DeskError | None = None) -> Response:
    after = contact_used_after(asked.parts.desk.clock.real())

    def query(connection: Connection) -> tuple[Person, Customer, list[int]]:
        kept = contacts.find(connection, asked.id)
        if kept is None or not (kept.verified or kept.email):
            raise NotFound
        return kept, _customer(connection, kept.customer_id), sessions.used_by_contact(connection, kept.id, after)

    kept, customer, used = await asked.read(query)
    was = ContactDraft(kept.name, kept.email or "", kept.title or "", kept.coordinator, kept.subject or "")
    return _page(asked, draft or was, error, customer, kept, used)


def _page(
    asked: Asked, draft: ContactDraft, error: DeskError | None, customer: Customer, kept: Person | None,
    used: Sequence[int] = (),
) -> Response:  # fmt: skip
    return asked.page("contact.html", "customers", asdict(draft), error, customer=customer, kept=kept, used=used)


def _customer(connection: Connection, id: str) -> Customer:
    found = customers.find(connection, id)
    if found is None:
        raise NotFound
    return found
