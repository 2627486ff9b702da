"""`vipdesk contact …`: people of a customer whom the desk knows."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.contacts import ContactDraft
from desk.administration.sessions import contact_used_after
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import PAGING, Reach, command, given, group, options, paged, paging, table
from server.pages.saying import device, said_at
from store import contacts, sessions
from store.blobs import Blobs
from store.contacts import Person
from store.ledger import FILE, Ledger
from store.sessions import OpenVisit
from store.times import instant

FIELDS = (
    ("name", "their name"),
    ("email", "their mail address"),
    ("title", "what they do there"),
    ("subject", "what their site's tokens call them"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "contact", "contacts: people of a customer")
    new = command(inner, "add", "add a contact", _add)
    options(new, ("customer", "whose"), *FIELDS, needed=("customer", "name", "email"))
    change = command(inner, "change", "change a contact", _change)
    change.add_argument("contact", help="their mail address, name or id")
    options(change, ("customer", "whose"), *FIELDS, needed=("customer",))
    erase = command(inner, "erase", "forget who a contact was, what they said and sent; for good", _erase)
    erase.add_argument("contact", help="their mail address, name or id")
    options(erase, ("customer", "whose"), needed=("customer",))
    out = command(inner, "sign-out", "end a contact's sessions in every browser, or in one", _sign_out)
    options(out, ("session", "the id of one, or how it begins; left out: all"))
    visits = command(inner, "sessions", "list the sessions of a contact that hold", _sessions)
    for one in (out, visits):
        one.add_argument("contact", help="their mail address, name or id")
        options(one, ("customer", "whose"), needed=("customer",))
    for one in (new, change):
        one.add_argument("--coordinator", action=argparse.BooleanOptionalAction, help="sees all tickets of the company")
    options(
        command(inner, "list", "list a customer's contacts", _list),
        ("customer", "whose"),
        *PAGING,
        needed=("customer",),
    )


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    await reach.admin.contacts.add(None, owner.id, given(ContactDraft("", ""), arguments))
    return await _told(reach, owner.id, arguments.email)


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    kept = await naming.contact(reach, owner.id, arguments.contact)
    draft = ContactDraft(kept.name, kept.email or "", kept.title or "", kept.coordinator, kept.subject or "")
    await reach.admin.contacts.change(None, kept.id, given(draft, arguments))
    return await _told(reach, owner.id, kept.id)


async def _erase(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    kept = await naming.contact(reach, owner.id, arguments.contact)
    gone = await reach.admin.contacts.erase(None, kept.id, Ledger(reach.data), Blobs(reach.data / "files"))
    said = f"Erased: name, address, what they said, {gone} files. {reach.data / FILE} keeps restores from undoing it."
    return {"id": kept.id, "files": gone}, said


async def _sign_out(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    kept = await naming.contact(reach, owner.id, arguments.contact)
    if arguments.session is None:
        ended = await reach.admin.sessions.end_of_contact(None, kept.id)
    else:
        await reach.admin.sessions.end_visit(None, kept.id, await _visit(reach, kept, arguments.session))
        ended = 1
    return {"ended": ended}, f"{ended} ended."


async def _sessions(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    kept = await naming.contact(reach, owner.id, arguments.contact)
    found = await _visits(reach, kept)
    cells = [(each.id[:12], device(each.device), each.where, said_at(each.used_at)) for each in found]
    rows = [
        {"id": each.id, "device": each.device, "button": each.where,
         "since": instant(each.created_at).isoformat(), "used": instant(each.used_at).isoformat()}
        for each in found
    ]  # fmt: skip
    return rows, table(cells, f"{kept.name} is signed in nowhere.")


async def _visits(reach: Reach, kept: Person) -> list[OpenVisit]:
    after = contact_used_after(reach.clock.real())
    return await reach.read(lambda connection: sessions.open_of_contact(connection, kept.id, after))


async def _visit(reach: Reach, kept: Person, begins: str) -> str:
    found = [each.id for each in await _visits(reach, kept) if each.id.startswith(begins)]
    if len(found) != 1:
        raise BadRequest(f"{len(found)} sessions begin with {begins}." if found else f"There is no session {begins}.")
    return found[0]


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    text, number = paging(arguments)
    page = await reach.read(lambda connection: contacts.page(connection, owner.id, text, number))
    rows = [_row(each) for each in page.rows]
    cells = [(row["name"], row["email"] or "-", "coordinator" if row["coordinator"] else "-") for row in rows]
    return rows, paged(page, table(cells, f"{owner.name} has no such contacts."))


async def _told(reach: Reach, customer_id: str, name: str) -> tuple[Any, str]:
    row = _row(await naming.contact(reach, customer_id, name))
    return row, table([(name, "-" if value is None else value) for name, value in row.items()], "")


def _row(person: Person) -> dict[str, Any]:
    return {
        "id": person.id, "name": person.name, "email": person.email, "title": person.title,
        "coordinator": person.coordinator, "subject": person.subject,
    }  # fmt: skip
