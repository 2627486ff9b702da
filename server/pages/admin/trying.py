"""A page to test a button: what it promises now, whether a page may show it, whether a token holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from desk.administration.buttons import embed_code, plain_link
from desk.promising import button_state
from routing.errors import NotFound
from server import trying
from server.pages.admin.asking import Asked
from server.pages.admin.times import when
from server.pages.texts import _, reader
from store import buttons, customers
from store.buttons import Button
from store.times import micros


async def show(asked: Asked) -> Response:
    """`GET /admin/buttons/{id}/try`"""
    return await _page(asked, None, None)


async def attempt(asked: Asked) -> Response:
    """`POST /admin/buttons/{id}/try`: a page's address, a token, or both."""
    kept = await _kept(asked)
    address, token = asked.text("address").strip(), asked.text("token").strip()
    page = trying.page(kept, address) if address else None
    signed = await trying.token(asked.parts.identity, kept, token) if token else None
    return await _page(asked, page, signed)


async def _kept(asked: Asked) -> Button:
    found = await asked.read(lambda connection: buttons.find(connection, asked.id))
    if found is None:
        raise NotFound
    return found


async def _page(asked: Asked, page: trying.Tried | None, signed: trying.Tried | None) -> Response:
    kept, parts = await _kept(asked), asked.parts
    now, present = parts.desk.clock.now(), await parts.desk.present()
    customer = await asked.read(lambda connection: customers.find(connection, kept.customer_id))
    language = reader()  # here: the record is read by a thread that has no reader
    state = await asked.read(lambda connection: button_state(connection, kept.id, now, present, language))
    form = {"address": asked.text("address"), "token": asked.text("token")}
    base = parts.settings.base_url
    return asked.page(
        "button-try.html", "customers", form, None, kept=kept, customer=customer, tried_page=page, tried_token=signed,
        state=state, promises=_promises(state) if state is not None else [], embed=embed_code(base, kept.key),
        link=plain_link(base, kept.key),
    )  # fmt: skip


def _promises(state: dict[str, Any]) -> list[str]:
    """What the button says besides the label, as in widget/static/loader.js."""
    if state["step"] == "queue" and not state["next_opening"]:
        return [_("wait in line or leave a message")]
    elif state["until"] and state["step"] == "pool":
        return [_("day and night")]
    elif state["until"]:
        return [_("until {time}").format(time=_at(state, "until"))]
    elif state["next_opening"]:
        return [_("opens {time}").format(time=_at(state, "next_opening"))]
    else:
        return []


def _at(state: dict[str, Any], key: str) -> str:
    zone = state["office_zone"]
    return f"{when(micros(datetime.fromisoformat(state[key])), zone)} ({zone})"
