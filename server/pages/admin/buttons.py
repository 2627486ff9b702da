"""A button of a customer: embed code, pages, who must be known, its keys."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from desk.administration.buttons import FORMER_WORKS, ButtonDraft, drafted, embed_code, new_kid, plain_link
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, made, taken
from store import buttons, calendars, customers
from store.engine import Connection
from store.times import instant


async def begin(asked: Asked) -> Response:
    """`GET /admin/customers/{id}/buttons/new`"""
    return await _new(asked, ButtonDraft("", ""))


async def add(asked: Asked) -> Response:
    """`POST /admin/customers/{id}/buttons/new`"""
    draft = _draft(asked)
    doing = asked.admin.buttons.add(asked.signed, asked.id, draft)
    return await made(doing, "/admin/buttons", lambda error: _new(asked, draft, error))


async def show(asked: Asked) -> Response:
    """`GET /admin/buttons/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}`"""
    draft = _draft(asked)
    doing = asked.admin.buttons.change(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/buttons/{asked.id}", lambda error: _one(asked, draft, error))


async def rotate(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}/rotate`"""
    doing = asked.admin.buttons.rotate(asked.signed, asked.id, asked.text("key"))
    return await taken(doing, f"/admin/buttons/{asked.id}", lambda error: _one(asked, None, error))


async def add_key(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}/keys`: the secret is told in this answer only; sent twice, it is refused."""
    try:
        kid, secret = await asked.admin.buttons.add_secret(asked.signed, asked.id, asked.text("kid"))
    except REFUSED as error:
        return await _one(asked, None, error)
    return await _one(asked, told={"kid": kid, "secret": secret})


async def add_public_key(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}/keys/public`: the site keeps the private one."""
    doing = asked.admin.buttons.add_public_key(asked.signed, asked.id, asked.text("kid"), asked.text("pem"))
    return await taken(doing, f"/admin/buttons/{asked.id}", lambda error: _one(asked, None, error))


async def revoke_key(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}/keys/revoke`"""
    doing = asked.admin.buttons.revoke_secret(asked.signed, asked.id, asked.text("kid"))
    return await taken(doing, f"/admin/buttons/{asked.id}", lambda error: _one(asked, None, error))


def _draft(asked: Asked) -> ButtonDraft:
    name, calendar, origins, policy, language = (
        asked.text(each) for each in ("name", "calendar", "origins", "policy", "language")
    )
    return ButtonDraft(name, calendar, origins, policy, language, "active" in asked.form)


async def _new(asked: Asked, draft: ButtonDraft, error: DeskError | None = None) -> Response:
    found = await asked.read(lambda connection: _around(connection, asked.id))
    return asked.page("button.html", "customers", asdict(draft), error, kept=None, told=None, **found)


async def _one(
    asked: Asked,
    draft: ButtonDraft | None = None,
    error: DeskError | None = None,
    *,
    told: dict[str, str] | None = None,
) -> Response:
    def query(connection: Connection) -> dict[str, Any]:
        kept = buttons.find(connection, asked.id)
        if kept is None:
            raise NotFound
        secrets = [each for each in buttons.secrets_of(connection, kept.id) if not each.revoked]
        return {"kept": kept, "secrets": secrets} | _around(connection, kept.customer_id)

    found = await asked.read(query)
    kept, now = found["kept"], asked.parts.desk.clock.now()
    until = None if kept.former_until is None else instant(kept.former_until)
    form = asdict(draft or drafted(kept)) | {"kid": asked.text("kid") if error else new_kid(), "pem": asked.text("pem")}
    return asked.page(
        "button.html",
        "customers",
        form,
        error,
        told=told,
        embed=embed_code(asked.parts.settings.base_url, kept.key),
        link=plain_link(asked.parts.settings.base_url, kept.key),
        former_until=f"{until:%Y-%m-%d %H:%M} UTC" if until is not None and until > now else "",
        former_days=FORMER_WORKS.days,
        **found,
    )


def _around(connection: Connection, customer_id: str) -> dict[str, Any]:
    customer = customers.find(connection, customer_id)
    if customer is None:
        raise NotFound
    return {"customer": customer, "calendars": calendars.every(connection)}
