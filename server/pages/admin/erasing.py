"""Forgets a contact: what would be erased and what stays is shown first, and their name has to be written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import RedirectResponse, Response

from desk.administration.checking import Check
from routing.errors import BadRequest, DeskError
from server.pages.admin.asking import REFUSED, Asked
from server.pages.admin.contacts import customer_of, the
from store import erasing
from store.engine import Connection
from store.ledger import Ledger
from store.seeking import folded


async def show(asked: Asked) -> Response:
    """`GET /admin/contacts/{id}/erase`"""
    return await _page(asked)


async def erase(asked: Asked) -> Response:
    """`POST /admin/contacts/{id}/erase`"""
    kept = await asked.read(lambda connection: the(connection, asked.id))
    check = Check()
    if folded(asked.text("confirm")) != folded(kept.name):
        check.refuse("confirm", "Write “{name}”, as it stands above. Nothing was erased.", name=kept.name)
    try:
        check.done()
        ledger = Ledger(asked.parts.settings.data)
        await asked.admin.contacts.erase(asked.signed, asked.id, ledger, asked.parts.blobs)
    except (*REFUSED, BadRequest) as error:
        return await _page(asked, error)
    return RedirectResponse(f"/admin/customers/{kept.customer_id}?erased=1", 303)


async def _page(asked: Asked, error: DeskError | None = None) -> Response:
    def query(connection: Connection) -> dict[str, Any]:
        kept = the(connection, asked.id)
        ids = erasing.same(connection, kept.id)
        return {
            "kept": kept,
            "customer": customer_of(connection, kept.customer_id),
            "in_a_chat": erasing.in_a_chat(connection, ids),
            **asdict(erasing.held(connection, ids)),
        }

    form = {"confirm": asked.text("confirm")}
    return asked.page("contact-erase.html", "customers", form, error, **await asked.read(query))
